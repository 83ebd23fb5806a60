/** The page for people in a real browser: a virtual authenticator registers a passkey and approves a plan with it. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
// @ts-expect-error plain JavaScript, shared with the benches
import { startScratch } from "../../scripts/scratch-system.mjs";
import { Browser, type Page } from "./browser.ts";

const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);
const WHY_NOT = CHROMIUM === undefined ? " (skipped: no Chromium is installed here)" : "";

const ZONE = "3c2e8f1a9b7d4e60a5c4f3b2d1e0a987";
const SCOPE = "zone:harbor-books.example";
/** Markup, a script, and letters that turn the reading around. */
const HOSTILE = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>\u202Eevil`;
/** More than the golden state lets go without a person. */
const ROGUES = 26;

interface System {
  readonly url: string;
  readonly sandboxUrl: string;
  stop(): Promise<void>;
}
interface Run {
  readonly id: string;
  readonly phase: string;
  readonly plan_digest: string;
  readonly state_digest: string;
}

let system: System;
let chromium: ChildProcess;
let browser: Browser;
let page: Page;
const profile = mkdtempSync(join(tmpdir(), "driftless-page-"));

const call = async <T>(url: string, token: string, body?: unknown): Promise<T> => {
  const response = await fetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
};
const api = <T>(path: string, token = "dev-viewer", body?: unknown): Promise<T> =>
  call(`${system.url}/api/v1${path}`, token, body);
const newestRun = async (): Promise<Run | undefined> =>
  (await api<{ items: Run[] }>(`/runs?scope=${encodeURIComponent(SCOPE)}`)).items[0];
const eventually = <T>(work: () => Promise<T>): Promise<T> =>
  vi.waitFor(work, { timeout: 30_000, interval: 100 });

const said = (): Promise<unknown> => page.evaluate(`document.getElementById("said").textContent`);
const show = async (token: string): Promise<void> => {
  await page.evaluate(`document.getElementById("token").value = ${JSON.stringify(token)};
    document.querySelector("#who button").click()`);
  // Set when asked, and empty when everything is there.
  await eventually(async () => expect(await said()).toBe(""));
};
const click = (text: string): Promise<unknown> =>
  eventually(() =>
    page.evaluate(
      `[...document.querySelectorAll("button")].find((one) => one.textContent === ${JSON.stringify(text)}).click()`,
    ),
  );

describe.skipIf(CHROMIUM === undefined)(`the page for people${WHY_NOT}`, () => {
  beforeAll(async () => {
    system = (await startScratch({})) as System;
    chromium = spawn(CHROMIUM ?? "", [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      "about:blank",
    ]);
    browser = await Browser.of(chromium);
    const origin = system.url.replace("127.0.0.1", "localhost");
    page = await browser.open(`${origin}/people`);
  });

  afterAll(async () => {
    browser?.close();
    chromium?.kill("SIGKILL");
    await system?.stop();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });

  it("comes with a policy that lets nothing in but what stands in it", async () => {
    const response = await fetch(`${system.url}/people`);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(policy).toMatch(/script-src 'sha256-[A-Za-z0-9+/=]+'; style-src 'sha256-/);
    expect(await page.evaluate(`typeof register`)).toBe("function");
    // Nor does the page itself let markup in, whoever asks.
    const put = `try { document.body.innerHTML = "<b>x</b>"; "taken" } catch { "refused" }`;
    expect(await page.evaluate(put)).toBe("refused");
  });

  it("registers a passkey, which counts when somebody else has confirmed it", async () => {
    await show("dev-approver-1");
    await click("Register a passkey of mine");
    await eventually(async () => {
      const { items } = await api<{ items: { id: string; person: string }[] }>("/passkeys");
      expect(items).toMatchObject([{ person: "dev-approver-1", confirmed_by: null }]);
    });
    await show("dev-operator");
    await click("It is theirs");
    await eventually(async () => {
      const { items } = await api<{ items: object[] }>("/passkeys");
      expect(items).toMatchObject([{ confirmed_by: "dev-operator" }]);
    });
  });

  it("shows exactly what is signed, hostile names as text, and approves with the passkey", async () => {
    const path = `${system.sandboxUrl}/client/v4/zones/${ZONE}/dns_records/batch`;
    const posts = Array.from({ length: ROGUES }, (_, index) => ({
      type: "TXT",
      name: `rogue-${index}`,
      content: JSON.stringify(`${index} ${HOSTILE.replaceAll('"', "'")}`),
      comment: HOSTILE.slice(0, 90),
      ttl: 300,
    }));
    await call(path, "sandbox-dashboard", { posts });
    await api(`/scopes/${encodeURIComponent(SCOPE)}/reconcile`, "dev-operator", {});
    const run = await eventually(async () => {
      const found = await newestRun();
      expect(found?.phase).toBe("awaiting_approval");
      if (!found) throw new Error("there is no run");
      return found;
    });
    await show("dev-approver-1");
    await eventually(async () =>
      expect(await page.evaluate(`document.querySelectorAll("article[data-run]").length`)).toBe(1),
    );
    const text = String(await page.evaluate(`document.getElementById("waiting").textContent`));
    for (const part of [
      run.plan_digest,
      run.state_digest,
      "tier",
      "of 100",
      "takes away dns_record",
    ])
      expect(text).toContain(part);
    expect(text).toContain("<img src=x");
    expect(text).toContain("\\u{202e}");
    expect(text).not.toContain("\u202E");
    const markup = `document.querySelectorAll("#waiting img, #waiting script").length + document.title`;
    expect(await page.evaluate(markup)).toBe("0Driftless: passkeys and approvals");
    await click("Approve");
    await eventually(async () => expect(await said()).toMatch(/^Signed: approve/));
    await eventually(async () => expect((await newestRun())?.phase).toBe("verified"));
    const { items } = await api<{ items: { counter: number }[] }>("/passkeys");
    expect(items[0]?.counter).toBeGreaterThan(0);
  });

  it("signs nothing when the challenge is another one than what it shows", async () => {
    const forged = `sign({ purpose: "approval/v1", content: { version: 1, verdict: "approve" }, asked: {
      statement: { at: "a", expires_at: "b", nonce: "c" },
      public_key: { challenge: "AAAA", allowCredentials: [{ type: "public-key", id: passkeys[0].id }] },
    } }).then(() => "signed", (fault) => fault.message)`;
    expect(await page.evaluate(forged)).toContain("nothing was signed");
  });
});
