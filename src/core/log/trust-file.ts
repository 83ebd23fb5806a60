/** Trust files (c2sp.org/tlog-policy): whose signatures a checkpoint needs. */
import { err, ok, type Result } from "../result.ts";
import { sameBytes } from "./merkle.ts";
import { NOTE_TYPES, type NoteKey, parseVkey, vkeyOf } from "./note.ts";

/** A file is read by people: more than this is a mistake. */
const LINES_MAX = 1_000;

export interface TrustedLog {
  readonly key: NoteKey;
  readonly url: string | null;
}

export interface TrustedWitness extends TrustedLog {
  readonly name: string;
}

interface Group {
  readonly threshold: number;
  readonly members: readonly string[];
}

export interface TrustFile {
  readonly logs: readonly TrustedLog[];
  readonly witnesses: readonly TrustedWitness[];
  readonly groups: ReadonlyMap<string, Group>;
  /** The witness or group that has to have signed; null: none. */
  readonly quorum: string | null;
}

interface Draft {
  readonly logs: TrustedLog[];
  readonly witnesses: TrustedWitness[];
  readonly groups: Map<string, Group>;
  readonly used: Set<string>;
  quorum: string | undefined;
}

type Refusal = string | null;
type Line = (draft: Draft, words: readonly string[]) => Refusal;

const isNamed = (draft: Draft, name: string): boolean =>
  draft.groups.has(name) || draft.witnesses.some((witness) => witness.name === name);

function nameFault(draft: Draft, name: string): Refusal {
  if (name === "" || name === "none") return `\`${name}\` cannot be a name`;
  return isNamed(draft, name) ? `\`${name}\` is named twice` : null;
}

/** The same key is a duplicate under another name or type, too; so is a log that would be its own witness. */
function keyFault(draft: Draft, { id, name, publicKey }: NoteKey): Refusal {
  const known = [...draft.logs, ...draft.witnesses];
  return known.some(({ key }) => sameBytes(key.publicKey, publicKey))
    ? `the key ${id} of ${name} stands twice`
    : null;
}

function membersFault(draft: Draft, members: readonly string[]): Refusal {
  const stranger = members.find((member) => !isNamed(draft, member));
  if (stranger !== undefined) return `\`${stranger}\` is not named before`;
  const again = members.find(
    (member, at) => draft.used.has(member) || members.indexOf(member) < at,
  );
  return again === undefined ? null : `\`${again}\` is a member twice`;
}

/** NaN: not decimal. */
function thresholdOf(count: string, members: number): number {
  if (count === "any") return 1;
  if (count === "all") return members;
  return /^\d{1,4}$/.test(count) ? Number(count) : NaN;
}

const LINES: Readonly<Record<string, Line>> = {
  log(draft, [vkey = "", url, ...rest]) {
    const key = parseVkey(vkey);
    if (!key.ok) return `the key ${key.error}`;
    if (rest.length > 0) return "has too many words";
    const fault = keyFault(draft, key.value);
    if (fault === null) draft.logs.push({ key: key.value, url: url ?? null });
    return fault;
  },
  witness(draft, [name = "", vkey = "", url, ...rest]) {
    const key = parseVkey(vkey);
    if (!key.ok) return `the key ${key.error}`;
    if (rest.length > 0) return "has too many words";
    if (key.value.type === NOTE_TYPES.ed25519) return "a witness cannot sign as a log";
    const fault = nameFault(draft, name) ?? keyFault(draft, key.value);
    if (fault === null) draft.witnesses.push({ name, key: key.value, url: url ?? null });
    return fault;
  },
  group(draft, [name = "", count = "", ...members]) {
    const fault = nameFault(draft, name);
    if (fault !== null) return fault;
    const unfit = membersFault(draft, members);
    if (unfit !== null) return unfit;
    const threshold = thresholdOf(count, members.length);
    if (!(threshold >= 1 && threshold <= members.length))
      return `\`${count}\` of ${members.length} members`;
    for (const member of members) draft.used.add(member);
    draft.groups.set(name, { threshold, members });
    return null;
  },
  quorum(draft, [name = "", ...rest]) {
    if (draft.quorum !== undefined) return "a second quorum";
    if (rest.length > 0) return "has too many words";
    if (name !== "none" && !isNamed(draft, name)) return `\`${name}\` is not named before`;
    draft.quorum = name;
    return null;
  },
};

/** A comment is a line of its own: elsewhere `#` is a letter of a name or an address. */
const wordsOf = (line: string): readonly string[] =>
  /^[ \t]*#/.test(line) ? [] : line.split(/[ \t]+/).filter(Boolean);

export function parseTrustFile(text: string): Result<TrustFile, string> {
  // oxlint-disable-next-line no-control-regex -- tlog-policy allows tab and line feed
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) return err("has control characters");
  const draft: Draft = {
    logs: [],
    witnesses: [],
    groups: new Map(),
    used: new Set(),
    quorum: undefined,
  };
  const lines = text.split("\n");
  if (lines.length > LINES_MAX) return err(`has more than ${LINES_MAX} lines`);
  for (const [at, line] of lines.entries()) {
    const [keyword, ...rest] = wordsOf(line);
    if (keyword === undefined) continue;
    const read = Object.hasOwn(LINES, keyword) ? LINES[keyword] : undefined;
    const fault = read === undefined ? "is no keyword" : read(draft, rest);
    if (fault !== null) return err(`line ${at + 1}, \`${keyword}\`: ${fault}`);
  }
  const { logs, witnesses, groups, quorum } = draft;
  if (quorum === undefined) return err("has no quorum line");
  if (logs.length === 0) return err("names no log");
  return ok({ logs, witnesses, groups, quorum: quorum === "none" ? null : quorum });
}

/** Whether what these keys signed meets the quorum. */
export function meetsQuorum(trust: TrustFile, signed: ReadonlySet<string>): boolean {
  const holds = (name: string): boolean => {
    const group = trust.groups.get(name);
    if (group) return group.members.filter(holds).length >= group.threshold;
    const witness = trust.witnesses.find((one) => one.name === name);
    return witness !== undefined && signed.has(vkeyOf(witness.key));
  };
  return trust.quorum === null || holds(trust.quorum);
}

/** A trust file over these keys alone. */
export const trustFileOf = (keys: readonly NoteKey[], url: string | null): string =>
  [
    "# All log keys have to sign: a checkpoint with one of its lines missing is not to be trusted.",
    ...keys.map((key) => `log ${vkeyOf(key)}${url === null ? "" : ` ${url}`}`),
    "quorum none",
    "",
  ].join("\n");
