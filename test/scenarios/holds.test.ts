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
  type DriftView,
  putGolden,
  reconcile,
  record,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const zone = `/zones/${BOOKS.zoneId}`;
const BASTION = "A bastion.harbor-books.example 203.0.113.30";
let address = 1;
const fresh = (): string => `192.0.2.${(address += 1)}`;
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();

interface HoldJson {
  readonly id: string;
  readonly status: string;
  readonly expires_at: string;
  readonly ended: { readonly how: string; readonly by: string } | null;
}

interface HeldView extends DriftView {
  readonly held: readonly {
    readonly identity: string;
    readonly reason: string;
    readonly hold: string | null;
    readonly asks: boolean;
  }[];
  readonly notes: readonly string[];
}

const view = (): Promise<HeldView> => drift() as Promise<HeldView>;

async function edit(name: string, body: Record<string, string | number>, token?: string) {
  const found = await record("A", name);
  const as = token ? { token } : {};
  await cloudflare("PATCH", `${zone}/dns_records/${found?.id}`, { body, ...as });
}

const send = (method: string, path: string, body?: unknown): Promise<Response> =>
  api(path, "dev-operator", {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });

async function place(more: Record<string, unknown> = {}): Promise<HoldJson> {
  const response = await send("POST", "/api/v1/holds", {
    scope: BOOKS.scope,
    reason: "moving the bastion",
    expires_at: inSeconds(3600),
    ...more,
  });
  expect(response.status, await response.clone().text()).toBe(201);
  return response.json<HoldJson>();
}

const bastion = { selector: { kind: "dns_record", name: "bastion", type: "A" } };
const asking = (): Promise<HeldView> =>
  vi.waitFor(
    async () => {
      const seen = await view();
      expect(seen.held.some(({ asks }) => asks)).toBe(true);
      return seen;
    },
    { timeout: 10_000, interval: 50 },
  );
const healed = (): Promise<DriftView> => settled(BOOKS.scope, ({ status }) => status === "in_sync");
const types = async (): Promise<string[]> => (await entries()).map(({ type }) => type);

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
    const { items } = await apiJson<{ items: HoldJson[] }>("/api/v1/holds");
    expect(items.filter(({ ended }) => ended === null)).toEqual([]);
    expect((await reconcile()).status, "what was held is healed in the end").toBe("in_sync");
  };
});

