/**
 * Which entries speak to which control. A mapping is not an attestation: it says what was looked at and what was found.
 * Without evidence a control is not assessable; it never passes for lack of a counterexample.
 */
import { type EntryPlace, placeOfEntry, type RecordedEntry } from "../log/entry.ts";
import type { ChangeRecord } from "./change.ts";
import type { Reconciliation } from "./completeness.ts";
import {
  APPROVED,
  AUTHORISED,
  BY_THE_VAULT,
  type DossierTest,
  ENDED,
  IMPACT_KNOWN,
  PERMITTED,
  READ_BACK,
  REASONED,
  SEPARATED,
  STRONGLY_APPROVED,
  type TestResult,
  TRIED,
  WAY_BACK,
} from "./dossier-tests.ts";

export type Verdict = "satisfied" | "not_satisfied" | "not_assessable";

export interface Looked {
  readonly verdict: Verdict;
  /** What was found, in a sentence. */
  readonly finding: string;
  /** Entries that it rests on. */
  readonly evidence: readonly EntryPlace[];
  /** Of a control that is asked of each sampled change: what came of it, dossier by dossier. */
  readonly changes?: readonly { readonly run: string; readonly result: TestResult }[];
}

export interface Subject {
  readonly sample: readonly ChangeRecord[];
  readonly entries: readonly RecordedEntry[];
  readonly completeness: Reconciliation;
}

export interface Control {
  readonly id: string;
  readonly framework: "SOC 2" | "PCI DSS 4.0.1";
  readonly title: string;
  readonly look: (subject: Subject) => Looked;
}

/** Named in a finding, which is a sentence; `changes` has all of them. */
const NAMED_MAX = 10;
/** References that an auditor can follow; the rest is in the dossiers. */
const EVIDENCE_MAX = 200;

const placesOf = (entries: readonly RecordedEntry[]): readonly EntryPlace[] =>
  entries.slice(0, EVIDENCE_MAX).map(placeOfEntry);

/** The worst of several answers about one change. */
function worst(results: readonly TestResult[]): TestResult {
  if (results.includes("fails")) return "fails";
  return results.includes("no_evidence") ? "no_evidence" : "holds";
}

/**
 * Asked of every sampled change that it concerns. One failure is a failure; where a dossier has nothing to go by, the whole
 * is not assessable, however many others hold; and of no change nothing can be said.
 */
const everyChange =
  (...tests: readonly DossierTest[]) =>
  ({ sample }: Subject): Looked => {
    const asked = sample.flatMap((change) => {
      const fitting = tests.filter(({ concerns }) => concerns(change));
      if (fitting.length === 0) return [];
      const found = fitting.map((one) => ({ says: one.says, result: one.test(change) }));
      return [{ change, found, result: worst(found.map(({ result }) => result)) }];
    });
    const types = new Set(tests.flatMap((one) => one.types));
    const told = {
      evidence: placesOf(
        asked.flatMap(({ change }) => change.entries.filter(({ type }) => types.has(type))),
      ),
      changes: asked.map(({ change: { run }, result }) => ({ run, result })),
    };
    if (asked.length === 0)
      return { verdict: "not_assessable", finding: "no sampled change is concerned", ...told };
    const whatOf = (result: TestResult): string => {
      const of = asked.filter((one) => one.result === result);
      const said = new Set(
        of.flatMap(({ found }) =>
          found.flatMap((one) => (one.result === result ? [one.says] : [])),
        ),
      );
      const some = of.slice(0, NAMED_MAX).map(({ change: { run } }) => run);
      const runs = `${some.join(", ")}${of.length > NAMED_MAX ? ", …" : ""}`;
      return `${of.length} of ${asked.length} changes (${runs}); asked was whether they ${[...said].join("; ")}`;
    };
    const all = worst(asked.map(({ result }) => result));
    if (all === "fails")
      return { verdict: "not_satisfied", finding: `does not hold of ${whatOf(all)}`, ...told };
    if (all === "no_evidence")
      return { verdict: "not_assessable", finding: `no evidence of ${whatOf(all)}`, ...told };
    const said = tests.map(({ says }) => says).join("; ");
    return {
      verdict: "satisfied",
      finding: `${asked.length} of ${asked.length} changes ${said}`,
      ...told,
    };
  };

const textIn = ({ data }: RecordedEntry, name: string): string | null => {
  const value = data[name];
  return typeof value === "string" ? value : null;
};

