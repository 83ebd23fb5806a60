/** The system from outside: the sandbox's account as other people use it, its witness, and the swarm's HTTP API. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Driftless } from "./driftless.ts";

export const ZONE = "3c2e8f1a9b7d4e60a5c4f3b2d1e0a987";
export const SCOPE = "zone:harbor-books.example";
export const RECORDS = `/zones/${ZONE}/dns_records`;
const SETTINGS = ["ssl", "min_tls_version", "tls_1_3", "always_use_https", "security_header"];
const CALL_MS_MAX = 20_000;

export interface DnsRecord {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly content: string;
  readonly modified_on: string;
}

export interface Call {
  readonly seq: number;
  readonly time: string;
  readonly token_name: string | null;
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
  readonly outcome: string;
  readonly applied: boolean;
  readonly ops: number;
}

export interface Entry {
  readonly index: number;
  readonly id: string;
  readonly type: string;
  readonly scope: string;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface RunRow {
  readonly id: string;
  readonly epoch: number;
  readonly phase: string;
  readonly plan_digest: string;
  readonly because: { readonly reason: string } | null;
}

export interface FaultRule {
  readonly id: string;
  readonly match: {
    readonly method?: string;
    readonly path?: string;
    readonly token?: string;
  };
  readonly after?: number;
  readonly times?: number;
  readonly effect: Readonly<Record<string, unknown>>;
}

export interface Zone {
  readonly records: readonly DnsRecord[];
  readonly settings: Readonly<Record<string, unknown>>;
}

export class Account {
  readonly #at: Driftless;

  constructor(at: Driftless) {
    this.#at = at;
  }

  /** As a person in the dashboard. */
  async cloudflare<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { result } = await this.#sandbox<{ result: T }>(method, `/client/v4${path}`, body);
    return result;
  }

  async zone(): Promise<Zone> {
    const [records, ...values] = await Promise.all([
      this.cloudflare<DnsRecord[]>("GET", `${RECORDS}?per_page=50000`),
      ...SETTINGS.map((id) =>
        this.cloudflare<{ id: string; value: unknown }>("GET", `/zones/${ZONE}/settings/${id}`),
      ),
    ]);
    return { records, settings: Object.fromEntries(values.map(({ id, value }) => [id, value])) };
  }

  async record(type: string, name: string): Promise<DnsRecord> {
    const query = `type=${type}&name.exact=${encodeURIComponent(name)}`;
    const [found] = await this.cloudflare<DnsRecord[]>("GET", `${RECORDS}?${query}`);
    if (!found) throw new Error(`there is no ${type} ${name}`);
    return found;
  }

  async setFaults(rules: readonly FaultRule[]): Promise<void> {
    await this.#sandbox("PUT", "/sandbox/faults", { rules });
  }

  /** Resolves as soon as a call is caught in the rule. */
  async caught(rule: string): Promise<void> {
    const isCaught = async (): Promise<boolean> => {
      const { rules } = await this.#sandbox<{ rules: { id: string; fired: number }[] }>(
        "GET",
        "/sandbox/faults",
      );
      return rules.some(({ id, fired }) => id === rule && fired > 0);
    };
    await until(`a call is caught in \`${rule}\``, 15_000, isCaught);
  }

  async setOptions(options: unknown): Promise<void> {
    await this.#sandbox("PUT", "/sandbox/options", options);
  }

  /** What the vault sent that could change something, successful or not, after entry `after`. */
  async vaultWrites(after: number): Promise<readonly Call[]> {
    const query = `writes=true&limit=5000&after=${after}&token=driftless-vault-write`;
    return (await this.#sandbox<{ entries: Call[] }>("GET", `/sandbox/journal?${query}`)).entries;
  }

  async journalEnd(): Promise<number> {
    return (await this.#sandbox<{ last: number }>("GET", "/sandbox/journal?limit=1")).last;
  }

  /** Nobody has used the API for a moment: whatever the last start has set off is over. */
  async quiet(): Promise<number> {
    let last = -1;
    await until("nobody uses the API", 15_000, async () => {
      const before = last;
      last = await this.journalEnd();
      await sleep(200);
      return last === before;
    });
    return last;
  }

  #sandbox<T>(method: string, path: string, body?: unknown): Promise<T> {
    return call(`${this.#at.facts.sandboxUrl}${path}`, "sandbox-dashboard", { method, body });
  }
}

