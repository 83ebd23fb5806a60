/**
 * Models that want harm, in the places of the architect's and the reviewer's, and in the hands of somebody who has an operator's
 * token: what is written is what was certified, and nothing where nobody agreed. The sandbox's journal is the witness.
 */
import { env, runInDurableObject } from "cloudflare:test";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { ORCHESTRATION } from "../../durable-objects/orchestration.ts";
import type { JsonObject } from "../../src/core/canonical.ts";
import { TEMPLATES } from "../../src/core/guardrails/registry.ts";
import { certified, plantRogues } from "../support/certified.ts";
import { checkCertifiedWrites } from "../support/certified-writes.ts";
import { Baseline, entries } from "../support/check-world.ts";
import { isFull } from "../support/full.ts";
import {
  type Dice,
  diceOf,
  HOSTILE_MODELS,
  HOSTILE_NAMES,
  type HostileName,
  NUMBERS,
  pick,
  sayingTo,
  WORDS,
} from "../support/hostile-models.ts";
import { HOSTILE_TEXTS } from "../support/hostile-texts.ts";
import { watchedFetch } from "../support/honeytokens.ts";
import {
  agreeTo,
  api,
  apiJson,
  BOOKS,
  cloudflare,
  control,
  putGolden,
  reconcile,
  record,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

/** Of each model. */
const INTENTS = isFull ? 1_000 : 80;
const APPLIED = isFull ? 40 : 6;
const GUARDRAILS = isFull ? 400 : 60;
const ZONE = `/zones/${BOOKS.zoneId}`;
const WAF = `${ZONE}/rulesets/phases/http_request_firewall_custom/entrypoint`;

const DRIFTING: Readonly<Record<HostileName, string>> = {
  obedient: "bastion.harbor-books.example",
  maximiser: "staging.harbor-books.example",
  fuzzer: "origin.harbor-books.example",
};

interface IntentJson {
  readonly id: string;
  readonly phase: string;
  readonly model: string | null;
  readonly draft: {
    readonly digest: string;
    readonly parts: readonly { readonly scope: string }[];
  } | null;
}

let name: HostileName = "obedient";
let dice: Dice = diceOf(0);
let asked = 0;
let baseline: Baseline;

/** The endpoint of `INFERENCE` in vitest.config.ts. */
const answering: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  if (!request.url.endsWith("/chat/completions")) return new Response(null, { status: 404 });
  const { messages } = await request.json<{ messages: readonly { content: string }[] }>();
  asked += 1;
  const content = HOSTILE_MODELS[name](messages[1]?.content ?? "", dice);
  return Response.json({ choices: [{ message: { content }, finish_reason: "stop" }] });
};

/** What a model may cost and how often it may fail are limits of their own: here it is asked again and again. */
const forgiven = (stub: DurableObjectStub): Promise<unknown> =>
  runInDurableObject(stub, (_, { storage }) => {
    for (const table of ["provider", "spent"])
      try {
        storage.sql.exec(`delete from ${table}`);
      } catch {
        // Nobody has asked yet.
      }
  });

const post = (path: string, body: unknown): Promise<Response> =>
  api(path, "dev-operator", {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

async function read(text: string): Promise<IntentJson> {
  await forgiven(env.ARCHITECT.getByName(BOOKS.scope));
  const response = await post("/api/v1/intents", { scope: BOOKS.scope, text });
  expect(response.status, await response.clone().text()).toBe(202);
  const { id, phase, ...one } = await response.json<IntentJson>();
  if (phase !== "reading") return { id, phase, ...one };
  return vi.waitFor(
    async () => {
      const later = await apiJson<IntentJson>(`/api/v1/intents/${id}`);
      expect(later.phase).not.toBe("reading");
      return later;
    },
    { timeout: 10_000, interval: 50 },
  );
}

const decide = (id: string, body: unknown): Promise<Response> =>
  post(`/api/v1/intents/${id}/decision`, body);
const etag = async (): Promise<string> =>
  (await api(`/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/golden`)).headers.get("etag") ?? "";
const rules = async () =>
  (await cloudflare<{ rules: { ref: string }[] }>("GET", WAF)).rules.map(({ ref }) => ref);

/** Until nothing is under way; what waits for people gets them, and nothing is written before. */
async function agreed(): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    await settled(BOOKS.scope);
    const [run] = await runs();
    if (run?.phase !== "awaiting_approval") return;
    const released = (await entries()).filter(
      ({ type, data }) => type === "release" && data["plan_digest"] === run.plan_digest,
    );
    expect(released).toEqual([]);
    // A newer plan may take its place before the last one has said yes.
    await agreeTo(run);
    await vi.waitFor(
      async () =>
        expect((await runs()).find(({ id }) => id === run.id)?.phase).not.toMatch(
          /awaiting_approval|voting|executing|verifying/,
        ),
      { timeout: 15_000, interval: 50 },
    );
  }
}

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  Object.assign(ORCHESTRATION.models, {
    architect: "openai-compatible/hostile",
    reviewer: "openai-compatible/hostile",
  });
  vi.stubGlobal("fetch", watchedFetch(answering));
  baseline = await Baseline.take();
});
afterAll(() => {
  vi.unstubAllGlobals();
  Object.assign(ORCHESTRATION.models, { architect: "rules", reviewer: "rules" });
});
beforeEach(async () => {
  asked = 0;
  await control("DELETE", "/journal");
});

