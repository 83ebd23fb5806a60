/** The bundle for people: one page, nothing fetched, good on paper; whole without its few lines of script. */
import type { Instant } from "../ids.ts";
import { placeText, type RecordedEntry } from "../log/entry.ts";
import type { ChangeRecord } from "./change.ts";
import { isWritten, ofType } from "./change.ts";
import { FINDER, FINDER_SCRIPT, policyFor } from "./report-find.ts";
import type { Assessed, EvidenceInput, Selected } from "./bundle.ts";
import type { Verdict } from "./controls.ts";
import type { TestResult } from "./dossier-tests.ts";
import type { AccountChange, MatchedBy, Reconciliation } from "./completeness.ts";

/** A page of more rows than these is a file: `population.json` and `completeness.json` have all of them. */
const ROWS_MAX = 2_000;

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
  body { font: 15px/1.5 system-ui, sans-serif; color: #1a1d21; max-width: 64rem; margin: 2rem auto; padding: 0 1.5rem; }
  h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid #d5d9de; padding-bottom: .25rem; }
  h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; overflow-wrap: anywhere; } p { margin: .5rem 0; } .quiet { color: #59616b; }
  h1, h2, h3 { break-after: avoid; } tr { break-inside: avoid; } a { color: #0b57a4; text-decoration: none; }
  .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: .6rem 0; }
  th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid #e6e9ec; overflow-wrap: anywhere; }
  th { font-weight: 600; color: #59616b; white-space: nowrap; } code { font: .86em ui-monospace, monospace; overflow-wrap: anywhere; }
  time, .short, .verdict { white-space: nowrap; } time { font-variant-numeric: tabular-nums; } .verdict { font-weight: 600; }
  .satisfied, .holds { color: #17683a; } .not_satisfied, .fails { color: #a4262c; } .not_assessable, .no_evidence { color: #7a5300; }
  nav { position: sticky; top: 0; z-index: 1; background: #fff; border-bottom: 1px solid #d5d9de; display: flex; flex-wrap: wrap; gap: .3rem .95rem; align-items: baseline; padding: .55rem 0; margin: 1rem 0 0; }
  h2, h3 { scroll-margin-top: 6rem; } .finder { display: flex; gap: .6rem; align-items: baseline; margin-left: auto; } .finder[hidden] { display: none; }
  input { font: inherit; color: inherit; border: 1px solid #8a939d; border-radius: .3rem; padding: .2rem .5rem; width: 13rem; max-width: 60vw; } output { min-width: 5.5rem; color: #59616b; white-space: nowrap; }
  section.change { content-visibility: auto; contain-intrinsic-size: auto 34rem; } .num { text-align: right; font-variant-numeric: tabular-nums; } #changes tr:target, tr:hover { background: #f4f7fa; }
  @media print { @page { margin: 16mm 14mm; } body { font-size: 9.5pt; margin: 0; padding: 0; max-width: none; } .wide { overflow: visible; } a { color: inherit; } nav { display: none; } section.change { content-visibility: visible; } thead { display: table-header-group; } }
`;

const WORDS: Readonly<Record<Verdict, string>> = {
  satisfied: "✓ satisfied",
  not_satisfied: "✗ not satisfied",
  not_assessable: "? not assessable",
};

/** To the second: entries are ordered by their index. */
const timeText = (at: Instant): string =>
  `<time datetime="${escaped(at)}">${escaped(at.slice(0, 10))} ${escaped(at.slice(11, 19))}</time>`;

/** A word that stays in one line. */
const short = (text: string): string => `<span class="short">${escaped(text)}</span>`;

const rows = (lines: readonly (readonly string[])[]): string =>
  lines
    .slice(0, ROWS_MAX)
    .map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`)
    .join("\n");

const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  `<div class="wide"><table><thead><tr>${head.map((one) => `<th scope="col">${one}</th>`).join("")}</tr></thead><tbody>
${rows(lines)}
</tbody></table></div>${lines.length > ROWS_MAX ? `<p class="quiet">and ${lines.length - ROWS_MAX} more</p>` : ""}`;

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
    ["When (UTC)", "Action", "What", "Who", "How", "Audit id"],
    changes.map(({ at, action, resourceType, path, resourceId, actor, channel, id }) => [
      timeText(at),
      short(action),
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

const phaseOf = (change: ChangeRecord): string => {
  const phase = ofType(change, "run").at(-1)?.data["phase"];
  return typeof phase === "string" ? phase : "not ended yet";
};

const RESULTS: Readonly<Record<TestResult, string>> = {
  holds: "holds",
  fails: "fails",
  no_evidence: "no evidence",
};

/** What the controls that are asked of each change found here, the bad first. */
function answersPart({ run }: ChangeRecord, assessed: readonly Assessed[]): string {
  const answers = assessed.flatMap(({ control, looked }) =>
    (looked.changes ?? []).flatMap((one) => (one.run === run ? [{ control, ...one }] : [])),
  );
  const named = (result: TestResult): string => {
    const ids = answers.filter((one) => one.result === result).map(({ control }) => control.id);
    return ids.length === 0
      ? ""
      : `<span class="${result}">${RESULTS[result]}: ${escaped(ids.join(", "))}</span>`;
  };
  return [named("fails"), named("no_evidence"), named("holds")].filter(Boolean).join(" · ");
}

function changePart(change: ChangeRecord, assessed: readonly Assessed[]): string {
  const lines = change.entries.map(({ at, type, actor, attached, ...entry }) => [
    short(placeText(entry)),
    timeText(at),
    short(type),
    escaped(actor),
    Object.entries(attached ?? {})
      .map(
        ([name, { keep, digest }]) =>
          `${escaped(name)} (${keep}) <code>${escaped(digest.slice(0, 23))}…</code>`,
      )
      .join("<br>"),
  ]);
  return `<section class="change"><h3 id="${escaped(change.run)}">${escaped(change.run)}</h3>
<p>${escaped(change.scope)} · ${isWritten(change) ? "carried out" : "nothing was written"} · ${escaped(phaseOf(change))} · risk tier ${tierOf(ofType(change, "plan")[0])}</p>
<p class="quiet">${answersPart(change, assessed)}</p>
${table(["Entry", "When (UTC)", "What", "Who", "Kept beside"], lines)}</section>`;
}

/** The whole population, so that a reader sees what the sample was drawn from. */
function populationTable({ changes, sample }: Selected): string {
  const sampled = new Set(sample.map(({ run }) => run));
  return table(
    ["Planned (UTC)", "Change", "Scope", "Tier", "Ended", "Sampled"],
    changes.map((change) => {
      const plan = ofType(change, "plan")[0] ?? change.entries[0];
      const run = escaped(change.run);
      return [
        plan === undefined ? "" : timeText(plan.at),
        sampled.has(change.run)
          ? `<a href="#${run}"><code>${run}</code></a>`
          : `<code>${run}</code>`,
        escaped(change.scope),
        tierOf(ofType(change, "plan")[0]),
        short(phaseOf(change)),
        sampled.has(change.run) ? "yes" : "",
      ];
    }),
  );
}

const number = (count: number): string => `<span class="num">${count}</span>`;

/** How the changes ended, by tier: what a reader looks at before any of them. */
function endsTable({ changes }: Selected): string {
  const tiers = [...new Set(changes.map((one) => tierOf(ofType(one, "plan")[0])))].toSorted();
  const byEnd = Map.groupBy(changes, phaseOf);
  const ends = [...byEnd].toSorted(([, a], [, b]) => b.length - a.length);
  return table(
    ["Ended", ...tiers.map((tier) => `Tier ${escaped(tier)}`), "All"],
    ends.map(([end, of]) => [
      short(end),
      ...tiers.map((tier) =>
        number(of.filter((one) => tierOf(ofType(one, "plan")[0]) === tier).length),
      ),
      number(of.length),
    ]),
  );
}

const NAV = `<nav aria-label="Parts of the report"><a href="#rests">Basis</a> <a href="#controls">Controls</a> <a href="#completeness">Completeness</a> <a href="#changes">Changes</a> <a href="#sampled">Sampled</a> <a href="#check">Checking</a>
${FINDER}</nav>`;

function verdictCounts(assessed: readonly Assessed[]): string {
  const counts = (["satisfied", "not_satisfied", "not_assessable"] as const).map((verdict) => {
    const count = assessed.filter(({ looked }) => looked.verdict === verdict).length;
    return `<span class="verdict ${verdict}">${count} ${WORDS[verdict].slice(2)}</span>`;
  });
  return `<p>Of ${assessed.length} controls ${counts.join(", ")}.</p>`;
}

export function reportOf(input: EvidenceInput, selected: Selected): string {
  const { seed, sample, changes, assessed, completeness } = selected;
  const { checkpoint, period, madeAt, nonce } = input;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${policyFor(STYLE)}">
<title>Change evidence ${escaped(period.from)} to ${escaped(period.to)}</title><style>${STYLE}</style></head><body>
<h1>Change evidence</h1>
<p class="quiet">${escaped(period.from)} to ${escaped(period.to)} · made ${escaped(madeAt)}</p>
${NAV}
<h2 id="rests">What this rests on</h2>
<p>The record <code>${escaped(checkpoint.origin)}</code> under a signed tree of ${checkpoint.size} entries. The population is all ${changes.length} changes whose plan was
recorded in the period. ${sample.length} of them were sampled: those whose SHA-256 over the seed and the run's id is smallest. The seed is the SHA-256 over the checkpoint's
text, the period and the auditor's nonce (${nonce === "" ? "none was given" : `<code>${escaped(nonce)}</code>`}): <code>${seed}</code>.</p>
<p class="quiet">A mapping to controls is not an attestation, and a verdict speaks of the sample. The record proves what was recorded, in which order, and that nothing was changed
since; not that an entry is true. “Not assessable” means that there is no evidence either way.</p>
<h2 id="controls">Controls</h2>
${verdictCounts(assessed)}
${controlsTable(assessed)}
<h2 id="completeness">Completeness</h2>
${completenessPart(completeness)}
<h2>Changes of the period</h2>
${changes.length === 0 ? "<p>No change was planned in the period.</p>" : endsTable(selected)}
<div id="changes">${changes.length === 0 ? "" : populationTable(selected)}</div>
<h2 id="sampled">Sampled changes</h2>
${sample.length === 0 ? "<p>None.</p>" : sample.map((change) => changePart(change, assessed)).join("\n")}
<h2 id="check">To check this</h2>
<p>Every entry above has a proof file under <code>proofs/</code>, to be verified offline with any implementation of c2sp.org/tlog-proof and <code>trust-policy</code>; pin the keys from another
place than this bundle. <code>driftless verify</code> verifies the whole record. <code>manifest.json</code> has the SHA-256 of every file.</p>
${FINDER_SCRIPT}
</body></html>
`;
}
