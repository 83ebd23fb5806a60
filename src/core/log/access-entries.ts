/** The record's entries about who came, and under which settings: log-ins, those that failed, readers of the record. */
import { canonicalise, digestOf } from "../canonical.ts";
import type { Digest, Instant } from "../ids.ts";
import type { Entry, Source } from "./entry.ts";

/** How somebody says who they are. A passkey says it of one statement only, which is an entry by itself. */
export type LogInMethod = "bearer" | "access";

export interface LogIn {
  readonly name: string;
  readonly role: string;
  readonly method: LogInMethod;
  /** When Access let them in; null: a token knows no session, so each day of UTC is one. */
  readonly since: Instant | null;
  readonly at: Instant;
}

/** No scope: the API as a whole. */
const API = "api";

const dayOf = (at: Instant): string => at.slice(0, "2026-01-01".length);

/** What makes two log-ins one, and so two entries one. */
const sessionOf = ({ name, method, since, at }: LogIn): string =>
  `${method}/${name}/${since ?? dayOf(at)}`;

export const logInEntry = (logIn: LogIn): Entry => ({
  id: `log_in/${sessionOf(logIn)}`,
  type: "log_in",
  scope: API,
  at: logIn.at,
  actor: logIn.name,
  data: { method: logIn.method, role: logIn.role, since: logIn.since },
});

/** Somebody reads the record: once a session and address of the API, not with every page. */
export const recordReadEntry = (logIn: LogIn, operation: string): Entry => ({
  id: `record_read/${operation}/${sessionOf(logIn)}/${dayOf(logIn.at)}`,
  type: "record_read",
  scope: "record",
  at: logIn.at,
  actor: logIn.name,
  data: { operation, method: logIn.method },
});

/** Attempts with a token or an assertion that is nobody's, of one method from one address. */
export interface Failures {
  readonly method: LogInMethod;
  /** Null: not told, or one of too many to be kept apart. */
  readonly address: string | null;
  readonly attempts: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
}

const IP = /^[0-9A-Fa-f.:]{2,45}$/;

/** What a header says of an address, if it can be one. */
export const addressIn = (text: string | null): string | null =>
  text !== null && IP.test(text) ? text : null;

const sum = (failures: readonly Failures[]): number =>
  failures.reduce((total, { attempts }) => total + attempts, 0);

/**
 * Many attempts in one entry: whoever tries tokens must not be able to fill the record. Nobody is known by name; addresses
 * are people's, and kept beside the log so that they can be erased.
 */
export function logInsFailedEntry(failures: readonly Failures[]): Entry | null {
  const firstAt = failures.map((one) => one.firstAt).toSorted()[0];
  const lastAt = failures
    .map((one) => one.lastAt)
    .toSorted()
    .at(-1);
  if (firstAt === undefined || lastAt === undefined) return null;
  const by = (method: LogInMethod): number => sum(failures.filter((one) => one.method === method));
  const from = failures.filter(({ address }) => address !== null);
  const text = canonicalise(
    from.map(({ method, address, attempts }) => ({ method, address, attempts })),
  );
  return {
    id: `log_in_failed/${firstAt}`,
    type: "log_in_failed",
    scope: API,
    at: lastAt,
    actor: "unknown",
    data: {
      attempts: sum(failures),
      bearer: by("bearer"),
      access: by("access"),
      addresses: new Set(from.map(({ address }) => address)).size,
      first_at: firstAt,
      last_at: lastAt,
    },
    ...(from.length === 0
      ? {}
      : { attached: { addresses: { keep: "personal", mediaType: "application/json", text } } }),
  };
}

export interface ConfigChange {
  readonly worker: Source;
  /** How many there have been, with this one. */
  readonly changes: number;
  /** Names of settings that are new, gone or otherwise. */
  readonly changed: readonly string[];
  readonly before: Readonly<Record<string, Digest>>;
  readonly now: Readonly<Record<string, Digest>>;
}

/** Settings are named, their values by digest only. */
export const configEntry = (
  { worker, changes, changed, before, now }: ConfigChange,
  at: Instant,
): Entry => ({
  id: `config/${worker}/${changes}/${digestOf(now)}`,
  type: "config",
  scope: worker,
  at,
  actor: worker,
  data: {
    changes,
    changed: changed.map((name) => ({
      name,
      before: before[name] ?? null,
      now: now[name] ?? null,
    })),
  },
});