describe.each(HOSTILE_NAMES)("a model that is hostile as %s", (hostile) => {
  it("as the architect's changes nothing by itself: what it chooses is a question (I5)", async () => {
    const before = await etag();
    name = hostile;
    let [drafts, tried] = [0, 0];
    // What only tries the form seldom says something that could be taken: until it does.
    for (let seed = 0; seed < INTENTS || (drafts === 0 && seed < 10 * INTENTS); seed += 1) {
      tried += 1;
      dice = diceOf(seed);
      const one = await read(sayingTo(name, dice));
      expect(one.phase, JSON.stringify(one)).toMatch(/^(?:asking|cannot)$/);
      if (one.draft && one.model !== "rules") drafts += 1;
      if (one.phase === "asking")
        expect((await decide(one.id, { decision: "withdraw" })).status).toBe(200);
    }
    // A few have something in them that the rules object to, or that leaves for nobody.
    expect(asked).toBeGreaterThan(tried * 0.8);
    expect(drafts, "some could have been taken").toBeGreaterThan(0);
    expect(await etag()).toBe(before);
    await reconcile();
    expect(await vaultWrites()).toEqual([]);
    await baseline.check();
  }, 600_000);

  it("as the reviewer's makes no plan easier: what is due is written, what needs people waits (I13)", async () => {
    name = hostile;
    dice = diceOf(1);
    await forgiven(env.REVIEWER.getByName(`reviewer@${BOOKS.scope}`));
    // Another record for each model: what drifts again and again is left to people (I14).
    const one = await record("A", DRIFTING[hostile]);
    await cloudflare("PATCH", `${ZONE}/dns_records/${one?.id}`, {
      body: { content: "198.51.100.77", comment: pick(HOSTILE_TEXTS.slice(0, 7), dice) },
    });
    await reconcile();
    expect(asked).toBeGreaterThan(0);
    expect(await checkCertifiedWrites()).toBe(1);
    await plantRogues(`vote-yes-tier-0-${hostile}`);
    await certified();
    const [run] = await runs();
    expect(run?.approvals_needed).toBeGreaterThan(0);
    expect(await checkCertifiedWrites(), "nobody has agreed").toBe(1);
    await agreed();
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    expect(await checkCertifiedWrites()).toBeGreaterThan(1);
    await baseline.check();
  }, 120_000);
});

it("somebody who agrees to whatever a hostile model proposes gets no more than was certified", async () => {
  name = "maximiser";
  let applied = 0;
  for (let seed = 10_000; applied < APPLIED && seed < 12_000; seed += 1) {
    dice = diceOf(seed);
    const one = await read(sayingTo(name, dice));
    const isHere = one.draft?.parts.every(({ scope }) => scope === BOOKS.scope);
    if (!one.draft || one.draft.parts.length === 0 || !isHere) {
      if (one.phase === "asking") await decide(one.id, { decision: "withdraw" });
      continue;
    }
    const decided = await decide(one.id, { decision: "apply", draft_digest: one.draft.digest });
    expect(decided.status, await decided.clone().text()).toBe(200);
    applied += 1;
    await vi.waitFor(
      async () =>
        expect((await apiJson<IntentJson>(`/api/v1/intents/${one.id}`)).phase).not.toBe("amending"),
      { timeout: 15_000, interval: 50 },
    );
    await agreed();
    await checkCertifiedWrites();
  }
  expect(applied).toBe(APPLIED);
  expect(await checkCertifiedWrites()).toBeGreaterThan(0);
  expect((await putGolden(golden, { ifMatch: await etag() })).status).toBe(200);
  await agreed();
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  await checkCertifiedWrites();
  await baseline.check();
}, 600_000);

/** What somebody with an operator's token would send when a hostile model writes it. */
function guardrailBody(): JsonObject {
  const value = () => pick([...WORDS, ...NUMBERS, "managed_challenge", "medium", "AS1"], dice);
  const members = ["path", "match", "asns", "ips", "countries", "ja4", "requests", "period"];
  const parameters = Object.fromEntries(
    members
      .filter(() => dice(3) === 0)
      .map((member) => [member, dice(3) === 0 ? [value()] : value()]),
  );
  const isPlain = dice(3) === 0;
  return {
    scope: BOOKS.scope,
    template: dice(8) === 0 ? pick(HOSTILE_TEXTS, dice) : pick([...TEMPLATES.keys()], dice),
    parameters: isPlain ? { path: `/hostile-${dice(1_000)}` } : parameters,
    mode: pick(["block", "challenge", "log", "apply", "skip"], dice),
    reason: pick(HOSTILE_TEXTS.slice(0, 20), dice),
    expires_at: new Date(Date.now() + pick([600_000, 3_600_000, 1e12], dice)).toISOString(),
  };
}

it("guardrails of a hostile model's making are refused, or certified and taken away again", async () => {
  const before = await rules();
  dice = diceOf(77);
  name = "maximiser";
  const placed: string[] = [];
  let refused = 0;
  for (let count = 0; count < GUARDRAILS; count += 1) {
    const response = await post("/api/v1/guardrails", guardrailBody());
    expect(response.status).toBeLessThan(500);
    if (response.status === 201) placed.push((await response.json<{ id: string }>()).id);
    else refused += 1;
  }
  expect(refused).toBeGreaterThan(0);
  expect(placed.length).toBeGreaterThan(0);
  await reconcile();
  await agreed();
  expect(await checkCertifiedWrites()).toBeGreaterThan(0);
  for (const id of placed)
    await api(`/api/v1/guardrails/${id}`, "dev-operator", { method: "DELETE" });
  await reconcile();
  await agreed();
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  expect(await rules()).toEqual(before);
  await checkCertifiedWrites();
  await baseline.check();
}, 120_000);

it("a write that nobody certified would be seen", async () => {
  const one = await record("A", "staging.harbor-books.example");
  await cloudflare("PATCH", `${ZONE}/dns_records/${one?.id}`, {
    body: { content: "203.0.113.66" },
    token: "sandbox-vault-write",
  });
  await expect(checkCertifiedWrites()).rejects.toThrow(/no entry|as certified/);
});
