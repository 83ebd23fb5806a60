import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { checkRecord, entries } from "../support/check-world.ts";
import {
  api,
  apiJson,
  BOOKS,
  cloudflare,
  control,
  drift,
  putGolden,
  reconcile,
  record,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const zone = `/zones/${BOOKS.zoneId}`;
const scope = `/api/v1/scopes/${BOOKS.scope}`;
let address = 1;
const fresh = (): string => `198.51.100.${(address += 1)}`;

const host = (): string => `host-${(address += 1)}.example`;

interface Preview {
  readonly etag: string;
  readonly text: string;
  readonly generation: number;
  readonly changes: readonly { readonly op: string; readonly identity: string }[];
}

const preview = (query = ""): Promise<Preview> =>
  apiJson<Preview>(`${scope}/adoptions/preview${query}`);

const post = (path: string, body: unknown, ifMatch?: string): Promise<Response> =>
  api(path, "dev-operator", {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...(ifMatch ? { "if-match": ifMatch } : {}) },
  });

const current = async (): Promise<{ text: string; etag: string }> => {
  const response = await api(`${scope}/golden`);
  return { text: await response.text(), etag: response.headers.get("etag") ?? "" };
};

async function declare(text: string): Promise<void> {
  expect((await putGolden(text, { ifMatch: (await current()).etag })).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status !== "unknown");
}

/** `what` is a record's type and the name below the zone. */
async function edit(what: string, body: Record<string, string>, token?: string): Promise<void> {
  const [type = "", name = ""] = what.split(" ");
  const found = await record(type, `${name}.harbor-books.example`);
  const as = token ? { token } : {};
  await cloudflare("PATCH", `${zone}/dns_records/${found?.id}`, { body, ...as });
}

async function hold(): Promise<string> {
  const response = await post("/api/v1/holds", {
    scope: BOOKS.scope,
    reason: "to be looked at",
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
  });
  return (await response.json<{ id: string }>()).id;
}

const lift = (id: string) => api(`/api/v1/holds/${id}`, "dev-operator", { method: "DELETE" });
const linesGone = (before: string, after: string): string[] => {
  const kept = new Set(after.split("\n"));
  return before.split("\n").filter((line) => !kept.has(line));
};

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
});

beforeEach(async () => {
  await control("DELETE", "/journal");
  return async () => {
    await checkRecord();
    expect((await reconcile()).status, "the next plan is empty").toBe("in_sync");
  };
});

describe("drift is adopted", () => {
  it("changes, adds and removes what is declared, and keeps every other byte", async () => {
    const id = await hold();
    await edit("A bastion", { content: "203.0.113.31" });
    await cloudflare("PATCH", `${zone}/settings/min_tls_version`, { body: { value: "1.3" } });
    const help = await record("CNAME", "help.harbor-books.example");
    await cloudflare("DELETE", `${zone}/dns_records/${help?.id}`);
    await cloudflare("POST", `${zone}/dns_records`, {
      body: { type: "TXT", name: "note", content: '"a, b: c # d"', ttl: 300 },
    });
    expect((await reconcile()).status).toBe("held");
    const proposed = await preview();
    expect(proposed.changes.map(({ op }) => op).toSorted()).toEqual([
      "add",
      "change",
      "change",
      "remove",
    ]);
    expect(linesGone(golden, proposed.text)).toHaveLength(3);
    expect(linesGone(proposed.text, golden)).toHaveLength(3);
    expect(proposed.text).toContain("# ACME challenges");
    expect(proposed.text).toContain(
      "- { name: bastion, type: A, content: 203.0.113.31, ttl: 600, comment: jump host }",
    );
    expect(proposed.text).toContain('min_tls_version: "1.3"');
    expect((await current()).text, "a preview changes nothing").toBe(golden);
    expect((await post(`${scope}/adoptions`, {})).status).toBe(428);
    const stale = await post(`${scope}/adoptions`, {}, '"1-0000000000000000"');
    expect(stale.status).toBe(412);
    const applied = await post(`${scope}/adoptions`, {}, proposed.etag);
    expect(applied.status).toBe(200);
    expect(await applied.json()).toMatchObject({ generation: proposed.generation + 1 });
    expect((await current()).text).toBe(proposed.text);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    await lift(id);
    expect((await reconcile()).status).toBe("in_sync");
    expect(await vaultWrites(), "nothing was written").toEqual([]);
    const recorded = (await entries()).filter(
      ({ type, data }) => type === "proposal" && data["type"] === "amend",
    );
    expect(recorded).toMatchObject([{ actor: "dev-operator", data: { count: 4 } }]);
  });

  it("takes only the subjects that are named; the rest is healed as ever", async () => {
    const id = await hold();
    await edit("A bastion", { content: fresh() });
    await edit("A staging", { content: fresh() });
    await reconcile();
    const { drift: seen } = await drift();
    const bastion = seen.filter(({ identity }) => identity.includes("bastion"));
    const subjects = bastion.map(({ identity }) => ({ kind: "dns_record", identity }));
    expect(subjects).toHaveLength(1);
    const { etag } = await preview(`?subjects=${encodeURIComponent(JSON.stringify(subjects))}`);
    const other = [{ kind: "dns_record", identity: "A nobody.example 192.0.2.1" }];
    expect((await post(`${scope}/adoptions`, { subjects: other }, etag)).status).toBe(422);
    expect((await post(`${scope}/adoptions`, { subjects }, etag)).status).toBe(200);
    await lift(id);
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect((await vaultWrites()).map(({ body }) => body)).toEqual([{ content: "203.0.113.15" }]);
  });

  it("ends a hold, when the drift that it kept is adopted; and not what nobody has seen", async () => {
    const id = await hold();
    await edit("A staging", { content: fresh() });
    await reconcile();
    const { etag } = await preview(`?hold=${id}`);
    await edit("A staging", { content: fresh() });
    const path = `/api/v1/holds/${id}/resolution`;
    const moved = await post(path, { decision: "adopt" }, etag);
    expect(moved.status).toBe(412);
    const done = await post(path, { decision: "adopt" }, moved.headers.get("etag") ?? "");
    expect(await done.json()).toMatchObject({ status: "ended", ended: { how: "adopted" } });
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect(await vaultWrites()).toEqual([]);
  });
});

