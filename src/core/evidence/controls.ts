/**
 * Which entries speak to which control. A mapping is not an attestation: it says what was looked at and what was found.
 * Without evidence a control is not assessable; it never passes for lack of a counterexample.
 */
import type { RecordedEntry } from "../log/entry.ts";
import { type ChangeRecord, isWritten, ofType } from "./change.ts";
import type { Reconciliation } from "./completeness.ts";

export type Verdict = "satisfied" | "not_satisfied" | "not_assessable";

export interface Looked {
  readonly verdict: Verdict;
  /** What was found, in a sentence. */
  readonly finding: string;
  /** Entries that it rests on. */
  readonly evidence: readonly number[];
}

export interface Subject {
  readonly sample: readonly ChangeRecord[];
  readonly entries: readonly RecordedEntry[];
  readonly completeness: Reconciliation;
}

export interface Control {
  readonly id: string;
  readonly framework: "SOC 2" | "PCI DSS 4.0";
  readonly title: string;
  readonly look: (subject: Subject) => Looked;
}

/** References that an auditor can follow; the rest is in the dossiers. */
const EVIDENCE_MAX = 200;

const indices = (entries: readonly RecordedEntry[]): readonly number[] =>
  entries.slice(0, EVIDENCE_MAX).map(({ index }) => index);

type Test = (change: ChangeRecord) => boolean;

/** Holds for every sampled change that was carried out; with none of them there is nothing to say. */
const everyChange =
  (what: string, test: Test, types: readonly RecordedEntry["type"][]) =>
  ({ sample }: Subject): Looked => {
    const written = sample.filter(isWritten);
    const failed = written.filter((change) => !test(change));
    const evidence = indices(written.flatMap((change) => ofType(change, ...types)));
    if (written.length === 0)
      return { verdict: "not_assessable", finding: "no sampled change was carried out", evidence };
    return failed.length === 0
      ? {
          verdict: "satisfied",
          finding: `${written.length} of ${written.length} ${what}`,
          evidence,
        }
      : {
          verdict: "not_satisfied",
          finding: `${failed.length} of ${written.length} not: ${failed.map(({ run }) => run).join(", ")}`,
          evidence,
        };
  };

const before = (change: ChangeRecord, type: RecordedEntry["type"]): boolean => {
  const first = ofType(change, "write")[0];
  return ofType(change, type).some(({ index }) => index < (first?.index ?? Infinity));
};

const isAuthorised: Test = (change) =>
  before(change, "release") &&
  ofType(change, "ballot").filter(({ data }) => data["vote"] === "yes").length > 0;

/** Who plans, who votes, who approves and who writes are different names. */
const isSeparated: Test = (change) => {
  const parties = (["plan", "ballot", "approval", "release"] as const).map(
    (type) => new Set(ofType(change, type).map(({ actor }) => actor)),
  );
  return parties.every((names, at) =>
    parties.slice(at + 1).every((others) => [...names].every((name) => !others.has(name))),
  );
};

const isReadBack: Test = (change) => ofType(change, "verification").length > 0;
const hasWayBack: Test = (change) =>
  ofType(change, "write").every(({ data }) => typeof data["pre_image_digest"] === "string");

const someEntry =
  (what: string, types: readonly RecordedEntry["type"][]) =>
  ({ entries }: Subject): Looked => {
    const found = entries.filter(({ type }) => types.includes(type));
    return found.length === 0
      ? { verdict: "not_assessable", finding: `no ${what} in the period`, evidence: [] }
      : {
          verdict: "satisfied",
          finding: `${found.length} entries of ${what}`,
          evidence: indices(found),
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
        evidence: indices([...entries.slice(0, 1), ...entries.slice(-1)]),
      };

const SOC = "SOC 2";
const PCI = "PCI DSS 4.0";
const AUTHORISED = everyChange("were authorised before the first write", isAuthorised, [
  "ballot",
  "approval",
  "release",
]);
const SEPARATED = everyChange(
  "had different planners, voters, approvers and executors",
  isSeparated,
  ["plan", "ballot", "approval", "release"],
);
const READ_BACK = everyChange("were read back and compared", isReadBack, ["verification"]);
const WAY_BACK = everyChange("had their pre-image stored before each write", hasWayBack, ["write"]);

/** Titles are short forms: the standards themselves are the reference. */
export const CONTROLS: readonly Control[] = [
  { id: "CC6.1", framework: SOC, title: "Logical access is restricted", look: SEPARATED },
  { id: "CC6.3", framework: SOC, title: "Duties are segregated", look: SEPARATED },
  {
    id: "CC6.8",
    framework: SOC,
    title: "Unauthorised changes are prevented or detected",
    look: nothingOutside,
  },
  {
    id: "CC7.1",
    framework: SOC,
    title: "Configuration changes are detected",
    look: someEntry("detected drift", ["incident", "diagnosis"]),
  },
  {
    id: "CC7.2",
    framework: SOC,
    title: "Anomalies are monitored",
    look: someEntry("signals and unreadable states", ["signal", "unknown_state"]),
  },
  {
    id: "CC7.3",
    framework: SOC,
    title: "Events are evaluated",
    look: someEntry("diagnoses", ["diagnosis"]),
  },
  {
    id: "CC7.4",
    framework: SOC,
    title: "Incidents are responded to",
    look: someEntry("ended runs", ["run"]),
  },
  {
    id: "CC8.1",
    framework: SOC,
    title: "Changes are authorised, tested, approved, implemented",
    look: AUTHORISED,
  },
  {
    id: "1.2.2",
    framework: PCI,
    title: "Changes to network controls follow change control",
    look: AUTHORISED,
  },
  {
    id: "1.2.8",
    framework: PCI,
    title: "Configuration is consistent with what is active",
    look: READ_BACK,
  },
  {
    id: "6.5.1",
    framework: PCI,
    title: "Changes have approval, testing and a way back",
    look: WAY_BACK,
  },
  {
    id: "6.5.2",
    framework: PCI,
    title: "Requirements are confirmed after a change",
    look: READ_BACK,
  },
  { id: "6.5.4", framework: PCI, title: "Roles are separated", look: SEPARATED },
  {
    id: "10.2.2",
    framework: PCI,
    title: "Audit entries have the required fields",
    look: allFields,
  },
  {
    id: "10.3.4",
    framework: PCI,
    title: "Changes of audit logs are detected",
    look: someEntry("keys that sign the record", ["key_introduced"]),
  },
  {
    id: "11.5.2",
    framework: PCI,
    title: "Unauthorised modification is detected",
    look: someEntry("detected drift", ["incident", "diagnosis"]),
  },
];
