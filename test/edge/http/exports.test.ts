import { describe, expect, it, vi } from "vitest";
import { ROUTES } from "../../../src/edge/http/routes/registry.ts";
import { FakeSwarm, SCOPE } from "./fake-swarm.ts";

const PARAMS: Readonly<Record<string, string>> = { scope: SCOPE, version: "1" };
const EXPORTS = ROUTES.filter((route) => route.exports !== undefined);
const pathOf = (path: string): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(PARAMS[name] ?? ""));

describe("whoever takes something away", () => {
  it("are those of an import, HCL, policies and lessons", () => {
    expect(new Set(EXPORTS.map((route) => route.exports))).toEqual(
      new Set(["hcl", "import", "lessons", "policies"]),
    );
  });

  it.each(EXPORTS.map((route) => [route.id, route] as const))(
    "%s is recorded before the answer is made, by name",
    async (id, route) => {
      const swarm = new FakeSwarm();
      await swarm.ask(pathOf(route.path), { method: route.method, token: "dev-operator" });
      expect(swarm.entries[0]).toMatchObject({
        type: "export",
        actor: "dev-operator",
        data: { what: route.exports, operation: id },
      });
    },
  );

  it.each(EXPORTS.map((route) => [route.id, route] as const))(
    "%s: gets nothing while it cannot be recorded (I10)",
    async (_, route) => {
      const swarm = new FakeSwarm();
      vi.spyOn(swarm.log, "append").mockRejectedValue(new Error("no record"));
      const response = await swarm.ask(pathOf(route.path), {
        method: route.method,
        token: "dev-operator",
      });
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain("no record");
    },
  );
});
