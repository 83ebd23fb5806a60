/** The bundle for people: one page, no script, nothing fetched, good on paper. */
import { placeText, type RecordedEntry } from "../log/entry.ts";
import type { ChangeRecord } from "./change.ts";
import { isWritten, ofType } from "./change.ts";
import type { Assessed, EvidenceInput, Selected } from "./bundle.ts";
import type { Verdict } from "./controls.ts";
import type { AccountChange, MatchedBy, Reconciliation } from "./completeness.ts";

const ROWS_MAX = 500;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Everything that is not written in this file goes through here: names come from outside. */
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (one) => ESCAPES[one] ?? "");

const STYLE = `
  :root { color-scheme: light; }
  body { font: 15px/1.5 system-ui, sans-serif; color: #1a1d21; max-width: 60rem; margin: 2rem auto; padding: 0 1.5rem; }
  h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid #d5d9de; padding-bottom: .25rem; }
  h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; } p { margin: .5rem 0; } .quiet { color: #59616b; }
  table { border-collapse: collapse; width: 100%; margin: .6rem 0; } th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid #e6e9ec; }
  th { font-weight: 600; color: #59616b; } code { font: .86em ui-monospace, monospace; overflow-wrap: anywhere; }
  .verdict { white-space: nowrap; font-weight: 600; } .satisfied { color: #17683a; } .not_satisfied { color: #a4262c; } .not_assessable { color: #7a5300; }
  section.change { break-inside: avoid; } @media print { body { margin: 0; max-width: none; } }
`;

const WORDS: Readonly<Record<Verdict, string>> = {
  satisfied: "✓ satisfied",
  not_satisfied: "✗ not satisfied",
  not_assessable: "? not assessable",
};

const rows = (lines: readonly (readonly string[])[]): string =>
  lines
    .slice(0, ROWS_MAX)
    .map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`)
    .join("\n");

const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  `<table><thead><tr>${head.map((one) => `<th scope="col">${one}</th>`).join("")}</tr></thead><tbody>
${rows(lines)}
</tbody></table>${lines.length > ROWS_MAX ? `<p class="quiet">and ${lines.length - ROWS_MAX} more</p>` : ""}`;

const controlsTable = (assessed: readonly Assessed[]): string =>
  table(
    ["Control", "What it asks", "Verdict", "Finding"],
    assessed.map(({ control, looked }) => [
      `${escaped(control.framework)} <b>${escaped(control.id)}</b>`,
      escaped(control.title),
      `<span class="verdict ${looked.verdict}">${WORDS[looked.verdict]}</span>`,
      escaped(looked.finding),
    ]),
  );

const accountRows = (changes: readonly AccountChange[]): string =>
  table(
    ["When", "Action", "What", "Who", "How", "Audit id"],
    changes.map(({ at, action, resourceType, path, resourceId, actor, channel, id }) => [
      escaped(at),
      escaped(action),
      `${escaped(resourceType)} <code>${escaped(path ?? resourceId)}</code>`,
      escaped(actor),
      escaped(channel),
      `<code>${escaped(id)}</code>`,
    ]),
  );

const STATUS: Readonly<Record<Reconciliation["status"], string>> = {
  complete: "Every change in the account's own audit log is in the record.",
  exceptions: "The account's own audit log names changes that this process did not make.",
  not_assessable: "Completeness could not be assessed.",
};

/** How sure a match is depends on what the account's log has. */
function matchedText(matched: Reconciliation["matched"]): string {
  const count = (by: MatchedBy): number => matched.filter((one) => one.by === by).length;
  const byTime = count("time");
  return `Of ours ${count("ray")} were found in the record by the ray of the request, ${count("request")} by method and path close in time${
    byTime === 0 ? "" : `, and ${byTime} by nothing but the time, which may be a coincidence`
  }.`;
}

function completenessPart(of: Reconciliation) {
  const { status, why, changes, ours, matched, outside, unrecorded } = of;
  return `<p>${STATUS[status]}${why === null ? "" : ` ${escaped(why)}.`} Changes in the period: ${changes}, of them with the vault's token: ${ours}. ${ours === 0 ? "" : matchedText(matched)}</p>
${outside.length === 0 ? "" : `<h3>Made outside the process</h3>${accountRows(outside)}`}
${unrecorded.length === 0 ? "" : `<h3>With the vault's token, and not recorded</h3>${accountRows(unrecorded)}`}`;
}

function tierOf(plan: RecordedEntry | undefined): string {
  const tier = plan?.data["tier"];
  return typeof tier === "number" ? String(tier) : "unknown";
}

function changePart(change: ChangeRecord): string {
  const plan = ofType(change, "plan")[0];
  const end = ofType(change, "run").at(-1);
  const lines = change.entries.map(({ at, type, actor, attached, ...entry }) => [
    placeText(entry),
    escaped(at),
    escaped(type),
    escaped(actor),
    Object.entries(attached ?? {})
      .map(
        ([name, { keep, digest }]) =>
          `${escaped(name)} (${keep}) <code>${escaped(digest.slice(0, 23))}…</code>`,
      )
      .join("<br>"),
  ]);
  const phase = end?.data["phase"];
  return `<section class="change"><h3>${escaped(change.run)}</h3>
<p>${escaped(change.scope)} · ${isWritten(change) ? "carried out" : "nothing was written"} · ended ${escaped(typeof phase === "string" ? phase : "not yet")} · risk tier ${tierOf(plan)}</p>
${table(["Entry", "When", "What", "Who", "Kept beside"], lines)}</section>`;
}

export function reportOf(
  input: EvidenceInput,
  { seed, sample, changes, assessed, completeness }: Selected,
): string {
  const { checkpoint, period, madeAt, nonce } = input;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Change evidence ${escaped(period.from)} to ${escaped(period.to)}</title><style>${STYLE}</style></head><body>
<h1>Change evidence</h1>
<p class="quiet">${escaped(period.from)} to ${escaped(period.to)} · made ${escaped(madeAt)}</p>
<h2>What this rests on</h2>
<p>The record <code>${escaped(checkpoint.origin)}</code> under a signed tree of ${checkpoint.size} entries. The population are all ${changes.length} changes whose plan was
recorded in the period. ${sample.length} of them were sampled: those whose SHA-256 over the seed and the run's id is smallest. The seed is the SHA-256 over the checkpoint's
text, the period and the auditor's nonce (${nonce === "" ? "none was given" : `<code>${escaped(nonce)}</code>`}): <code>${seed}</code>.</p>
<p class="quiet">A mapping to controls is not an attestation, and a verdict speaks of the sample. The record proves what was recorded, in which order, and that nothing was changed
since; not that an entry is true. “Not assessable” means that there is no evidence either way.</p>
<h2>Controls</h2>
${controlsTable(assessed)}
<h2>Completeness</h2>
${completenessPart(completeness)}
<h2>Sampled changes</h2>
${sample.length === 0 ? "<p>No change was planned in the period.</p>" : sample.map(changePart).join("\n")}
<h2>To check this</h2>
<p>Every entry above has a proof file under <code>proofs/</code>, to be verified offline with any implementation of c2sp.org/tlog-proof and <code>trust-policy</code>; pin the keys from another
place than this bundle. <code>driftless verify</code> verifies the whole record. <code>manifest.json</code> has the SHA-256 of every file.</p>
</body></html>
`;
}