/** Of each incident of the period: whether something with its id follows. */
const everyIncident =
  (what: string, follows: (of: readonly RecordedEntry[]) => TestResult) =>
  ({ entries }: Subject): Looked => {
    const incidents = new Map<string, RecordedEntry>();
    const byIncident = Map.groupBy(entries, (entry) => textIn(entry, "incident"));
    for (const entry of entries) {
      const id = entry.type === "incident" ? textIn(entry, "incident") : null;
      if (id !== null && !incidents.has(id)) incidents.set(id, entry);
    }
    const evidence = placesOf([...incidents.values()]);
    if (incidents.size === 0)
      return { verdict: "not_assessable", finding: "no incident in the period", evidence };
    const answered = [...incidents.keys()].map((id) => ({
      id,
      result: follows(byIncident.get(id) ?? []),
    }));
    const open = answered.filter(({ result }) => result !== "holds");
    const count = `${incidents.size - open.length} of ${incidents.size} incidents ${what}`;
    if (open.length === 0) return { verdict: "satisfied", finding: count, evidence };
    const ids = open
      .slice(0, NAMED_MAX)
      .map(({ id }) => id)
      .join(", ");
    const verdict = open.some(({ result }) => result === "fails")
      ? "not_satisfied"
      : "not_assessable";
    return { verdict, finding: `${count}; not ${ids}`, evidence };
  };

const of = (entries: readonly RecordedEntry[], ...types: RecordedEntry["type"][]) =>
  entries.filter(({ type }) => types.includes(type));

/** Evaluated: a diagnosis, or the reason why it was left to people. */
const isEvaluated = (entries: readonly RecordedEntry[]): TestResult =>
  of(entries, "diagnosis", "quarantine", "proposal").length > 0 ? "holds" : "fails";

/** Answered: by a run that ended, or it was put before people. What is still under way says nothing yet. */
const isAnswered = (entries: readonly RecordedEntry[]): TestResult =>
  of(entries, "run", "quarantine").length > 0 ? "holds" : "no_evidence";

/** Recovered from: the last run verified, or taken back. */
function isRecovered(entries: readonly RecordedEntry[]): TestResult {
  const end = of(entries, "run").at(-1);
  if (end === undefined) return "no_evidence";
  return ["verified", "reverted"].includes(textIn(end, "phase") ?? "") ? "holds" : "fails";
}

/** Whoever has a key got it from the register, confirmed by somebody else. */
function peopleConfirmed({ entries }: Subject): Looked {
  const keys = entries.filter(({ type }) => type === "person_key");
  const evidence = placesOf(keys);
  const confirmed = keys.filter(({ data }) => data["what"] === "confirmed");
  if (confirmed.length === 0)
    return { verdict: "not_assessable", finding: "nobody got access in the period", evidence };
  const own = confirmed.filter(({ actor, data }) => actor === data["person"]);
  return own.length === 0
    ? {
        verdict: "satisfied",
        finding: `${confirmed.length} of ${confirmed.length} credentials were confirmed by another person`,
        evidence,
      }
    : {
        verdict: "not_satisfied",
        finding: `${own.length} of ${confirmed.length} credentials were confirmed by who holds them`,
        evidence,
      };
}

/** Tokens that were made for a plan are gone when it ends. */
function tokensEnd({ entries }: Subject): Looked {
  const told = entries.filter(({ type }) => type === "token");
  const named = (what: string): Set<string> =>
    new Set(
      told
        .filter(({ data }) => data["what"] === what)
        .flatMap((entry) => textIn(entry, "name") ?? []),
    );
  const [made, gone] = [named("minting"), named("deleted")];
  const evidence = placesOf(told);
  if (made.size === 0)
    return { verdict: "not_assessable", finding: "no token was made in the period", evidence };
  const left = [...made].filter((name) => !gone.has(name));
  return left.length === 0
    ? {
        verdict: "satisfied",
        finding: `${made.size} of ${made.size} tokens were deleted again`,
        evidence,
      }
    : {
        verdict: "not_assessable",
        finding: `of ${left.length} of ${made.size} tokens no deletion is recorded in the period`,
        evidence,
      };
}

/** What the bundle cannot say of itself. */
const fromOutside = (how: string) => (): Looked => ({
  verdict: "not_assessable",
  finding: `not from this bundle: ${how}`,
  evidence: [],
});

const someEntry =
  (what: string, types: readonly RecordedEntry["type"][]) =>
  ({ entries }: Subject): Looked => {
    const found = entries.filter(({ type }) => types.includes(type));
    return found.length === 0
      ? { verdict: "not_assessable", finding: `no ${what} in the period`, evidence: [] }
      : {
          verdict: "satisfied",
          finding: `${found.length} entries of ${what}`,
          evidence: placesOf(found),
        };
  };