export class Swarm {
  readonly #at: Driftless;

  constructor(at: Driftless) {
    this.#at = at;
  }

  async reconcile(): Promise<void> {
    await this.#api("POST", `/scopes/${SCOPE}/reconcile`, { token: "dev-operator" });
  }

  drift(scope = SCOPE): Promise<{
    status: string;
    why: string;
    not_ours: readonly { identity: string }[];
  }> {
    return this.#api("GET", `/scopes/${encodeURIComponent(scope)}/drift`);
  }

  /** Newest first. Asks the shared record only and wakes nobody. */
  async runs(limit = 200): Promise<readonly RunRow[]> {
    const path = `/runs?limit=${limit}&scope=${encodeURIComponent(SCOPE)}`;
    return (await this.#api<{ items: RunRow[] }>("GET", path)).items;
  }

  /** The quick answer, from the blackboard. */
  async posture(): Promise<string | undefined> {
    const { items } = await this.#api<{ items: { scope: string; status: string }[] }>(
      "GET",
      "/scopes",
    );
    return items.find(({ scope }) => scope === SCOPE)?.status;
  }

  async newestIncident(): Promise<{ status: string; closed_at: string | null } | undefined> {
    const path = `/incidents?limit=1&scope=${encodeURIComponent(SCOPE)}`;
    const { items } = await this.#api<{ items: { status: string; closed_at: string | null }[] }>(
      "GET",
      path,
    );
    return items[0];
  }

  /** A guardrail with a lease of so many ms. */
  async guard(leaseMs: number): Promise<{ readonly id: string; readonly endsAtMs: number }> {
    const endsAtMs = Date.now() + leaseMs;
    const { id } = await this.#api<{ id: string }>("POST", "/guardrails", {
      token: "dev-operator",
      body: {
        scope: SCOPE,
        template: "block_source",
        parameters: { path: "/probe" },
        mode: "block",
        reason: "somebody looks for holes",
        expires_at: new Date(endsAtMs).toISOString(),
      },
    });
    return { id, endsAtMs };
  }

  async renew(id: string, endsAtMs: number): Promise<void> {
    const body = { expires_at: new Date(endsAtMs).toISOString() };
    await this.#api("POST", `/guardrails/${id}/renewal`, { token: "dev-operator", body });
  }

  async approve({ id, plan_digest: digest }: RunRow): Promise<void> {
    const body = { digest, verdict: "approve" };
    await this.#api("POST", `/runs/${id}/approvals`, { token: "dev-approver-1", body });
  }

  async record(): Promise<readonly Entry[]> {
    const all: Entry[] = [];
    for (;;) {
      const page = await this.#api<{ items: Entry[] }>("GET", `/events?after=${all.length - 1}`);
      if (page.items.length === 0) return all;
      all.push(...page.items);
    }
  }

  #api<T>(
    method: string,
    path: string,
    { token = "dev-viewer", body }: { token?: string; body?: unknown } = {},
  ): Promise<T> {
    return call(`${this.#at.facts.url}/api/v1${path}`, token, { method, body });
  }
}

async function call<T>(
  url: string,
  token: string,
  { method, body }: { method: string; body?: unknown },
): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(CALL_MS_MAX),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}

/** Looks until it is so; throws with what was awaited. */
export async function until(
  what: string,
  limitMs: number,
  test: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await test())) {
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(10);
  }
}
