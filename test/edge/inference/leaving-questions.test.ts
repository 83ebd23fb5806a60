/** The whole way of both questions that the product asks: from a state, or somebody's words, to the bytes that leave. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diff } from "../../../src/core/diff.ts";
import type { Dossier } from "../../../src/core/dossier.ts";
import { intentTask } from "../../../src/core/inference/intent-task.ts";
import type { Setting } from "../../../src/core/intents/interpretation.ts";
import { observe } from "../../../src/core/observation.ts";
import { plan } from "../../../src/core/plan.ts";
import { lineageOf } from "../../../src/core/reconcile.ts";
import { scopeOf } from "../../../src/core/resource.ts";
import { briefOf } from "../../../src/core/review.ts";
import { reviewTask } from "../../../src/core/review-task.ts";
import { ACCOUNT_PLACE, type Place, ZONE_PLACE } from "../../core/free-text.ts";
import { must, NOW } from "../../core/harbor.ts";
import { readingsOf } from "../../core/kinds/whole-kind.ts";
import { answering } from "./hostile-model.ts";
import { model, Remembering, routerFor } from "./rig.ts";

const alnum = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789".split("");
const random = (length: number) =>
  fc.string({ unit: fc.constantFrom(...alnum), minLength: length, maxLength: length });
/** Whatever a value may be: of known forms, and of none, such as a word that verifies a site. */
const dear = fc.oneof(
  random(40).map((text) => `cfut_${text}`),
  random(36).map((text) => `ghp_${text}`),
  random(24).map((text) => `site-verification=${text}`),
  random(16),
  fc.tuple(random(8), random(6)).map(([a, b]) => `${a}@${b}.example`.toLowerCase()),
  fc.ipV4(),
);

function dossierOf({ site, golden, before, live }: Place, text: string): Dossier {
  const { resources } = must(observe(readingsOf(live(text)), site, NOW));
  const lineage = lineageOf(must(observe(readingsOf(before), site, NOW)));
  const { changes } = diff({ golden, observed: resources, lineage, site, now: NOW });
  const proposal = {
    type: "revert",
    goldenGeneration: 3,
    goldenDigest: golden.digest,
    requestedBy: "olga",
  } as const;
  const of = { scope: scopeOf(site), site, epoch: 7, parent: null, proposal, changes };
  return { plan: plan(of).plan, findings: [], risk: { tier: 1 } } as unknown as Dossier;
}

const OPINION = { objection: false, tier: 0, concerns: [] };
const CHOICE = { outcome: "cannot", paths: [] };
const SETTING: Setting = { level: "zone", zone: "harbor.example", now: NOW, uses: [] };

describe("the reviewer's question", () => {
  it("has nothing of what is in a state but names, over 1,000 generated states (I6)", async () => {
    const { server, provider } = await model(answering(OPINION), "external");
    const account = await model(answering(OPINION), "account", { name: "two" });
    let told = 0;
    const bodies = () => [...server.seen, ...account.server.seen];
    await fc.assert(
      fc.asyncProperty(dear, fc.constantFrom(ZONE_PLACE, ACCOUNT_PLACE), async (value, place) => {
        server.seen.length = 0;
        account.server.seen.length = 0;
        const dossier = dossierOf(place, value);
        expect(JSON.stringify(dossier.plan.steps)).toContain(value);
        const task = reviewTask(briefOf(dossier), 1_500);
        for (const one of [provider, account.provider])
          await routerFor([one], new Remembering(), "reviewer").router.ask(task);
        told += account.server.seen.length;
        expect(bodies().join("\n")).not.toContain(value);
      }),
      { numRuns: 1_000 },
    );
    // A question that nobody is sent proves nothing.
    expect(told).toBeGreaterThan(300);
  }, 120_000);
});

describe("the architect's question", () => {
  it("has nothing dear of what somebody wrote, over 1,000 generated texts (I6)", async () => {
    const { server, provider } = await model(answering(CHOICE), "external");
    const account = await model(answering(CHOICE), "account", { name: "two" });
    let told = 0;
    const known = dear.filter((value) => !/^[A-Za-z0-9]{16}$|^site-/.test(value));
    await fc.assert(
      fc.asyncProperty(known, fc.boolean(), async (value, alone) => {
        account.server.seen.length = 0;
        const text = alone ? `block ${value}` : `${value}: secure the API, mail ${value} when done`;
        for (const one of [provider, account.provider])
          await routerFor([one]).router.ask(intentTask(text, SETTING));
        told += account.server.seen.length;
        expect(account.server.seen.join("\n")).not.toContain(value);
      }),
      { numRuns: 1_000 },
    );
    // Strangers were told none of it; the account's own model what is left without it.
    expect(server.seen).toEqual([]);
    expect(told).toBeGreaterThan(100);
  }, 120_000);
});
