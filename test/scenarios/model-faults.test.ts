/**
 * Models that fail, in the places of the architect's and the reviewer's: in every way that an endpoint can fail, an intent is left
 * with what the rules found, a plan with an abstention, and nothing hangs. Each call and why it failed is in the record.
 */
import { env, runInDurableObject } from "cloudflare:test";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import { ORCHESTRATION } from "../../durable-objects/orchestration.ts";
import { entries } from "../support/check-world.ts";
import { watchedFetch } from "../support/honeytokens.ts";
import {
  api,
  apiJson,
  BOOKS,
  cloudflare,
  control,
  putGolden,
  reconcile,
  record,
  type RunJson,
  runs,
  settled,
  tick,
  vaultWrites,
} from "../support/world.ts";

const saying = (content: unknown, more: object = {}): Response =>
  Response.json({ choices: [{ message: { content, ...more }, finish_reason: "stop" }] });
const bytes = (next: (controller: ReadableStreamDefaultController<Uint8Array>) => unknown) =>
  new Response(new ReadableStream({ pull: (controller) => void next(controller) }));
/** As `fetch` does it when its signal is aborted. */
const never = ({ signal }: Request): Promise<Response> =>
  new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(new DOMException("late", "AbortError"))),
  );
const LIE = {
  outcome: "paths",
  paths: [{ path: "scale-with-waf", parameters: { target_rps: 9_000_000 } }],
};

interface Fault {
  readonly what: string;
  readonly answer: (request: Request) => Response | Promise<Response>;
  /** What the record says of the last call. */
  readonly why: string | null;
  /** What the reviewer's ballot says. */
  readonly ballot: string;
}

const FAULTS: readonly Fault[] = [
  {
    what: "cannot be reached",
    answer: () => Promise.reject(new TypeError("connection refused")),
    why: "unreachable",
    ballot: "model_failed",
  },
  {
    what: "says something else than JSON",
    answer: () => saying("certainly! here is the plan"),
    why: "form",
    ballot: "model_failed",
  },
  {
    what: "answers with a page",
    answer: () => new Response("<html>502</html>"),
    why: "malformed",
    ballot: "model_failed",
  },
  {
    what: "answers without end",
    answer: () => bytes((to) => to.enqueue(new TextEncoder().encode("x".repeat(65_536)))),
    why: "endless",
    ballot: "model_failed",
  },
  {
    what: "refuses",
    answer: () => saying(null, { refusal: "I cannot help with that" }),
    why: "refused",
    ballot: "model_failed",
  },
  {
    what: "makes a value up, or an opinion that there is none of",
    answer: () => saying(JSON.stringify({ ...LIE })),
    why: null,
    ballot: "model_failed",
  },
  {
    what: "has too much to do",
    answer: () => new Response("later", { status: 429, headers: { "retry-after": "1" } }),
    why: "status",
    ballot: "model_failed",
  },
  {
    what: "is broken",
    answer: () => new Response("no", { status: 503 }),
    why: "status",
    ballot: "model_failed",
  },
  {
    what: "hangs up in the middle",
    answer: () => {
      let sent = 0;
      return bytes((to) => {
        if (sent++ === 0) to.enqueue(new TextEncoder().encode('{"choices":[{"mess'));
        else to.error(new Error("connection reset"));
      });
    },
    why: "unreachable",
    ballot: "model_failed",
  },
  {
    what: "sends us elsewhere",
    answer: () => Response.redirect("http://127.0.0.1:9/x", 302),
    why: "status",
    ballot: "model_failed",
  },
  { what: "never answers", answer: never, why: "slow", ballot: "model_slow" },
];

/** Records of the zone, one for each fault: what drifts again and again is left to people (I14). */
const DRIFTING: readonly (readonly [type: string, name: string])[] = [
  ["A", "bastion."],
  ["A", "staging."],
  ["A", "checkout."],
  ["A", "*."],
  ["A", ""],
  ["CNAME", "www."],
  ["CNAME", "cdn."],
  ["CNAME", "status."],
  ["CNAME", "help."],
  ["CNAME", "shop."],
  ["CNAME", "images."],
];

interface IntentJson {
  readonly id: string;
  readonly phase: string;
  readonly model: string | null;
}

let fault: Fault | null = null;
let asked = 0;
const failing: typeof fetch = (input, init) => {
  const request = new Request(input, init);
  if (!request.url.endsWith("/chat/completions") || fault === null)
    return Promise.resolve(new Response(null, { status: 404 }));
  asked += 1;
  return Promise.resolve(fault.answer(request));
};

