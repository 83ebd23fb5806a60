/** What a list no longer shows is asked for by itself, each by its own address (I8). */
import { expect, it } from "vitest";
import { isObjectId, mint } from "../../../src/core/ids.ts";
import { CloudflareApi } from "../../../src/edge/cloudflare/client.ts";
import { READERS } from "../../../src/edge/cloudflare/readers/registry.ts";
import { allGone } from "../../../durable-objects/site-reader.ts";
import { kindOf } from "../../../src/core/kinds/registry.ts";

const ID = "wanted-0001";

it.each(READERS.map(({ kind }) => ({ kind })))(
  "$kind: by its own id, never by an empty name",
  async ({ kind }) => {
    const asked: string[] = [];
    const api = new CloudflareApi({
      base: "http://127.0.0.1/client/v4",
      token: "sandbox-swarm-read",
      fetch: async ({ url }) => {
        asked.push(new URL(url).pathname);
        const errors = [{ code: 10003, message: "not found" }];
        return Response.json({ success: false, errors, result: null }, { status: 404 });
      },
    });
    const { level } = kindOf(kind);
    const site = { level, id: mint(isObjectId, "s1"), name: "harbor.example" } as const;
    await allGone({ api, site }, [{ kind, id: mint(isObjectId, ID) }]);
    expect(asked.length).toBeGreaterThan(0);
    for (const path of asked) expect(path).not.toContain("//");
    const { collection } = kindOf(kind);
    const isList = (path: string): boolean => path.endsWith(`/${collection}`);
    expect(asked.some((path) => path.includes(ID) || isList(path))).toBe(true);
  },
);
