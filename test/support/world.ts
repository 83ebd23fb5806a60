/** The whole system in one test isolate: swarm, vault and sandbox, with the sandbox's journal as witness. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect, vi } from "vitest";
import type { Json, JsonObject } from "../../src/core/canonical.ts";
import worker from "../../src/index.ts";
import { sawCalls } from "./honeytokens.ts";

export const BOOKS = {
  zoneId: "3c2e8f1a9b7d4e60a5c4f3b2d1e0a987",
  scope: "zone:harbor-books.example",
};

export interface JournalEntry {
  readonly seq: number;
  readonly token_name: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: Json;
  readonly status: number;
  readonly applied: boolean;
  readonly ops: number;
}

export interface DnsRecord {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly content: string;
  readonly ttl: number;
  readonly comment: string | null;
  readonly modified_on: string;
}

const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
});

/** The API, as somebody with `token`. */
export function api(path: string, token = "dev-viewer", init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token) headers.set("authorization", `Bearer ${token}`);
  return exports.default.fetch(new Request(`https://driftless.test${path}`, { ...init, headers }));
}

export async function apiJson<T>(path: string, token?: string, init?: RequestInit): Promise<T> {
  const response = await api(path, token, init);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json<T>();
}

/** The v4 API as another actor: `sandbox-dashboard` is a person, `sandbox-terraform` another automation. */
export async function cloudflare<T>(
  method: string,
  path: string,
  { body, token = "sandbox-dashboard" }: { body?: JsonObject; token?: string } = {},
): Promise<T> {
  const init: RequestInit = { method, ...(body ? json(body) : {}) };
  const request = new Request(`http://sandbox/client/v4${path}`, init);
  request.headers.set("authorization", `Bearer ${token}`);
  const response = await env.CF_API.fetch(request);
  const envelope = await response.json<{ success: boolean; result: T; errors: unknown }>();
  if (!envelope.success) throw new Error(`${method} ${path}: ${JSON.stringify(envelope.errors)}`);
  return envelope.result;
}

/** The sandbox's control plane. */
export async function control<T = unknown>(
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  // Before it is cleared: nothing that went out is left unread.
  if (path === "/reset" || (method === "DELETE" && path === "/journal")) await sawCalls();
  const response = await env.CF_API.fetch(
    new Request(`http://sandbox/sandbox${path}`, {
      method,
      ...(body === undefined ? {} : json(body)),
    }),
  );
  if (!response.ok) throw new Error(`/sandbox${path}: ${response.status} ${await response.text()}`);
  return response.json<T>();
}

export const records = (zoneId = BOOKS.zoneId): Promise<DnsRecord[]> =>
  cloudflare("GET", `/zones/${zoneId}/dns_records?per_page=50000`);

export async function record(
  type: string,
  name: string,
  zoneId = BOOKS.zoneId,
): Promise<DnsRecord | undefined> {
  return (await records(zoneId)).find((each) => each.type === type && each.name === name);
}

/** What the vault wrote since the journal was last cleared. */
export async function vaultWrites(): Promise<JournalEntry[]> {
  const { entries } = await control<{ entries: JournalEntry[] }>(
    "GET",
    "/journal?writes=true&limit=5000",
  );
  return entries.filter(({ token_name }) => token_name === "driftless-vault-write");
}

export async function journal(): Promise<JournalEntry[]> {
  return (await control<{ entries: JournalEntry[] }>("GET", "/journal?limit=5000")).entries;
}

export async function tick(): Promise<void> {
  const ctx = createExecutionContext();
  await worker.scheduled({ scheduledTime: Date.now(), cron: "*/5 * * * *", noRetry() {} }, env);
  await waitOnExecutionContext(ctx);
}

