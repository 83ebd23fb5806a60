// What a person reads when everything is up: where it is, who may do what, and what to try.
import { inkOf } from "./ink.mjs";
import { SEATING_PEOPLE } from "./workers.mjs";

const DEV_TOKENS = [
  ["dev-viewer", "reads everything"],
  ["dev-operator", "reads, declares golden states, starts and holds work"],
  ["dev-approver-1", "reads and approves"],
  ["dev-approver-2", "reads and approves; the second person where two are asked for"],
];
const SANDBOX_TOKENS = [
  ["sandbox-dashboard", "a person in the dashboard, all rights"],
  ["sandbox-terraform", "another automation, all rights"],
];

/**
 * @param {{ workers: object, scopes: string[], zone?: { id: string, name: string },
 *   colours: boolean, ms: number }} input
 */
export function welcomeText({ workers, scopes, zone, colours, ms }) {
  const ink = inkOf(colours);
  return [
    `${ink.good("Driftless is ready")} ${ink.quiet(`in ${seconds(ms)}`)}`,
    "",
    ...table([
      ["swarm", ink.place(workers.url)],
      ["sandbox", ink.place(`${workers.sandboxUrl}/client/v4`)],
      ["state", workers.stateDir],
    ]),
    "",
    ink.heading(`Tokens for ${workers.url} (Authorization: Bearer …)`),
    ...table(DEV_TOKENS),
    `  ${ink.quiet("Passkeys and approvals, for people:")} ${ink.place(`${workers.url.replace("127.0.0.1", "localhost")}/people`)}`,
    "",
    ink.heading(`Tokens for ${workers.sandboxUrl}`),
    ...table(SANDBOX_TOKENS),
    "",
    ink.heading("Try this next"),
    ...trials({ workers, scope: scopes[0], zone }).flatMap(([what, command]) => [
      `  ${ink.quiet(`# ${what}`)}`,
      `  ${command}`,
    ]),
    "",
    ink.quiet(
      `This is a sandbox: its voters' first keys count by the word of ${SEATING_PEOPLE.join(" and ")}, whom`,
    ),
    ink.quiet("the set-up lets sign. On a live account people do: docs/operations.md, Voters."),
    ink.quiet("Ctrl-C stops everything; the state stays. npm start -- --fresh begins anew."),
    "",
  ].join("\n");
}

export function liveText({ workers, account, credentials, colours, ms }) {
  const ink = inkOf(colours);
  const warning = ink.bad("CF_API_BASE is a sandbox on this machine: the dev tokens are accepted");
  return [
    `${ink.good("Driftless is ready")} on a live account ${ink.quiet(`in ${seconds(ms)}`)}`,
    "",
    ...table([
      ["swarm", ink.place(workers.url)],
      ["account", account.apiBase],
      ["state", workers.stateDir],
      ["tokens", `${credentials} (operator and two approvers, for Authorization: Bearer …)`],
    ]),
    ...(account.isCloudflare ? [] : ["", warning]),
    "",
    "Nothing is managed until you declare a golden state: PUT /api/v1/scopes/{scope}/golden",
    "",
  ].join("\n");
}

function trials({ workers, scope, zone }) {
  const api = `${workers.url}/api/v1`;
  const list = [["which scopes are managed", `${as("dev-viewer")} ${api}/scopes`]];
  if (scope !== undefined) {
    const drift = `${api}/scopes/${encodeURIComponent(scope)}/drift`;
    list.push(["has one of them drifted?", `${as("dev-viewer")} ${drift}`]);
  }
  list.push(["watch, in a second terminal", `${as("dev-viewer")} -N ${api}/events`]);
  if (zone !== undefined) {
    const setting = `${workers.sandboxUrl}/client/v4/zones/${zone.id}/settings/min_tls_version`;
    const body = `-H 'Content-Type: application/json' -d '{"value":"1.0"}'`;
    list.push([
      `weaken TLS of ${zone.name} as if in the dashboard`,
      `${as("sandbox-dashboard")} -X PATCH ${body} ${setting}`,
    ]);
  }
  // The demo looks for the system where it is by default, and starts one of its own when nothing is there.
  const ports = `PORT=${new URL(workers.url).port} SANDBOX_PORT=${new URL(workers.sandboxUrl ?? workers.url).port} `;
  list.push(["the whole story, narrated", `${isUsual(workers) ? "" : ports}npm run demo`]);
  return list;
}

const isUsual = ({ url, sandboxUrl }) =>
  url.endsWith(":8787") && (sandboxUrl ?? ":8788").endsWith(":8788");

function as(token) {
  return `curl -s -H 'Authorization: Bearer ${token}'`;
}

function table(rows) {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