describe("a hold", () => {
  it("keeps what it names from being written, says why, and everything else is healed", async () => {
    const hold = await place(bastion);
    await edit("bastion.harbor-books.example", { content: fresh() });
    await edit("staging.harbor-books.example", { content: fresh() });
    await reconcile();
    await vi.waitFor(async () => expect((await view()).status).toBe("held"), { timeout: 10_000 });
    await checkRecord();
    expect(await view()).toMatchObject({
      held: [{ identity: BASTION, reason: "moving the bastion", hold: hold.id, asks: false }],
      drift: [{ identity: BASTION, by: { actor: "dashboard@sandbox.example" } }],
    });
    expect((await vaultWrites()).map(({ body }) => body)).toEqual([{ content: "203.0.113.15" }]);
    const again = await reconcile();
    expect(again).toMatchObject({
      status: "held",
      why: "on hold: 1 drifted resource is not written",
    });
    expect(await vaultWrites()).toHaveLength(1);
    const lifted = await send("DELETE", `/api/v1/holds/${hold.id}`);
    expect(await lifted.json()).toMatchObject({ status: "ended", ended: { how: "lifted" } });
    await healed();
    expect(await vaultWrites()).toHaveLength(2);
    expect(await types()).toEqual(expect.arrayContaining(["hold", "hold_ended"]));
  });

  it("holds a whole scope, and is the same hold when it is asked for twice", async () => {
    const expires_at = inSeconds(3600);
    const hold = await place({ expires_at });
    expect((await place({ expires_at })).id).toBe(hold.id);
    await edit("bastion.harbor-books.example", { content: fresh() });
    await cloudflare("PATCH", `${zone}/settings/min_tls_version`, { body: { value: "1.0" } });
    const seen = (await reconcile()) as HeldView;
    expect(seen.status).toBe("held");
    expect(seen.held).toHaveLength(2);
    expect(await vaultWrites()).toEqual([]);
    await checkRecord();
    const by = { decision: "revert" };
    expect((await send("POST", `/api/v1/holds/${hold.id}/resolution`, by)).status).toBe(200);
    await healed();
    expect(await vaultWrites()).toHaveLength(2);
  });

  it("asks by itself when it expires, writes nothing, and does what a person decides", async () => {
    const hold = await place({ ...bastion, expires_at: inSeconds(1.5) });
    await edit("bastion.harbor-books.example", { content: fresh() });
    expect((await reconcile()).status).toBe("held");
    const seen = await asking();
    expect(seen).toMatchObject({ status: "held", why: "hold expired: revert or adopt?" });
    expect(await vaultWrites()).toEqual([]);
    const [incident] = (await apiJson<{ items: { status: string }[] }>("/api/v1/incidents?limit=1"))
      .items;
    expect(incident?.status).toBe("waiting");
    const path = `/api/v1/holds/${hold.id}/resolution`;
    const far = { decision: "extend", expires_at: inSeconds(31 * 24 * 3600) };
    expect((await send("POST", path, far)).status).toBe(422);
    const longer = await send("POST", path, { decision: "extend", expires_at: inSeconds(3600) });
    expect(await longer.json()).toMatchObject({ id: hold.id, status: "in_force" });
    await vi.waitFor(async () => expect((await view()).held[0]?.asks).toBe(false));
    await checkRecord();
    expect((await send("POST", path, { decision: "revert" })).status).toBe(200);
    await healed();
    expect((await vaultWrites()).map(({ body }) => body)).toEqual([{ content: "203.0.113.30" }]);
  });

  it("ends by itself when it expires over nothing that differs", async () => {
    const hold = await place({ ...bastion, expires_at: inSeconds(1) });
    await vi.waitFor(
      async () => {
        const found = await apiJson<HoldJson>(`/api/v1/holds/${hold.id}`);
        expect(found.ended).toMatchObject({ how: "nothing_left", by: "reconciler" });
      },
      { timeout: 10_000, interval: 50 },
    );
    expect(await vaultWrites()).toEqual([]);
  });

  it("stops a plan that waits for people", async () => {
    const rogue = Array.from({ length: 30 }, (_, index) => ({
      type: "A",
      name: `rogue-${index}`,
      content: "203.0.113.99",
      ttl: 1,
    }));
    await cloudflare("POST", `${zone}/dns_records/batch`, { body: { posts: rogue } });
    await reconcile();
    const waiting = await vi.waitFor(
      async () => {
        const [run] = await runs();
        expect(run?.phase).toBe("awaiting_approval");
        return run;
      },
      { timeout: 10_000 }, // a loaded machine takes its time to vote
    );
    const hold = await place({ selector: { kind: "dns_record", name: "rogue-*" } });
    const approval = { digest: waiting?.plan_digest, verdict: "approve" };
    const answer = await api(`/api/v1/runs/${waiting?.id}/approvals`, "dev-approver-1", {
      method: "POST",
      body: JSON.stringify(approval),
      headers: { "content-type": "application/json" },
    });
    expect(answer.status).toBe(409);
    await vi.waitFor(async () => expect((await view()).held).toHaveLength(30), { timeout: 10_000 });
    expect(await vaultWrites()).toEqual([]);
    await checkRecord();
    const made = await cloudflare<{ id: string; name: string }[]>(
      "GET",
      `${zone}/dns_records?per_page=500`,
    );
    const deletes = made.filter(({ name }) => name.startsWith("rogue-")).map(({ id }) => ({ id }));
    await cloudflare("POST", `${zone}/dns_records/batch`, { body: { deletes } });
    expect((await send("DELETE", `/api/v1/holds/${hold.id}`)).status).toBe(200);
  });
});

describe("a hold is refused", () => {
  const refused: [string, Record<string, unknown>, string][] = [
    ["beyond 30 days", { expires_at: inSeconds(31 * 24 * 3600) }, "#/expires_at"],
    ["in the past", { expires_at: inSeconds(-1) }, "#/expires_at"],
    ["without a reason", { reason: " " }, "#/reason"],
    [
      "for a field that no kind has",
      { selector: { kind: "dns_record", nam: "x" } },
      "#/selector/nam",
    ],
    ["for a kind of nowhere", { selector: { kind: "nothing" } }, "#/selector/kind"],
  ];
  it.each(refused)("%s", async (_, more, pointer) => {
    const body = { scope: BOOKS.scope, reason: "because", expires_at: inSeconds(60), ...more };
    const response = await send("POST", "/api/v1/holds", body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer }] });
  });
});