export interface DriftView {
  readonly status: string;
  readonly why: string;
  readonly since: string;
  readonly observed_at: string | null;
  readonly drift: readonly {
    readonly identity: string;
    readonly by: {
      readonly actor: string;
      readonly channel: string;
      readonly token_name: string | null;
    } | null;
  }[];
  readonly quarantined: readonly { readonly identity: string }[];
  readonly not_ours: readonly { readonly identity: string; readonly reason: string }[];
  readonly run: string | null;
  readonly unknown: { readonly reason: string } | null;
}

export interface RunJson {
  readonly id: string;
  readonly phase: string;
  readonly epoch: number;
  readonly tier: number | null;
  readonly approvals_needed: number | null;
  readonly plan_digest: string;
  readonly steps: readonly { readonly op: string; readonly identity: string }[];
  readonly because: { readonly reason: string } | null;
  readonly ballots?: readonly { readonly voter: string; readonly vote: string }[];
}

export const drift = (scope = BOOKS.scope): Promise<DriftView> =>
  apiJson(`/api/v1/scopes/${encodeURIComponent(scope)}/drift`);
export const runs = async (scope = BOOKS.scope): Promise<readonly RunJson[]> =>
  (await apiJson<{ items: RunJson[] }>(`/api/v1/runs?scope=${encodeURIComponent(scope)}`)).items;

/** How long a look may take that finds out no more than the one before: a view tells looks apart only by what they read. */
const LOOK_MS = 700;

/** Wakes the reconciler and waits until it has looked, and until the run that it may have started is over. */
export async function reconcile(scope = BOOKS.scope): Promise<DriftView> {
  const before = await drift(scope);
  const since = Date.now();
  await apiJson(`/api/v1/scopes/${encodeURIComponent(scope)}/reconcile`, "dev-operator", {
    method: "POST",
  });
  return settled(scope, ({ status, observed_at }) => {
    if ((observed_at ?? "") > (before.observed_at ?? "")) return true;
    return status === "unknown" && (before.status !== "unknown" || Date.now() - since > LOOK_MS);
  });
}

/** Waits until `done` holds and nothing is under way. */
export function settled(
  scope: string,
  done: (view: DriftView) => boolean = () => true,
): Promise<DriftView> {
  return vi.waitFor(
    async () => {
      const view = await drift(scope);
      expect(view.status, view.why).not.toBe("drifted");
      expect(done(view), `${view.status}: ${view.why} (${JSON.stringify(view.drift)})`).toBe(true);
      return view;
    },
    { timeout: 15_000, interval: 20 },
  );
}

export async function putGolden(
  text: string,
  { scope = BOOKS.scope, ifMatch }: { scope?: string; ifMatch?: string } = {},
): Promise<Response> {
  return api(`/api/v1/scopes/${encodeURIComponent(scope)}/golden`, "dev-operator", {
    method: "PUT",
    body: text,
    headers: {
      "content-type": "application/yaml",
      ...(ifMatch ? { "if-match": ifMatch } : { "if-none-match": "*" }),
    },
  });
}

/** Everybody whose yes `run` needs says it. False: it waited no more, because the world has moved on. */
export async function agreeTo(run: RunJson): Promise<boolean> {
  const people = ["dev-approver-1", "dev-approver-2"].slice(0, run.approvals_needed ?? 0);
  for (const person of people) {
    const answer = await api(`/api/v1/runs/${run.id}/approvals`, person, {
      method: "POST",
      body: JSON.stringify({ digest: run.plan_digest, verdict: "approve" }),
      headers: { "content-type": "application/json" },
    });
    if (answer.status === 409) return false;
    expect(answer.ok, await answer.clone().text()).toBe(true);
  }
  return true;
}

/** What a plan of `scope` waits for: so many people who say yes. */
export async function approved(scope: string): Promise<void> {
  const waiting = await vi.waitFor(
    async () => {
      const [run] = await runs(scope);
      if (run?.phase !== "awaiting_approval") throw new Error(`it is ${run?.phase}`);
      return run;
    },
    { timeout: 10_000, interval: 50 },
  );
  expect(await agreeTo(waiting)).toBe(true);
}
