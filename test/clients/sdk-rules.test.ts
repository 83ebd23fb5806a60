/** The official SDK against the sandbox: rulesets, lists, Gateway and Access. */
import { type Cloudflare, BadRequestError, NotFoundError } from "cloudflare";
import { beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, BOOKS, useSandbox } from "./sandbox.ts";
import { all, codesOf, connect, failureOf } from "./sdk-client.ts";

const sandbox = useSandbox();
let client: Cloudflare;

beforeEach(() => {
  client = connect(sandbox());
});

const zone = { zone_id: BOOKS };
const account = { account_id: ACCOUNT };
const CUSTOM = "http_request_firewall_custom";
const block = (ref: string) => ({
  ref,
  action: "block" as const,
  expression: `http.request.uri.path eq "/${ref}"`,
});

/** Writes of rulesets are untyped in the package, as a dry run answers null. */
interface Ruleset {
  readonly id: string;
  readonly rules: readonly { readonly id: string; readonly ref: string }[];
}

describe("rulesets of the SDK", () => {
  const refs = (rules: readonly { ref?: string }[] | undefined) => rules?.map(({ ref }) => ref);

  it("are listed, and read by id and by phase", async () => {
    const listed = await all(client.rulesets.list(zone));
    expect(listed.map(({ phase }) => phase)).toContain(CUSTOM);
    const byPhase = await client.rulesets.phases.get(CUSTOM, zone);
    expect(refs(byPhase.rules)).toEqual([
      "block-admin-outside-office",
      "challenge-checkout-bots",
      "skip-healthchecks",
    ]);
    expect(await client.rulesets.get(byPhase.id, zone)).toEqual(byPhase);
    const none = client.rulesets.phases.get("http_request_origin", zone);
    expect(await failureOf(none)).toBeInstanceOf(NotFoundError);
  });

  it("are created, replaced and deleted", async () => {
    const made = (await client.rulesets.create({
      ...account,
      kind: "custom",
      name: "ours",
      phase: CUSTOM,
      rules: [block("a")],
    })) as Ruleset;
    expect(made).toMatchObject({ kind: "custom", version: "1", rules: [{ ref: "a" }] });
    const put = await client.rulesets.update(made.id, { ...account, rules: [block("b")] });
    expect(put).toMatchObject({ version: "2", rules: [{ ref: "b" }] });
    await client.rulesets.delete(made.id, account);
    expect(await all(client.rulesets.list(account))).not.toContainEqual(
      expect.objectContaining({ id: made.id }),
    );
  });

  it("are rehearsed by dry_run, and nothing of it happens (S16)", async () => {
    const before = await client.rulesets.phases.get(CUSTOM, zone);
    const [rule] = before.rules ?? [];
    const dry = { ...zone, dry_run: true };
    const answers = [
      await client.rulesets.phases.update(CUSTOM, { ...dry, rules: [] }),
      await client.rulesets.update(before.id, { ...dry, rules: [block("x")] }),
      await client.rulesets.rules.create(before.id, { ...dry, ...block("x") }),
      await client.rulesets.rules.delete(rule?.id ?? "", { ...dry, ruleset_id: before.id }),
    ];
    expect(answers).toEqual([null, null, null, null]);
    await client.rulesets.delete(before.id, dry);
    expect(await client.rulesets.phases.get(CUSTOM, zone)).toEqual(before);
    const wrong = { ...block("x"), expression: "(" };
    const refused = client.rulesets.phases.update(CUSTOM, { ...dry, rules: [wrong] });
    expect(await failureOf(refused)).toBeInstanceOf(BadRequestError);
  });

  it("change rule by rule, in a place that is asked for", async () => {
    const { id } = (await client.rulesets.phases.update(CUSTOM, {
      ...zone,
      rules: [block("a"), block("b")],
    })) as Ruleset;
    const at = { ...zone, ruleset_id: id };
    const more = (await client.rulesets.rules.create(id, {
      ...zone,
      ...block("first"),
      position: { before: "" },
    })) as Ruleset;
    expect(refs(more.rules)).toEqual(["first", "a", "b"]);
    const rule = more.rules[0]?.id ?? "";
    const moved = await client.rulesets.rules.edit(rule, { ...at, position: { index: 3 } });
    expect(refs((moved as Ruleset).rules)).toEqual(["a", "b", "first"]);
    const edited = await client.rulesets.rules.edit(rule, {
      ...at,
      ...block("first"),
      description: "new",
    });
    const last = { ref: "first", description: "new" };
    expect(edited).toMatchObject({ rules: [{ ref: "a" }, { ref: "b" }, last] });
    const left = await client.rulesets.rules.delete(rule, at);
    expect(refs((left as Ruleset).rules)).toEqual(["a", "b"]);
    expect(refs((await client.rulesets.phases.get(CUSTOM, zone)).rules)).toEqual(["a", "b"]);
  });
});

