import { describe, expect, it } from "vitest";
import { FakeSwarm } from "./fake-swarm.ts";

const FILES = ["/log/checkpoint", "/log/tile/0/x001/000", "/log/tile/entries/000.p/7", "/log/keys"];

function swarm(): FakeSwarm {
  const made = new FakeSwarm();
  made.record(3);
  made.log.isPublic = true;
  for (const path of FILES) made.files.set(path.slice("/log/".length), `bytes of ${path}`);
  return made;
}

describe("the log's files", () => {
  it("are for everybody where the operator allows it", async () => {
    for (const path of FILES) {
      const response = await swarm().ask(path, { token: null });
      expect(response.status, path).toBe(200);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
    }
  });

  it("are for who may read where the operator does not", async () => {
    const closed = swarm();
    closed.log.isPublic = false;
    for (const path of FILES) {
      expect((await closed.ask(path, { token: null })).status, path).toBe(401);
      expect((await closed.ask(path)).status, path).toBe(200);
    }
    const tile = await closed.ask("/log/tile/0/x001/000");
    expect(tile.headers.get("cache-control")).toBe("private, no-store");
  });

  it("are kept by caches when they never change, and only then", async () => {
    const tile = await swarm().ask("/log/tile/0/x001/000");
    expect(tile.headers.get("cache-control")).toBe("public, max-age=604800, immutable");
    expect(tile.headers.get("content-type")).toBe("application/octet-stream");
    expect(await tile.text()).toBe("bytes of /log/tile/0/x001/000");
    const checkpoint = await swarm().ask("/log/checkpoint");
    expect(checkpoint.headers.get("cache-control")).toBe("no-store");
    expect(checkpoint.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect((await swarm().ask("/api/v1/scopes")).headers.get("cache-control")).toBe("no-store");
  });

  it.each(["/log/tile/0/1", "/log/tile/0/../../secret", "/log/tile/data/000", "/log/tile/0/001"])(
    "do not include %s",
    async (path) => {
      const open = swarm();
      open.files.set("tile/0/1", "no");
      expect((await open.ask(path)).status).toBe(404);
    },
  );

  it("prove an entry that is published", async () => {
    const proof = await swarm().ask("/log/proof/2", { token: null });
    expect(await proof.text()).toBe("proof of 2");
    expect((await swarm().ask("/log/proof/9")).status).toBe(404);
    expect((await swarm().ask("/log/proof/02")).status).toBe(400);
  });
});

describe("what is kept about people", () => {
  const digest = `sha256:${"a".repeat(64)}`;

  it("is erased by an operator, by digest and nothing else", async () => {
    const open = swarm();
    const erase = (of: string, token: string) =>
      open.ask(`/api/v1/attachments/${of}`, { method: "DELETE", token });
    expect((await erase(digest, "dev-viewer")).status).toBe(403);
    expect((await erase("../tile", "dev-operator")).status).toBe(404);
    expect((await erase("sha256:1", "dev-operator")).status).toBe(404);
    expect(open.erased).toEqual([]);
    const done = await erase(digest, "dev-operator");
    expect(await done.json()).toEqual({ digest, erased: true });
    expect(open.erased).toEqual([digest]);
  });
});