const nothingOutside = ({ completeness }: Subject): Looked => {
  const { status, why, outside, unrecorded, changes } = completeness;
  if (status === "not_assessable" || changes === 0)
    return {
      verdict: "not_assessable",
      finding: why ?? "the account's audit log names no change in the period",
      evidence: [],
    };
  return status === "complete"
    ? {
        verdict: "satisfied",
        finding: `all ${changes} changes of the account are recorded`,
        evidence: [],
      }
    : {
        verdict: "not_satisfied",
        finding: `${outside.length} changes past the process, ${unrecorded.length} with our token and not recorded`,
        evidence: [],
      };
};

const allFields = ({ entries }: Subject): Looked =>
  entries.length === 0
    ? { verdict: "not_assessable", finding: "no entries in the period", evidence: [] }
    : {
        verdict: "satisfied",
        finding: `each of ${entries.length} entries has user, type, time, outcome, origin and resource`,
        evidence: placesOf([...entries.slice(0, 1), ...entries.slice(-1)]),
      };

const SOC = "SOC 2";
const PCI = "PCI DSS 4.0.1";

/** Titles are short forms: the standards themselves are the reference. */
const soc = (id: string, title: string, look: Control["look"]): Control => ({
  id,
  framework: SOC,
  title,
  look,
});
const pci = (id: string, title: string, look: Control["look"]): Control => ({
  id,
  framework: PCI,
  title,
  look,
});

const DRIFT_SEEN = everyIncident("were diagnosed or put before people", isEvaluated);

export const CONTROLS: readonly Control[] = [
  soc(
    "CC6.1",
    "Logical access: changes are made by who may make them",
    everyChange(BY_THE_VAULT, PERMITTED),
  ),
  soc("CC6.2", "Credentials are issued after authorisation", peopleConfirmed),
  soc("CC6.3", "Access is by role, duties are segregated", everyChange(SEPARATED)),
  soc("CC6.8", "Unauthorised changes are prevented or detected", nothingOutside),
  soc("CC7.1", "Changes of configuration are detected", DRIFT_SEEN),
  soc(
    "CC7.2",
    "Anomalies are monitored",
    someEntry("signals and unreadable states", ["signal", "unknown_state"]),
  ),
  soc("CC7.3", "Events are evaluated", DRIFT_SEEN),
  soc(
    "CC7.4",
    "Incidents are responded to",
    everyIncident("were answered by a run or put before people", isAnswered),
  ),
  soc("CC7.5", "Recovery from incidents", everyIncident("ended in a known state", isRecovered)),
  soc(
    "CC8.1",
    "Changes are authorised, designed, documented, tested, approved, implemented",
    everyChange(REASONED, IMPACT_KNOWN, TRIED, AUTHORISED, APPROVED, READ_BACK, ENDED),
  ),
  pci(
    "1.2.2",
    "Changes of network controls are approved and managed",
    everyChange(AUTHORISED, APPROVED),
  ),
  pci("1.2.8", "Configuration is consistent with what is active", everyChange(READ_BACK)),
  pci(
    "2.2.1",
    "Configuration standards are applied and verified",
    everyChange(PERMITTED, READ_BACK),
  ),
  pci(
    "6.5.1",
    "Reason, security impact, approval, testing, and a way back",
    everyChange(REASONED, IMPACT_KNOWN, AUTHORISED, APPROVED, TRIED, WAY_BACK),
  ),
  pci("6.5.2", "Requirements are confirmed after a change", everyChange(READ_BACK)),
  pci("6.5.4", "Roles and functions are separated", everyChange(SEPARATED)),
  pci("7.2.5", "System accounts have least privilege", everyChange(BY_THE_VAULT, PERMITTED)),
  pci("8.4.2", "Multi-factor authentication of who approves", everyChange(STRONGLY_APPROVED)),
  pci("8.6.3", "Secrets of system accounts are short-lived or rotated", tokensEnd),
  pci(
    "10.2.1",
    "Log-ins, failed ones, and readers of the audit trail are logged",
    someEntry("log-ins, failed log-ins, reads of the record and exports", [
      "log_in",
      "log_in_failed",
      "record_read",
      "export",
    ]),
  ),
  pci("10.2.2", "Audit entries have the required fields", allFields),
  pci(
    "10.3.4",
    "Changes of audit logs are detected",
    fromOutside(
      "verify the record itself with driftless verify, against keys and a checkpoint of your own",
    ),
  ),
  pci("11.5.2", "Unauthorised modification is detected", nothingOutside),
];
