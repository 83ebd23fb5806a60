declare const brand: unique symbol;

/** A string that has been through the check named by its brand. A brand proves form, never authenticity. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `sha256:` and 64 hex digits, over canonical bytes. */
export type Digest = Branded<"Digest">;
/** What is managed as one: `zone:<name>`, `account:<id>` or `aws:<account id>`. */
export type ScopeId = Branded<"ScopeId">;
/** `run_` and the first 32 hex digits of the plan digest: one plan has one run (I2). */
export type RunId = Branded<"RunId">;
/** `inc_` and 32 hex digits. */
export type IncidentId = Branded<"IncidentId">;
/** `hold_` and 32 hex digits. */
export type HoldId = Branded<"HoldId">;
/** `grd_` and 32 hex digits. */
export type GuardrailId = Branded<"GuardrailId">;
/** The id that Cloudflare gave to an object. Opaque. */
export type ObjectId = Branded<"ObjectId">;
/** Who votes: `<check>@<scope>`. */
export type VoterId = Branded<"VoterId">;
/** RFC 3339 in UTC with milliseconds, as `Date.toISOString` writes it. */
export type Instant = Branded<"Instant">;

const LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const SCOPE = new RegExp(
  `^(?:zone:(?=.{1,253}$)${LABEL}(?:\\.${LABEL})+|account:[0-9a-f]{32}|aws:\\d{12})$`,
);

export const isDigest = (text: string): text is Digest => /^sha256:[0-9a-f]{64}$/.test(text);
export const isScopeId = (text: string): text is ScopeId => SCOPE.test(text);
export const isRunId = (text: string): text is RunId => /^run_[0-9a-f]{32}$/.test(text);
export const isHoldId = (text: string): text is HoldId => /^hold_[0-9a-f]{32}$/.test(text);
export const isGuardrailId = (text: string): text is GuardrailId => /^grd_[0-9a-f]{32}$/.test(text);
export const isIncidentId = (text: string): text is IncidentId => /^inc_[0-9a-f]{32}$/.test(text);
/**
 * Never empty: an answer with an empty id must stop the reader, not name an object (I8). Never `.` or `..`: an id
 * becomes a path segment, and there these two would lead to the collection or to the zone itself.
 */
export const isObjectId = (text: string): text is ObjectId =>
  /^(?!\.{1,2}$)[\w.-]{1,256}$/.test(text);
export const isVoterId = (text: string): text is VoterId => /^[a-z]+@\S{1,260}$/.test(text);
export const isInstant = (text: string): text is Instant =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text);

/** Gives `text` its brand; throws when it has not the form, for values that this program made itself. */
export function mint<T extends string>(is: (text: string) => text is T & string, text: string): T {
  if (!is(text)) throw new Error(`malformed id \`${text}\``);
  return text;
}

export const runIdOf = (plan: Digest): RunId => mint(isRunId, `run_${plan.slice(7, 39)}`);
export const incidentIdOf = (subject: Digest): IncidentId =>
  mint(isIncidentId, `inc_${subject.slice(7, 39)}`);

export const holdIdOf = (subject: Digest): HoldId => mint(isHoldId, `hold_${subject.slice(7, 39)}`);

export const guardrailIdOf = (subject: Digest): GuardrailId =>
  mint(isGuardrailId, `grd_${subject.slice(7, 39)}`);

/** An RFC 3339 instant in UTC, brought to millisecond form so that instants compare as text. */
export function instantOf(text: string): Instant {
  const [, seconds = "", fraction = ""] = /^(.{19})(?:\.(\d+))?Z$/.exec(text) ?? [];
  return mint(isInstant, `${seconds}.${fraction.slice(0, 3).padEnd(3, "0")}Z`);
}
