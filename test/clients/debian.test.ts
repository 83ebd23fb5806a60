/** drift-cases.md 8.3: python3-cloudflare, certbot's dns-cloudflare and lexicon of Debian against the sandbox. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { python, secretFile, whyMissing, withHome } from "./debian.ts";
import { BOOKS, type Row, TOKEN, useSandbox, ZONE_NAME } from "./sandbox.ts";

const sandbox = useSandbox();
let missing: string | undefined;

beforeAll(async () => {
  missing = await whyMissing();
  if (missing !== undefined) console.warn(`Debian's clients are NOT tested: ${missing}`);
});

beforeEach(({ skip }) => {
  if (missing !== undefined) skip(`Debian's clients: ${missing}`);
});

const everything = (zone = BOOKS): Promise<readonly Row[]> =>
  sandbox().read(`/zones/${zone}/dns_records`);

interface Seen {
  readonly zones: readonly string[];
  readonly zone: string;
  readonly records: number;
  readonly made: Row;
  readonly export: string;
  readonly kept: Row;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly [more: string]: unknown;
}

describe("python3-cloudflare", () => {
  it("lists, creates, changes, deletes, exports, imports, and sees the API's refusals", async () => {
    const before = await everything();
    const env = { CLOUDFLARE_API_URL: sandbox().api, CLOUDFLARE_API_TOKEN: TOKEN };
    const seen = await withHome((home) =>
      python<Seen>("cloudflare_account.py", [ZONE_NAME], { home, env }),
    );
    expect(seen).toMatchObject({
      zones: ["harbor-api.example", ZONE_NAME],
      zone: BOOKS,
      records: before.length,
      made: { name: `promo.${ZONE_NAME}`, content: "192.0.2.80", ttl: 300 },
      again: 81058,
      patched: { content: "192.0.2.80", ttl: 600 },
      put: { content: "192.0.2.81", ttl: 300 },
      found: ["192.0.2.81"],
      deleted: { id: seen.made.id },
      gone: 81044,
      imported: { recs_added: 1, total_records_parsed: 1 },
      ssl: "strict",
      changed: "full",
      nobody: 10000,
    });
    expect(seen["wrong"]).toBeGreaterThan(1000);
    expect(seen.settings).toMatchObject({ ssl: "strict", min_tls_version: "1.2" });
    expect(seen.export).toMatch(
      /^promo\.harbor-books\.example\.\s+300\s+IN\s+A\s+192\.0\.2\.81\s/m,
    );
    expect(await sandbox().records(`promo.${ZONE_NAME}`)).toEqual([]);
    expect(await sandbox().records(`keep.${ZONE_NAME}`)).toMatchObject([{ id: seen.kept.id }]);
    expect(await sandbox().records(`imported.${ZONE_NAME}`)).toMatchObject([{ content: '"ahoy"' }]);
    const ssl = await sandbox().read(`/zones/${BOOKS}/settings/ssl`);
    expect(ssl).toMatchObject({ value: "full" });
  });
});

describe("certbot's dns-cloudflare", () => {
  type Published = readonly (readonly [name: string, content: string, ttl: number])[];

  interface Challenged {
    readonly before: Published;
    readonly during: Published;
    readonly after: Published;
    readonly values: readonly (readonly [name: string, value: string])[];
    readonly warnings: readonly string[];
  }

  it("S7 publishes its challenges and leaves nothing behind, nor takes anything away", async () => {
    const before = await everything();
    // A name and its wildcard share one record name; the zone has a challenge of somebody else.
    const domains = [ZONE_NAME, ZONE_NAME, `deep.shop.${ZONE_NAME}`];
    const seen = await withHome(async (home) => {
      const ini = await secretFile(home, "cloudflare.ini", `dns_cloudflare_api_token = ${TOKEN}\n`);
      const env = { CLOUDFLARE_API_URL: sandbox().api };
      const args = [ini, TOKEN, ZONE_NAME, ...domains];
      return python<Challenged>("certbot_challenges.py", args, { home, env });
    });
    expect(seen.before).toHaveLength(1);
    const published = seen.values.map(([name, value]) => [name, `"${value}"`, 120]);
    expect(published).toHaveLength(3);
    expect(seen.during).toEqual(expect.arrayContaining([...published, ...seen.before]));
    expect(seen.during).toHaveLength(4);
    expect(seen.after).toEqual(seen.before);
    expect(seen.warnings).toEqual([]);
    expect(await everything()).toEqual(before);
  });

  it("S7 finds its record by the unquoted value", async () => {
    const name = `_acme-challenge.${ZONE_NAME}`;
    const [standing] = await sandbox().records(name);
    const value = standing?.content.replaceAll('"', "") ?? "";
    expect(standing?.content).toBe(`"${value}"`);
    const query = `type=TXT&name=${name}&content=${value}&per_page=1`;
    const found = await sandbox().fetch(`/client/v4/zones/${BOOKS}/dns_records?${query}`);
    expect(await found.json()).toMatchObject({ result: [{ id: standing?.id }] });
  });
});

describe("lexicon", () => {
  type Answer = boolean | string | readonly Omit<Row, "id">[];

  /** All lines in one process; after each what the command printed, or the status it was refused with. */
  const lexicon = (zone: string, lines: readonly string[]): Promise<Answer[]> => {
    const start = `${zone} cloudflare --auth-token ${TOKEN} --output JSON`;
    const stdin = lines.map((line) => `${start} ${line}\n`).join("");
    return withHome((home) => python("lexicon_cli.py", [sandbox().api], { home, stdin }));
  };
  // `.example` is no public suffix to it: the zone is told by its first label, and asked for with a trailing dot.
  const ours = `--delegated harbor-books`;

  it.each([
    ["A", "192.0.2.80", "192.0.2.81", "192.0.2.81"],
    ["TXT", "ahoy reader", "ahoy again", '"ahoy again"'],
    ["CNAME", "one.example", "two.example", "two.example"],
  ])("creates, lists, updates and deletes %s", async (type, ...values) => {
    const [first, second, kept] = values;
    const name = `lexicon.${ZONE_NAME}`;
    const of = `${ZONE_NAME} ${type} --name lexicon`;
    const [made, listed, updated] = await lexicon(ours, [
      `create ${of} --content "${first}"`,
      `list ${of}`,
      `update ${of} --content "${second}"`,
    ]);
    expect([made, updated]).toEqual([true, true]);
    expect(listed).toMatchObject([{ type, name, ttl: 3600 }]);
    expect(await sandbox().records(name)).toMatchObject([{ type, content: kept, ttl: 3600 }]);
    expect(await lexicon(ours, [`delete ${of} --content "${second}"`])).toEqual([true]);
    expect(await sandbox().records(name)).toEqual([]);
  });

  /** Below a public suffix, as lexicon expects it. */
  const ORG = "harbor-books.org";

  async function seedOrg(): Promise<string> {
    const mx = (host: number) => {
      const content = `mx${host}.mailharbor.example`;
      return { type: "MX", name: "@", content, priority: host * 10 };
    };
    const zones = [{ name: ORG, records: 600, dns_records: [mx(1), mx(2)] }];
    const seeded = await sandbox().control<{ zones: { id: string }[] }>("POST /seed", { zones });
    return seeded.zones[0]?.id ?? "";
  }

  it("lists and deletes MX; that it sends no priority, the API refuses (lexicon 1749)", async () => {
    const zone = await seedOrg();
    const of = `${ORG} MX --name ${ORG}`;
    const [made, listed, deleted, left] = await lexicon("", [
      `create ${of} --content mx3.mailharbor.example --priority 30`,
      `list ${of}`,
      `delete ${of} --content mx2.mailharbor.example`,
      `list ${of}`,
    ]);
    expect(made).toBe("400");
    expect(listed).toHaveLength(2);
    expect([deleted, left]).toMatchObject([true, [{ content: "mx1.mailharbor.example" }]]);
    const kept = (await everything(zone)).filter(({ type, name }) => type === "MX" && name === ORG);
    expect(kept).toMatchObject([{ content: "mx1.mailharbor.example" }]);
  });

  it("pages through a zone, and leaves nothing of a challenge behind", async () => {
    const zone = await seedOrg();
    const before = await everything(zone);
    const of = `${ORG} TXT --name _acme-challenge`;
    const [made, listed, addresses, deleted] = await lexicon("", [
      `create ${of} --content challenge`,
      `list ${of}`,
      `list ${ORG} A`,
      `delete ${of} --content challenge`,
    ]);
    expect([made, deleted]).toEqual([true, true]);
    expect(listed).toMatchObject([{ name: `_acme-challenge.${ORG}`, content: '"challenge"' }]);
    const expected = before.filter(({ type }) => type === "A");
    expect(expected.length).toBeGreaterThan(200);
    expect(addresses).toHaveLength(expected.length);
    expect(await everything(zone)).toEqual(before);
  });
});
