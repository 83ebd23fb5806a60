import { beforeEach, describe, expect, it } from "vitest";
import type { PolicyFlaw } from "../../../src/core/policy/register.ts";
import { FakeSwarm } from "./fake-swarm.ts";

const NO_FRIDAYS = `@id("team-no-workers")
forbid (principal, action in Driftless::Action::"Mutate", resource is Driftless::Script);`;

const body = { policies: NO_FRIDAYS, reason: "Workers are deployed by hand" };

interface Version {
  readonly version: number;
  readonly digest: string;
  readonly status: string;
  readonly by: string;
  readonly consents: readonly { readonly by: string }[];
  readonly activated_at: string | null;
}

let swarm: FakeSwarm;
beforeEach(() => {
  swarm = new FakeSwarm();
});

const post = (path: string, content: unknown, token: string): Promise<Response> =>
  swarm.ask(`/api/v1/policies${path}`, {
    method: "POST",
    token,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(content),
  });
const proposedBy = async (token = "dev-operator", more = {}): Promise<Version> => {
  const response = await post("", { ...body, ...more }, token);
  expect(response.status).toBe(201);
  return response.json();
};
const agree = ({ version, digest }: Version, token: string): Promise<Response> =>
  post(`/${version}/activations`, { digest }, token);
const list = async () =>
  (await swarm.ask("/api/v1/policies", { token: "dev-viewer" })).json<{
    active: { version: number; digest: string };
    items: Version[];
    next: string | null;
  }>();

describe("a version of the policies", () => {
  it("is proposed, shown, and in force with the second person's yes, not before", async () => {
    const before = await list();
    expect(before.active.version).toBe(0);
    const made = await proposedBy();
    expect(made).toMatchObject({ version: 1, status: "proposed", by: "dev-operator" });
    const first = await (await agree(made, "dev-approver-1")).json<Version>();
    expect(first).toMatchObject({ status: "proposed", consents: [{ by: "dev-approver-1" }] });
    expect((await list()).active).toMatchObject({ version: 0 });
    const second = await (await agree(made, "dev-approver-2")).json<Version>();
    expect(second.status).toBe("active");
    expect((await list()).active).toMatchObject({ version: 1, digest: made.digest });
    expect(made.digest).not.toBe(before.active.digest);
  });

  it("does not count one person twice", async () => {
    const made = await proposedBy();
    await agree(made, "dev-approver-1");
    const again = await (await agree(made, "dev-approver-1")).json<Version>();
    expect(again).toMatchObject({ status: "proposed", consents: [{ by: "dev-approver-1" }] });
  });

  it.each(["dev-operator", "dev-viewer"])("is not agreed to by %s", async (token) => {
    const made = await proposedBy();
    expect((await agree(made, token)).status).toBe(403);
  });

  it("is proposed by an operator only", async () => {
    expect((await post("", body, "dev-approver-1")).status).toBe(403);
    expect((await post("", body, "dev-viewer")).status).toBe(403);
  });

  it("is agreed to under the digest that was seen", async () => {
    const made = await proposedBy();
    const other = { ...made, digest: `sha256:${"0".repeat(64)}` };
    const response = await agree(other, "dev-approver-1");
    expect(response.status).toBe(412);
    expect(await response.json()).toMatchObject({ digest: made.digest });
  });

  it("that is older than the one in force never comes back by itself", async () => {
    const old = await proposedBy();
    const made = await proposedBy("dev-operator", { frameworks: { soc2: ["*"] } });
    await agree(made, "dev-approver-1");
    await agree(made, "dev-approver-2");
    const response = await agree(old, "dev-approver-1");
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ active: 2 });
    expect((await list()).items.map(({ status }) => status)).toEqual(["active", "overtaken"]);
  });

  it("tells what is wrong with it, and where", async () => {
    const flaws: PolicyFlaw[] = [
      { part: "policies", line: 3, row: null, problem: "`team-x` must be a `forbid`" },
      { part: "table", line: null, row: "r1", problem: "row `r1` wants deny and gets allow" },
    ];
    swarm.policies.flaws = flaws;
    const response = await post("", body, "dev-operator");
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      type: "https://driftless.dev/problems/invalid-policies",
      errors: [
        { pointer: "#/policies", line: 3, detail: "`team-x` must be a `forbid`" },
        { pointer: "#/table/rows/r1", detail: "row `r1` wants deny and gets allow" },
      ],
    });
    expect(swarm.policies.stored).toEqual([]);
  });

  it.each([
    ["a scope that is none", { frameworks: { soc2: ["shop"] } }],
    ["a framework that is none", { frameworks: { hipaa: ["*"] } }],
    ["no reason", { reason: "" }],
    ["a table without rows", { table: { rows: [] } }],
    ["a member too many", { force: true }],
  ])("is refused with %s", async (_, more) => {
    const response = await post("", { ...body, ...more }, "dev-operator");
    expect(response.status).toBe(422);
  });

  it("waits with at most twenty others", async () => {
    for (let index = 0; index < 20; index += 1) await proposedBy();
    const response = await post("", body, "dev-operator");
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ max: 20 });
  });

  it("can be tried without being kept", async () => {
    const { reason: _, ...rest } = body;
    const response = await post("/check", rest, "dev-viewer");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ trial: { rows: 2, mutants: 9, survivors: [] } });
    expect(swarm.policies.stored).toEqual([]);
  });

  it.each(["0", "7", "latest", "-1", "1.5"])("%s is not there", async (version) => {
    const response = await swarm.ask(`/api/v1/policies/${version}`, { token: "dev-viewer" });
    expect(response.status).toBe(404);
  });

  it("is listed page by page, newest first", async () => {
    for (let index = 0; index < 3; index += 1) await proposedBy();
    const page = async (cursor: string) =>
      (await swarm.ask(`/api/v1/policies?limit=2${cursor}`, { token: "dev-viewer" })).json<{
        items: Version[];
        next: string | null;
      }>();
    const first = await page("");
    expect(first.items.map(({ version }) => version)).toEqual([3, 2]);
    const second = await page(`&cursor=${first.next}`);
    expect(second).toMatchObject({ items: [{ version: 1 }], next: null });
  });
});
