/** The analytics: one question over GraphQL, with its own envelope, for who may read them. */
import { beforeEach, describe, expect, it } from "vitest";
import { api, BOOKS, control, reset } from "./client.ts";

const MINUTE = 60_000;
const AT = Math.floor(Date.now() / MINUTE) * MINUTE;
const iso = (minutes: number): string => new Date(AT + minutes * MINUTE).toISOString();
const QUERY = "query { viewer { zones { httpRequestsAdaptiveGroups(limit: 2) { count } } } }";

interface Said {
  readonly data: {
    readonly viewer: {
      readonly zones: readonly {
        readonly httpRequestsAdaptiveGroups: readonly {
          readonly count: number;
          readonly dimensions: Readonly<Record<string, unknown>>;
        }[];
      }[];
    };
  } | null;
  readonly errors: readonly { readonly message: string }[] | null;
}

async function asked(
  query: string,
  { from = -9, to = 1 }: { from?: number; to?: number } = {},
  token = "sandbox-swarm-read",
) {
  const body = { query, variables: { zone: BOOKS, from: iso(from), to: iso(to) } };
  const { status, text } = await api("POST /graphql", { token, body, isUndescribed: true });
  return { status, said: JSON.parse(text) as Said };
}
const counts = ({ said }: { said: Said }): readonly number[] | undefined =>
  said.data?.viewer.zones[0]?.httpRequestsAdaptiveGroups.map(({ count }) => count);

beforeEach(reset);

describe("what was put there", () => {
  beforeEach(() =>
    control("PUT /analytics", {
      zone: BOOKS,
      groups: [3, 7, 5].map((count, index) => ({
        count,
        dimensions: { datetimeMinute: iso(-index), clientAsn: "64500" },
      })),
    }),
  );

  it("is answered by period, the largest first, as many as were asked for", async () => {
    expect(counts(await asked(QUERY))).toEqual([7, 5]);
    expect(counts(await asked(QUERY, { from: 0 }))).toEqual([3]);
    expect(counts(await asked(QUERY, { to: -5 }))).toEqual([]);
  });

  it("is an error with status 200 for another question, or no time at all", async () => {
    for (const [query, to] of [
      ["query { viewer { zones { somethingElse } } }", 1],
      [QUERY, -9],
    ] as const) {
      const { status, said } = await asked(query, { to });
      expect([status, said.data, said.errors?.length]).toEqual([200, null, 1]);
    }
  });

  it("is not for tokens without the right", async () => {
    expect((await asked(QUERY, {}, "sandbox-vault-write")).status).toBe(403);
  });
});

it("traffic through the edge is counted by the minute", async () => {
  await control("POST /traffic", {
    zone: "harbor-books.example",
    seconds: 5,
    visitors: 4,
    attacks: [],
  });
  const groups = counts(await asked(QUERY.replace("limit: 2", "limit: 5000"), { to: 2 }));
  expect(groups?.length).toBeGreaterThan(3);
});
