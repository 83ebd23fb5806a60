import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { vaultOf } from "../../durable-objects/bindings.ts";
import { certified, signedBy } from "../support/certified.ts";
import { entries } from "../support/check-world.ts";
import {
  api,
  apiJson,
  BOOKS,
  cloudflare,
  control,
  putGolden,
  reconcile,
  record,
  runs,
  vaultWrites,
} from "../support/world.ts";

const zone = `/zones/${BOOKS.zoneId}`;

const FORBIDS_BASTION = `@id("team-bastion")
forbid (principal, action in Driftless::Action::"Mutate", resource is Driftless::DnsRecord)
when { resource.name == "bastion.harbor-books.example" };`;

const ENTITIES = [
  {
    uid: "DnsRecord::bastion",
    attrs: { name: "bastion.harbor-books.example", rtype: "A", proxied: false, protected: false },
    parents: ["Zone::shop.example"],
  },
];
const row = { principal: "Agent::reverter", action: "drift.revert" };
const ROWS = [
  {
    ...row,
    id: "b1",
    name: "bastion",
    want: "deny",
    why: ["team-bastion"],
    resource: "DnsRecord::bastion",
  },
  { ...row, id: "b2", name: "www", want: "allow", why: ["p-revert"], resource: "DnsRecord::www" },
  { ...row, id: "b3", name: "rules", want: "allow", why: ["p-revert"], resource: "Ruleset::waf" },
  {
    ...row,
    id: "b4",
    name: "a change",
    want: "deny",
    why: ["team-bastion"],
    principal: "Agent::executor",
    action: "dns.update",
    resource: "DnsRecord::bastion",
  },
  {
    ...row,
    id: "b5",
    name: "a deletion",
    want: "deny",
    why: ["f-loosen-untrusted", "team-bastion"],
    principal: "Agent::executor",
    action: "dns.delete",
    resource: "DnsRecord::bastion",
  },
];

const WAIT = { timeout: 10_000, interval: 50 };

interface Version {
  readonly version: number;
  readonly digest: string;
  readonly status: string;
  readonly trial: { readonly survivors: readonly { readonly mutant: string }[] };
}