describe("rules lists of the SDK", () => {
  const ips = async (list: string) =>
    (await all(client.rules.lists.items.list(list, { ...account, per_page: 5 })))
      .map((item) => ("ip" in item ? item.ip : ""))
      .toSorted();

  const finished = async (operation: string) =>
    client.rules.lists.bulkOperations.get(operation, account);

  it("are created, described and deleted", async () => {
    const made = await client.rules.lists.create({ ...account, kind: "ip", name: "partners" });
    expect(made).toMatchObject({ kind: "ip", name: "partners", num_items: 0 });
    await client.rules.lists.update(made.id, { ...account, description: "who pays" });
    expect(await client.rules.lists.get(made.id, account)).toMatchObject({
      description: "who pays",
    });
    const names = (await all(client.rules.lists.list(account))).map(({ name }) => name);
    expect(names.toSorted()).toEqual(["office_ips", "partners"]);
    expect(await client.rules.lists.delete(made.id, account)).toEqual({ id: made.id });
  });

  it("get, replace and lose items, operation by operation", async () => {
    const { id } = await client.rules.lists.create({ ...account, kind: "ip", name: "many" });
    const body = Array.from({ length: 12 }, (_, i) => ({ ip: `192.0.2.${i + 1}` }));
    const added = await client.rules.lists.items.create(id, { ...account, body });
    expect(await finished(added.operation_id)).toMatchObject({ status: "completed" });
    expect(await ips(id)).toHaveLength(12);
    const [item] = await all(client.rules.lists.items.list(id, account));
    expect(await client.rules.lists.items.get(item?.id ?? "", { ...account, list_id: id })).toEqual(
      item,
    );
    await client.rules.lists.items.delete(id, { ...account, items: [{ id: item?.id ?? "" }] });
    expect(await ips(id)).toHaveLength(11);
    const one = [{ ip: "203.0.113.1", comment: "only" }];
    await client.rules.lists.items.update(id, { ...account, body: one });
    expect(await ips(id)).toEqual(["203.0.113.1"]);
  });
});

describe("Gateway of the SDK", () => {
  const rule = {
    ...account,
    name: "block phishing",
    action: "block" as const,
    filters: ["dns" as const],
    traffic: "any(dns.security_category[*] in {80 131})",
    enabled: true,
  };

  it("has rules that are listed, created, replaced and deleted", async () => {
    const made = await client.zeroTrust.gateway.rules.create(rule);
    expect(made).toMatchObject({ name: rule.name, action: "block", version: 1 });
    const listed = await all(client.zeroTrust.gateway.rules.list(account));
    expect(listed.map(({ name }) => name)).toContain(rule.name);
    const id = made.id ?? "";
    const put = await client.zeroTrust.gateway.rules.update(id, { ...rule, enabled: false });
    expect(put).toMatchObject({ enabled: false, version: 2 });
    expect(await client.zeroTrust.gateway.rules.get(id, account)).toEqual(put);
    await client.zeroTrust.gateway.rules.delete(id, account);
    const gone = client.zeroTrust.gateway.rules.get(id, account);
    expect(await failureOf(gone)).toBeInstanceOf(NotFoundError);
  });

  it("has lists with items, whose iteration ends", async () => {
    const { lists } = client.zeroTrust.gateway;
    const items = ["a.example", "b.example"].map((value) => ({ value }));
    const made = await lists.create({ ...account, name: "Domains", type: "DOMAIN", items });
    const id = made.id ?? "";
    const append = [{ value: "c.example" }];
    const edited = await lists.edit(id, { ...account, append, remove: ["a.example"] });
    expect(edited).toMatchObject({ name: "Domains", count: 2 });
    const found = await all(lists.items.list(id, account));
    expect(found.flat().map(({ value }) => value)).toEqual(["b.example", "c.example"]);
    await lists.update(id, { ...account, name: "Domains", items: append });
    expect(await lists.get(id, account)).toMatchObject({ count: 1 });
    expect((await all(lists.list(account))).map(({ name }) => name)).toContain("Domains");
    await lists.delete(id, account);
    expect(await failureOf(lists.get(id, account))).toBeInstanceOf(NotFoundError);
  });
});

describe("Access of the SDK", () => {
  const staff = {
    name: "Staff",
    decision: "allow" as const,
    include: [{ email_domain: { domain: "harbor-books.example" } }],
  };
  const app = {
    ...account,
    type: "self_hosted" as const,
    name: "Reports",
    domain: "reports.harbor-books.example",
  };

  it("has applications with reusable policies", async () => {
    const { applications, policies } = client.zeroTrust.access;
    const policy = await policies.create({ ...account, ...staff });
    const attached = [{ id: policy.id ?? "", precedence: 1 }];
    const made = await applications.create({ ...app, policies: attached });
    expect(made).toMatchObject({ name: "Reports", policies: [{ name: "Staff" }] });
    const id = made.id ?? "";
    const domains = (await all(applications.list(account))).map((one) =>
      "domain" in one ? one.domain : undefined,
    );
    expect(domains).toEqual(expect.arrayContaining(["admin.harbor-books.example", app.domain]));
    const put = await applications.update(id, { ...app, name: "Monthly reports" });
    expect(put).toMatchObject({ name: "Monthly reports" });
    expect(await applications.get(id, account)).toMatchObject({ name: "Monthly reports" });
    expect(await applications.delete(id, account)).toEqual({ id });
    expect(codesOf(await failureOf(applications.get(id, account)))).toEqual([11021]);
    expect((await all(policies.list(account))).map(({ name }) => name)).toContain("Staff");
    await policies.delete(policy.id ?? "", account);
  });

  it("has policies of one application", async () => {
    const { applications } = client.zeroTrust.access;
    const { id = "" } = await applications.create(app);
    const of = { ...account, app_id: id };
    const body = { ...account, ...staff, precedence: 1 };
    const made = await applications.policies.create(id, body);
    expect(await all(applications.policies.list(id, account))).toMatchObject([{ name: "Staff" }]);
    const changed = { ...of, ...staff, decision: "deny" } as typeof of;
    await applications.policies.update(made.id ?? "", changed);
    expect(await applications.policies.get(made.id ?? "", of)).toMatchObject({ decision: "deny" });
    await applications.policies.delete(made.id ?? "", of);
    expect(await all(applications.policies.list(id, account))).toEqual([]);
  });
});
