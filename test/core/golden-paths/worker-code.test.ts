/** The code of the paths' Workers, run as it stands with a bucket and a cache of a test's own. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MTA_STS_CODE } from "../../../src/core/golden-paths/mta-sts-code.ts";
import { STATIC_SITE_CODE } from "../../../src/core/golden-paths/static-site-code.ts";

interface Code {
  readonly default: {
    fetch(request: Request, env: object, ctx: object): Promise<Response> | Response;
  };
}

const loaded = (code: string): Promise<Code> =>
  import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);

describe("the code of a static site", () => {
  const FILES: Readonly<Record<string, string>> = {
    "index.html": "<h1>home</h1>",
    "docs/index.html": "<h1>docs</h1>",
    "a b.css": "a{}",
    "404.html": "<h1>nothing here</h1>",
  };
  const kept = new Map<string, Response>();
  let reads: string[] = [];
  const env = {
    INDEX: "index.html",
    NOT_FOUND: "404.html",
    CACHE_SECONDS: "3600",
    SITE: {
      async get(key: string, { onlyIf }: { onlyIf?: Headers } = {}) {
        reads.push(key);
        const text = FILES[key];
        if (text === undefined) return null;
        const head = { httpEtag: '"e1"', httpMetadata: {} };
        return onlyIf?.get("if-none-match") === '"e1"' ? head : { ...head, body: text };
      },
    },
  };
  const waited: Promise<unknown>[] = [];
  const ctx = { waitUntil: (work: Promise<unknown>) => void waited.push(work) };

  beforeEach(() => {
    kept.clear();
    reads = [];
    vi.stubGlobal("caches", {
      default: {
        match: async ({ url }: Request) => kept.get(url)?.clone(),
        put: async ({ url }: Request, answer: Response) => void kept.set(url, answer),
      },
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  const ask = async (path: string, init?: RequestInit, more: object = {}): Promise<Response> => {
    const { default: worker } = await loaded(STATIC_SITE_CODE);
    const request = new Request(`https://www.harbor.example${path}`, init);
    const answer = await worker.fetch(request, { ...env, ...more }, ctx);
    await Promise.all(waited.splice(0));
    return answer;
  };

  it("serves files and the index of folders, with their types", async () => {
    const home = await ask("/");
    expect(await home.text()).toBe("<h1>home</h1>");
    expect(home.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await (await ask("/docs/")).text()).toBe("<h1>docs</h1>");
    const style = await ask("/a%20b.css");
    expect(style.headers.get("content-type")).toBe("text/css; charset=utf-8");
    expect(style.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("reads a file once for everybody, whatever stands behind the question mark", async () => {
    for (const path of ["/", "/?a=1", "/?b=2"]) expect((await ask(path)).status).toBe(200);
    expect(reads).toEqual(["index.html"]);
    expect((await ask("/")).headers.get("cache-control")).toContain("s-maxage=3600");
  });

  it("keeps nothing where nothing is to be cached, and no page that is missing", async () => {
    for (const _ of [1, 2]) await ask("/", {}, { CACHE_SECONDS: "0" });
    expect(reads).toEqual(["index.html", "index.html"]);
    const missing = await ask("/nothing");
    expect([missing.status, await missing.text()]).toEqual([404, "<h1>nothing here</h1>"]);
    expect(missing.headers.get("cache-control")).toBe("no-store");
    expect(kept.size).toBe(0);
  });

  it("answers what is wrong with what it is, and never with a fault", async () => {
    expect((await ask("/%E0%A4%A")).status).toBe(400);
    expect((await ask("/", { method: "POST" })).status).toBe(405);
    const head = await ask("/", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await ask("/", { headers: { "if-none-match": '"e1"' } })).status).toBe(304);
  });
});

it("the code of MTA-STS tells the policy as RFC 8461 wants it, and nothing else", async () => {
  const { default: worker } = await loaded(MTA_STS_CODE);
  const env = { MODE: "enforce", MX: "mx1.mail.example mx2.mail.example", MAX_AGE: "604800" };
  const at = (path: string) =>
    worker.fetch(new Request(`https://mta-sts.harbor.example${path}`), env, {});
  const policy = await at("/.well-known/mta-sts.txt");
  expect(policy.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect((await policy.text()).split("\r\n")).toEqual([
    "version: STSv1",
    "mode: enforce",
    "mx: mx1.mail.example",
    "mx: mx2.mail.example",
    "max_age: 604800",
    "",
  ]);
  expect((await at("/")).status).toBe(404);
});