describe("drift by an actor whom the golden state names", () => {
  const routing = (action: string) =>
    `  routing:\n    - { actor: { token_name: terra* }, action: ${action}, reason: the network team }\n`;
  const routed = async (action: string): Promise<void> => {
    const { text } = await current();
    const without = text.replace(/ {2}routing:\n.*\n/, "");
    await declare(without.replace("  resources:\n", `${routing(action)}  resources:\n`));
  };
  const incident = async () => {
    const { items } = await apiJson<{ items: { id: string; status: string }[] }>(
      "/api/v1/incidents?limit=1",
    );
    return items[0];
  };

  it("is proposed for adoption; other drift is reverted meanwhile", async () => {
    await routed("adopt");
    await edit("CNAME cdn", { content: host() }, "sandbox-terraform");
    await edit("A checkout", { content: fresh() });
    await reconcile();
    await vi.waitFor(
      async () => expect((await drift()).why).toBe("changed by terraform: adopt or revert?"),
      { timeout: 10_000 },
    );
    expect((await vaultWrites()).map(({ body }) => body)).toEqual([{ content: "198.51.100.40" }]);
    await checkRecord();
    const open = await incident();
    expect(open?.status).toBe("waiting");
    const { etag, changes } = await preview(`?incident=${open?.id}`);
    expect(changes.map(({ op }) => op)).toEqual(["change"]);
    const path = `/api/v1/incidents/${open?.id}/resolution`;
    const adopted = await post(path, { decision: "adopt" }, etag);
    expect(await adopted.json()).toMatchObject({ decision: "adopt", changes: 1 });
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect(await vaultWrites()).toHaveLength(1);
  });

  it("is reverted when a person says so", async () => {
    await edit("CNAME status", { content: host() }, "sandbox-terraform");
    expect((await reconcile()).status).toBe("held");
    const open = await incident();
    const path = `/api/v1/incidents/${open?.id}/resolution`;
    expect(await (await post(path, { decision: "revert" })).json()).toMatchObject({ changes: 1 });
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect(await vaultWrites()).toHaveLength(1);
    expect((await post(path, { decision: "revert" })).status).toBe(409);
  });

  it("is reverted as ever when somebody else had a hand in it", async () => {
    await edit("A checkout", { content: fresh() });
    await edit("A checkout", { comment: "mine" }, "sandbox-terraform");
    expect((await reconcile()).status).toBe("in_sync");
  });

  it("is only held where the rule says so", async () => {
    await routed("hold");
    await edit("CNAME shop", { content: host() }, "sandbox-terraform");
    const view = await reconcile();
    expect(view).toMatchObject({ status: "held", why: "changed by terraform: the network team" });
    expect((await incident())?.status).toBe("held");
    await routed("revert");
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect(await vaultWrites()).toHaveLength(1);
  });
});

describe("an ignore rule that has run out", () => {
  it("is noted", async () => {
    const { text } = await current();
    await declare(text.replace("2027-12-31T00:00:00Z", "2026-01-01T00:00:00Z"));
    await reconcile();
    const { notes } = (await drift()) as unknown as { notes: string[] };
    expect(notes).toEqual([
      expect.stringMatching(/^ignore rule expired: dns_record name=\*\.preview, since 2026-01-01/),
    ]);
    await declare(text);
  });
});
