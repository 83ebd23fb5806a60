// What the demo prints for people: one line for each thing that happened, a table at the end.
import { inkOf } from "../ink.mjs";

const STAGES = ["detected", "planned", "voted", "released", "written", "verified"];

/** Where the swarm heard of it, by the source of the signal. */
const SOURCES = {
  change_feed: "by the change feed (Cloudflare's audit log)",
  cron: "by the regular sweep",
  request: "by a reconcile that somebody asked for",
  retry: "by a repeated look",
  golden: "by the look after a new golden state",
};

/** @param {{ write: (text: string) => void, colours: boolean }} input */
export function narrator({ write, colours }) {
  const ink = inkOf(colours);
  const line = (text = "") => write(`${text}\n`);
  let since = 0;
  const step = (stage, at, text) => {
    const passed = `+${((Date.parse(at) - since) / 1000).toFixed(3)} s`;
    line(`   ${ink.quiet(passed.padStart(9))}  ${stage.padEnd(10)} ${text}`);
  };
  return {
    say: (text) => line(ink.quiet(text)),
    opening: ({ scope, url, report, records }) => {
      const managed = Object.values(report.managed).reduce((sum, count) => sum + count, 0);
      line();
      line(`${ink.heading("Driftless")}  ${scope} at ${ink.place(url)}`);
      line(
        ink.quiet(
          `in sync with generation ${report.generation} of its golden state: ` +
            `${managed} resources in its care, ${records.length} records in the zone`,
        ),
      );
    },
    act: (number, { title, subject, does }, changedAtMs) => {
      line();
      line(`${ink.heading(`${number}  ${title}`)}: ${subject}`);
      line(`   ${ink.bad(does)}`);
      since = changedAtMs;
    },
    tell: (stage, at, of) => step(stage, at, TELLS[stage](of, ink)),
    healed: ({ act, untouched, stages }) => {
      const own = `${seconds(stages.swarm)} of it the swarm's own`;
      line(`   ${ink.good("✓")} ${act.healed}, ${seconds(stages.total)} after the change, ${own}`);
      line(`   ${ink.good("✓")} ${untouched} other records untouched; one write, by the vault`);
    },
    problem: (text) => line(`   ${ink.bad("✗")} ${text}`),
    foreign: ({ acme, externalDns }, isSame) => {
      const what = `_acme-challenge (${acme}) and the records of external-dns (${externalDns})`;
      line();
      line(isSame ? `${ink.good("✓")} ${what}: untouched` : `${ink.bad("✗")} ${what}: TOUCHED`);
    },
    summary: (acts) => {
      line();
      for (const row of tableOf(acts, ink)) line(row);
    },
    verdict: ({ ok, acts, ms }) => {
      const done = acts.filter((act) => act.ok).length;
      const text = `${done} of ${acts.length} changes healed, verified and attributed`;
      line();
      line(
        `${ok ? ink.good("✓") : ink.bad("✗")} ${ink.heading(text)} ${ink.quiet(`in ${seconds(ms)}`)}`,
      );
      line();
    },
  };
}

/** Stage → what is said about it. */
const TELLS = {
  detected: ({ source, others }) =>
    `${SOURCES[source] ?? `by ${source}`}${others > 0 ? `, with ${others} more` : ""}`,
  attributed: ({ by }, ink) =>
    by === null ? ink.bad("the audit log does not say who changed it") : byline(by),
  planned: ({ digest, steps, calls, tier }) =>
    `${count(steps, "step")}, ${count(calls, "call")}, risk tier ${tier}, plan ${short(digest)}`,
  voted: ({ voter, vote, reasons }, ink) =>
    `${voter.padEnd(11)} ${vote === "yes" ? ink.good(vote) : ink.bad(`${vote}: ${reasons.join("; ")}`)}`,
  released: ({ voters, approvals }) =>
    `by the vault, on ${count(voters, "valid ballot")}${approvals > 0 ? ` and ${count(approvals, "approval")}` : ""}`,
  written: ({ method, path }) =>
    `${method} ${path.replaceAll(/[0-9a-f]{24}(?=[0-9a-f]{8})/g, "…")}`,
  verified: ({ verified, mismatches }, ink) =>
    verified ? "read back, as predicted" : ink.bad(mismatches.join("; ")),
  superseded: ({ because }, ink) => ink.bad(`${because}: planned anew`),
  unknown: ({ why }, ink) => ink.bad(`the zone could not be read: ${why}`),
};

/** "changed by dashboard@sandbox.example through dash at 10:02:11 UTC" */
export const byline = ({ actor, channel, at }) =>
  `changed by ${actor} through ${channel} at ${at.slice(11, 19)} UTC`;

function tableOf(acts, ink) {
  const heads = ["drift", ...STAGES, "swarm", "total"];
  const rows = acts.map(({ name, subject, stages }) => [
    `${name} ${subject}`,
    ...heads.slice(1).map((head) => (stages === undefined ? "-" : seconds(stages[head]))),
  ]);
  const widths = heads.map((head, column) =>
    Math.max(...[heads, ...rows].map((row) => row[column].length)),
  );
  const cells = (row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]),
    );
  return [ink.quiet(cells(heads).join("  ")), ...rows.map((row) => cells(row).join("  "))];
}

/** Milliseconds below one second, seconds above. */
export function seconds(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const short = (digest) => digest.replace("sha256:", "").slice(0, 12);