const send = (path: string, body: unknown, token: string): Promise<Response> =>
  api(`/api/v1/policies${path}`, token, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

async function activate(body: Record<string, unknown>): Promise<Version> {
  const response = await send("", { reason: "as agreed in March", ...body }, "dev-operator");
  const made = await response.json<Version>();
  expect(response.status, JSON.stringify(made)).toBe(201);
  for (const person of ["dev-approver-1", "dev-approver-2"]) {
    const agreed = await send(`/${made.version}/activations`, { digest: made.digest }, person);
    expect(agreed.status, await agreed.clone().text()).toBe(200);
  }
  return made;
}

async function edit(name: string, content: string): Promise<void> {
  const found = await record("A", name);
  await cloudflare("PATCH", `${zone}/dns_records/${found?.id}`, { body: { content } });
}

beforeAll(async () => {
  await control("POST", "/reset");
  await putGolden(golden);
  await reconcile();
});

describe("policies of a team", () => {
  it("in force at first are those that are shipped", async () => {
    const { active } = await apiJson<{ active: { version: number } }>("/api/v1/policies");
    expect(active.version).toBe(0);
  });

  it("that do not hold on their table are not kept, and the flaw is named", async () => {
    const table = { entities: ENTITIES, rows: [{ ...ROWS[1], want: "deny", why: "default" }] };
    const response = await send(
      "",
      { policies: FORBIDS_BASTION, table, reason: "why not" },
      "dev-operator",
    );
    expect(response.status).toBe(422);
    const { errors } = await response.json<{ errors: { pointer: string; detail: string }[] }>();
    expect(errors.map(({ pointer }) => pointer)).toContain("#/table/rows/b2");
    expect(errors.map(({ detail }) => detail)).toContain("no row is decided by `team-bastion`");
  });

  it.each([
    [
      "permits",
      '@id("team-x") permit (principal, action in Driftless::Action::"Mutate", resource);',
      "forbid",
    ],
    [
      "reaches every action",
      '@id("team-x") forbid (principal, action, resource);',
      "say which changes",
    ],
    [
      "locks policies up",
      '@id("team-x") forbid (principal, action == Driftless::Action::"EditPolicy", resource);',
      "nobody could take it back",
    ],
    [
      "counts",
      '@id("team-x") forbid (principal, action in Driftless::Action::"Mutate", resource) when { context.risk.score + 1 > 3 };',
      "arithmetic",
    ],
    [
      "does not fit the schema",
      '@id("team-x") forbid (principal, action in Driftless::Action::"Mutate", resource) when { context.mood == "bad" };',
      "mood",
    ],
    [
      "takes a shipped id",
      '@id("f-frozen") forbid (principal, action in Driftless::Action::"Mutate", resource);',
      "shipped",
    ],
  ])("that %s are refused", async (_, policies, problem) => {
    const response = await send(
      "",
      { policies, table: { rows: [ROWS[1]] }, reason: "just because" },
      "dev-operator",
    );
    expect(response.status).toBe(422);
    expect(await response.text()).toContain(problem);
  });

  it("forbid from the moment that two people have agreed: nothing is written, and the run says by what", async () => {
    const made = await activate({
      policies: FORBIDS_BASTION,
      table: { entities: ENTITIES, rows: ROWS },
    });
    expect(made.trial.survivors).toEqual([]);
    await control("DELETE", "/journal");
    await edit("bastion.harbor-books.example", "192.0.2.77");
    await reconcile();
    const [last] = await runs();
    expect(last).toMatchObject({ phase: "rejected", because: { reason: "voted_down" } });
    expect(await vaultWrites()).toEqual([]);
    const ballots = (await entries()).filter(({ type }) => type === "ballot");
    expect(JSON.stringify(ballots)).toContain("policy_forbids: team-bastion");
    const plan = (await entries()).findLast(({ type }) => type === "plan");
    expect(plan?.data).toMatchObject({
      policy: "forbid",
      policy_bundle: made.digest,
      policies: ["team-bastion"],
    });
  });

  it("do not stop what they are not about", async () => {
    await control("DELETE", "/journal");
    await edit("staging.harbor-books.example", "192.0.2.78");
    await reconcile();
    await vi.waitFor(async () => {
      const healed = await record("A", "staging.harbor-books.example");
      expect(healed?.content).not.toBe("192.0.2.78");
    }, WAIT);
    expect((await vaultWrites()).length).toBe(1);
  });

  it("are each change of them in the record, said by the vault, with the text beside it", async () => {
    const told = (await entries()).filter(({ type }) => type === "policy");
    expect(told.map(({ data, source }) => [data["what"], source])).toEqual([
      ["proposed", "vault"],
      ["consented", "vault"],
      ["activated", "vault"],
    ]);
    expect(told[0]?.attached).toHaveProperty("policies");
  });

  it("are put in force by people who signed, and by nobody's word (I13)", async () => {
    const proposal = { reason: "a swarm's own", by: "reconciler" };
    const team = { policies: "", frameworks: {} };
    const table = { entities: [], rows: [] };
    const { active } = await apiJson<{ active: { version: number; digest: string } }>(
      "/api/v1/policies",
    );
    const register = env.POLICIES as unknown as {
      propose(
        p: unknown,
        d: string,
      ): Promise<{ ok: boolean; value?: Version; error?: { expected: string } }>;
      consent(s: unknown): Promise<{ ok: boolean; error?: { reason: string } }>;
    };
    const wrong = await register.propose({ ...proposal, team, table }, active.digest);
    expect(wrong.ok).toBe(false);
    const made = await register.propose({ ...proposal, team, table }, wrong.error?.expected ?? "");
    const consent = {
      version: made.value?.version,
      digest: made.value?.digest,
      by: "dev-approver-1",
      at: "2026-03-01T12:00:00.000Z",
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
      nonce: "0".repeat(32),
    };
    const forged = { consent, attestation: { type: "key", key: "sha256:0", signature: {} } };
    expect(await register.consent(forged)).toMatchObject({
      ok: false,
      error: { reason: "not_signed" },
    });
    const now = await apiJson<{ active: { version: number } }>("/api/v1/policies");
    expect(now.active.version).toBe(active.version);
  });

  it("put a scope under a framework, which asks for a person instead of forbidding (I13)", async () => {
    await activate({ frameworks: { "pci-dss": [BOOKS.scope] } });
    await control("DELETE", "/journal");
    await cloudflare("PATCH", `${zone}/settings/min_tls_version`, { body: { value: "1.3" } });
    await reconcile();
    const [last] = await vi.waitFor(async () => {
      const found = await runs();
      expect(found[0]).toMatchObject({ phase: "awaiting_approval" });
      return found;
    }, WAIT);
    expect(last).toMatchObject({ tier: 3 });
    expect(await vaultWrites()).toEqual([]);
  });

  it("that come into force between the release and its first write still stop it: nothing is written", async () => {
    const waiting = await certified();
    const approvals = await Promise.all(
      ["dev-approver-1", "dev-approver-2"].map((person) => signedBy(person, waiting)),
    );
    const request = { ...waiting, approvals };
    // Granted, and then Cloudflare is down before anything could be written.
    await control("PUT", "/faults", {
      rules: [
        {
          id: "down",
          match: { token: "driftless-vault-write" },
          times: 50,
          effect: { type: "status", status: 503 },
        },
      ],
    });
    expect(await vaultOf(env).release(request)).toMatchObject({ written: 0 });
    await control("DELETE", "/faults");
    const made = await activate({ frameworks: { "pci-dss": [BOOKS.scope], soc2: [] } });
    expect(await vaultOf(env).release(request)).toMatchObject({
      outcome: "refused",
      refusal: { reason: "other_policies", inForce: made.digest },
    });
    expect(await vaultWrites()).toEqual([]);
  });

  it("that come into force while a plan waits make it void, for the run and for the vault", async () => {
    const request = await certified();
    const made = await activate({ frameworks: {} });
    expect(await env.VAULT.release(request)).toMatchObject({
      outcome: "refused",
      refusal: { reason: "other_policies", inForce: made.digest },
    });
    expect(await vaultWrites()).toEqual([]);
    const [waiting] = await runs();
    const yes = await api(`/api/v1/runs/${waiting?.id}/approvals`, "dev-approver-1", {
      method: "POST",
      body: JSON.stringify({ digest: waiting?.plan_digest, verdict: "approve" }),
      headers: { "content-type": "application/json" },
    });
    expect(yes.status).toBe(409);
    await vi.waitFor(async () => {
      const all = await runs();
      expect(all.find(({ id }) => id === waiting?.id)?.phase).toBe("superseded");
      // Under the new ones fewer people are needed.
      expect(all[0]?.id).not.toBe(waiting?.id);
      expect(all[0]?.tier).toBeLessThan(3);
    }, WAIT);
  });
});
