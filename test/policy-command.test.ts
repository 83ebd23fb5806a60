import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error plain JavaScript
import { main } from "../scripts/policy.mjs";

const NO_SCRIPTS = `@id("team-no-scripts")
forbid (principal, action in Driftless::Action::"Mutate", resource is Driftless::Script);`;
const row = { principal: "Agent::reverter", action: "drift.revert" };
const ROWS = [
  {
    ...row,
    id: "s1",
    name: "a Worker",
    want: "deny",
    why: ["team-no-scripts"],
    resource: "Script::checkout",
  },
  {
    ...row,
    id: "s2",
    name: "a record",
    want: "allow",
    why: ["p-revert"],
    resource: "DnsRecord::www",
  },
];

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "driftless-policy-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function put(policies: string, rows: readonly object[]): void {
  writeFileSync(path.join(folder, "team.cedar"), policies);
  writeFileSync(path.join(folder, "team.json"), JSON.stringify({ rows }));
}

async function run(...args: string[]) {
  const told: string[] = [];
  const keep = (text: string) => void told.push(text);
  const command = main as (argv: string[], io: object) => Promise<number>;
  const code = await command(args, { say: keep, write: keep });
  return { code, text: told.join("\n") };
}

describe("the command `policy`", () => {
  it("runs the tables that are shipped", async () => {
    const { code, text } = await run("test");
    expect(code).toBe(0);
    expect(text).toContain("baseline.json: 212 of 212 rows hold");
  });

  it("runs those of a folder beside what is shipped", async () => {
    put(NO_SCRIPTS, ROWS);
    const { code, text } = await run("test", folder, "--verbose");
    expect(code).toBe(0);
    expect(text).toContain("team.json s1 ok    deny (team-no-scripts) - a Worker");
    expect(text).toContain("2 of 2 rows hold");
  });

  it("names the row that does not hold", async () => {
    put(NO_SCRIPTS, [ROWS[0] ?? {}, { ...ROWS[1], want: "deny", why: "default" }]);
    const { code, text } = await run("test", folder);
    expect(code).toBe(1);
    expect(text).toContain("s2 BROKEN wants deny (default), gets allow (p-revert)");
  });

  it("names the policy that no row decides", async () => {
    put(NO_SCRIPTS, [ROWS[1] ?? {}]);
    const { code, text } = await run("test", folder);
    expect(code).toBe(1);
    expect(text).toContain("no row is decided by `team-no-scripts`");
  });

  it("names the line of a policy that a team may not write", async () => {
    put(`${NO_SCRIPTS}\n\n@id("team-all") permit (principal, action, resource);`, ROWS);
    const { code, text } = await run("lint", folder);
    expect(code).toBe(1);
    expect(text).toContain("line 4: `team-all` must be a `forbid`");
  });

  it("shows the places that a table does not watch", async () => {
    put(NO_SCRIPTS.replace(";", ' when { resource.name == "checkout" };'), ROWS);
    const { code, text } = await run("mutate", folder);
    expect(code).toBe(1);
    expect(text).toContain("SURVIVED team-no-scripts/a-clause-less/1");
  });

  it.each([
    [["--help"], 0, "Usage: npm run policy"],
    [[], 2, "nothing to do"],
    [["judge"], 2, "`judge` is not understood"],
    [["test", "a", "b"], 2, "is not understood"],
  ])("%j ends with %i", async (args, code, text) => {
    const ended = await run(...args);
    expect(ended.code).toBe(code);
    expect(ended.text).toContain(text);
  });

  it("says that a folder is not there", async () => {
    await expect(run("test", path.join(folder, "nowhere"))).rejects.toThrow("there is no folder");
  });
});