/** How often one may fail is a limit of its own: here each case begins anew. */
const forgiven = (stub: DurableObjectStub): Promise<unknown> =>
  runInDurableObject(stub, (_, { storage }) => {
    try {
      storage.sql.exec("delete from provider");
    } catch {
      // Nobody has been asked yet.
    }
  });

const lastCall = async (about: string) =>
  (await entries())
    .filter(({ type, data }) => type === "inference" && data["about"] === about)
    .at(-1)?.data;

/** The rules do not know what to make of it, and object to nothing. */
const UNCLEAR = "make the storefront snappier";

async function read(text: string): Promise<IntentJson> {
  await forgiven(env.ARCHITECT.getByName(BOOKS.scope));
  const one = await apiJson<IntentJson>("/api/v1/intents", "dev-operator", {
    method: "POST",
    body: JSON.stringify({ scope: BOOKS.scope, text }),
    headers: { "content-type": "application/json" },
  });
  return vi.waitFor(
    async () => {
      const later = await apiJson<IntentJson>(`/api/v1/intents/${one.id}`);
      expect(later.phase).not.toBe("reading");
      return later;
    },
    { timeout: 20_000, interval: 100 },
  );
}

const etag = async () =>
  (await api(`/api/v1/scopes/${encodeURIComponent(BOOKS.scope)}/golden`)).headers.get("etag");

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
  Object.assign(ORCHESTRATION.models, {
    architect: "openai-compatible/failing",
    reviewer: "openai-compatible/failing",
  });
  vi.stubGlobal("fetch", watchedFetch(failing));
});
afterAll(() => {
  vi.unstubAllGlobals();
  Object.assign(ORCHESTRATION.models, { architect: "rules", reviewer: "rules" });
});
beforeEach(() => {
  asked = 0;
});

describe.each(FAULTS)("a model that $what", (one) => {
  it("leaves the architect with what the rules found, and says why in the record", async () => {
    fault = one;
    const before = await etag();
    const intent = await read(UNCLEAR);
    expect(intent.phase).toMatch(/^(?:asking|cannot)$/);
    expect(intent.model).toBe("rules");
    expect(asked).toBeGreaterThan(0);
    expect((await lastCall(intent.id))?.["failure"]).toBe(one.why);
    expect(await etag()).toBe(before);
  });

  it("is an abstention of the reviewer: the plan is carried out on the auditors' word", async () => {
    fault = one;
    await forgiven(env.REVIEWER.getByName(`reviewer@${BOOKS.scope}`));
    await control("DELETE", "/journal");
    const [type = "", name = ""] = DRIFTING[FAULTS.indexOf(one)] ?? [];
    const live = await record(type, `${name}harbor-books.example`);
    await cloudflare("PATCH", `/zones/${BOOKS.zoneId}/dns_records/${live?.id}`, {
      body: { ttl: 7_200, proxied: false },
    });
    await reconcile();
    await settled(BOOKS.scope, ({ status }) => status === "in_sync");
    const [last] = await runs();
    const run = await apiJson<RunJson & { ballots: { voter: string; reasons: string[] }[] }>(
      `/api/v1/runs/${last?.id}`,
    );
    expect(run.phase).toBe("verified");
    const ballot = run.ballots.find(({ voter }) => voter.startsWith("reviewer@"));
    expect(ballot).toMatchObject({ vote: "abstain", reasons: [one.ballot] });
    expect(asked).toBeGreaterThan(0);
    expect((await vaultWrites()).length).toBeGreaterThan(0);
  });
});

it("where nobody answers at all, the rules alone decide what is clear to them", async () => {
  fault = FAULTS[0] ?? null;
  const one = await read("Scale prod");
  expect(one).toMatchObject({ phase: "asking", model: "rules" });
  expect(asked, "what a person is asked for by name needs no model").toBe(0);
});

it("a model that is left alone for a while is not asked, and nothing waits for it", async () => {
  fault = FAULTS.find(({ why }) => why === "status") ?? null;
  await forgiven(env.ARCHITECT.getByName(BOOKS.scope));
  const ask = () =>
    apiJson<IntentJson>("/api/v1/intents", "dev-operator", {
      method: "POST",
      body: JSON.stringify({ scope: BOOKS.scope, text: UNCLEAR }),
      headers: { "content-type": "application/json" },
    });
  for (let time = 0; time < 6; time += 1) {
    const { id } = await ask();
    await vi.waitFor(async () =>
      expect((await apiJson<IntentJson>(`/api/v1/intents/${id}`)).phase).not.toBe("reading"),
    );
  }
  expect(asked).toBeLessThanOrEqual(3);
});
