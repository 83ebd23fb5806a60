// `npm run demo -- attack` and `-- cve`: a day's visitors, an attack, and what the swarm makes of it, second by second.
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inkOf } from "../ink.mjs";
import { Failure } from "../json-client.mjs";
import { SandboxAccount } from "../sandbox-account.mjs";
import { SwarmClient } from "../swarm-client.mjs";
import { ZONE } from "./acts.mjs";
import { chartOf } from "./chart.mjs";
import { GuardrailStory } from "./guardrail-story.mjs";
import { INCIDENTS, VISITORS } from "./incidents.mjs";
import { seconds } from "./narration.mjs";

const SCOPE = `zone:${ZONE}`;
const IN_SYNC_MS_MAX = 20_000;
/** Of ordinary traffic before it begins, so that there is something usual. */
const HISTORY_S = 900;
const HISTORY_PARTS = 6;
/** The simulation's clock starts so far behind and must never be ahead; logs of more than ten minutes ago say nothing about now. */
const BEHIND_S = 480;
/** Logs are pushed so often (simulated). */
const PUSH_EVERY_S = 5;
const CALM_S = 4;
const GUARDRAIL_S_MAX = 60;
const STOPPED_S_MAX = 45;
/** So long everybody has to be fine before it counts. */
const FINE_S = 4;
const AFTERWARDS_S = 3;
/** Of ordinary traffic with the rule in place: a thousandth cannot be seen in a few hundred visits. */
const MEASURED_S = 300;
/** What is left of the lease when the attack is over: an hour is too long for a demo. */
const LEASE_MS = 3_000;
const GONE_MS_MAX = 20_000;
const COLLATERAL_MAX = 0.001;
const STOPPED_MIN = 0.99;
const VERIFY_MS_MAX = 60_000;

/** Resolves to `{ ok, … }`, what `--json` prints. */
export async function playIncident({ system, options, write, signal }) {
  return new Incident({ system, options, write, signal }).play();
}

const share = (part, whole) => part / Math.max(1, whole);

class Incident {
  #swarm;
  #account;
  #options;
  #kind;
  #line;
  #ink;
  #chart;
  #signal;
  #system;
  #story;
  #clockMs;
  #second = 0;
  #nextMs;
  /** What is told while a second is played waits for its line; null: none is played. */
  #held = null;
  /** Counts while the guardrail stands. */
  #guarded = { normal: 0, hurt: 0, attack: 0, stopped: 0, partner: 0, partnerHurt: 0 };
  #before = { normal: 0, failed: 0 };

  constructor({ system, options, write, signal }) {
    this.#system = system;
    this.#options = options;
    this.#signal = signal;
    this.#swarm = new SwarmClient({ url: system.url, signal });
    this.#account = new SandboxAccount({ url: system.sandboxUrl, signal });
    this.#kind = INCIDENTS[options.story];
    this.#line = (text = "") => write(`${text}\n`);
    this.#ink = inkOf(options.colours);
    this.#chart = chartOf({ ink: this.#ink, isDrawn: options.isTerminal, full: this.#kind.full });
    this.#story = new GuardrailStory({
      told: (stage, text) => this.#tell(stage, text),
      ink: this.#ink,
      cause: this.#kind.cause,
    });
  }

  async play() {
    const zone = await this.#account.zone(ZONE);
    if (zone === undefined) throw new Failure(`the sandbox has no ${ZONE}`);
    await this.#swarm.inSync({ scope: SCOPE, ms: IN_SYNC_MS_MAX });
    const rulesBefore = await this.#rules(zone);
    const watching = new AbortController();
    const after = await this.#swarm.recordEnd();
    await this.#history();
    const until = AbortSignal.any([watching.signal, this.#signal]);
    const following = this.#story.follow({
      swarm: this.#swarm,
      scope: SCOPE,
      after,
      signal: until,
    });
    following.catch(() => {});
    try {
      await Promise.race([this.#acts(zone), following.then(() => new Promise(() => {}))]);
    } finally {
      watching.abort();
    }
    return await this.#verdict(zone, rulesBefore);
  }

  async #history() {
    const { heading, quiet } = this.#ink;
    this.#clockMs = Math.floor(Date.now() / 1_000) * 1_000 - BEHIND_S * 1_000;
    this.#line();
    this.#line(`${heading("Driftless")}  ${ZONE}: ${this.#kind.title}`);
    let visits = 0;
    for (let part = HISTORY_PARTS - 1; part >= 0; part -= 1) {
      const lastMs = this.#clockMs - (part * HISTORY_S * 1_000) / HISTORY_PARTS;
      const played = await this.#account.traffic({
        ...this.#traffic(lastMs, HISTORY_S / HISTORY_PARTS),
        push: true,
      });
      visits += played.normal.visits;
      if (played.normal.hurt > 0)
        throw new Failure("ordinary visitors are kept out before anything happens");
    }
    const { seed, speed } = this.#options;
    this.#line(
      quiet(
        `${HISTORY_S / 60} ordinary minutes first: ${visits.toLocaleString("en")} visits of people in seven countries, the app, ` +
          `a partner's machine,\nsearch engines and monitoring. Seed ${seed}; ${speed} simulated seconds in a real one.`,
      ),
    );
    this.#line();
    this.#line(this.#chart.legend());
  }

  #traffic(untilMs, lasts) {
    const { seed } = this.#options;
    const until = new Date(untilMs).toISOString();
    return { zone: ZONE, seed, seconds: lasts, until, visitors: VISITORS };
  }

  async #acts(zone) {
    const { attacks, announce, begins } = this.#kind;
    this.#nextMs = performance.now();
    for (let left = CALM_S; left > 0; left -= 1) await this.#tick([]);
    this.#tell("attack", this.#ink.bad(begins));
    for (let passed = 1; !this.#story.verified; passed += 1) {
      if (passed > GUARDRAIL_S_MAX)
        throw new Failure(
          `no guardrail after ${GUARDRAIL_S_MAX} s: ${(await this.#swarm.drift(SCOPE)).why}`,
        );
      const isTold = announce !== null && passed === announce.afterS;
      await this.#tick(attacks, isTold);
      if (isTold) await this.#announce(announce);
    }
    await this.#untilFine(attacks);
    this.#tell("attack", "whoever it was gives up");
    for (let left = AFTERWARDS_S; left > 0; left -= 1) await this.#tick([]);
    await this.#measure();
    await this.#expiry(zone);
  }

  async #announce({ says, tell }) {
    this.#tell("alert", says);
    this.#story.hears(Date.now());
    await tell({ url: this.#system.url, signal: this.#signal });
  }

  async #untilFine(attacks) {
    let fine = 0;
    for (let passed = 0; fine < FINE_S; passed += 1) {
      if (passed > STOPPED_S_MAX)
        throw new Failure(`after ${STOPPED_S_MAX} s with the guardrail the attack still does harm`);
      const { normal, attack } = await this.#tick(attacks);
      const isStopped = attack.stopped >= STOPPED_MIN * attack.visits;
      fine = isStopped && normal.failed === 0 && normal.hurt === 0 ? fine + 1 : 0;
    }
  }

  /** Who else does the rule hit? Five minutes of everybody else, at once. */
  async #measure() {
    this.#clockMs += MEASURED_S * 1_000;
    const played = await this.#account.traffic({
      ...this.#traffic(this.#clockMs, MEASURED_S),
      push: false,
    });
    this.#count(played, true);
    const { visits, hurt } = played.normal;
    this.#tell(
      "others",
      `${MEASURED_S / 60} minutes of ordinary visitors with the rule in place: ${visits.toLocaleString("en")} visits, ${hurt} kept out`,
    );
  }

  /** The lease is made shorter by an operator; it ends by itself, and the rule goes with it. */
  async #expiry(zone) {
    const { guardrail } = this.#story;
    await this.#swarm.renew(guardrail, new Date(Date.now() + LEASE_MS).toISOString());
    this.#tell(
      "lease",
      `an operator lets it end in ${LEASE_MS / 1_000} s instead of waiting for its end`,
    );
    const deadline = performance.now() + GONE_MS_MAX;
    for (;;) {
      await this.#tick([]);
      const refs = (await this.#rules(zone)).map(({ ref }) => ref);
      if (this.#story.endedAt !== null && !refs.some((ref) => ref.startsWith("guardrail-"))) break;
      if (performance.now() > deadline)
        throw new Failure(
          `the guardrail's rule is still there ${GONE_MS_MAX / 1_000} s after its lease`,
        );
    }
    await this.#tick([]);
  }

  /** One simulated second. */
  async #tick(attacks, push = false) {
    this.#second += 1;
    this.#clockMs += 1_000;
    if (this.#clockMs > Date.now())
      throw new Failure("the simulation is ahead of the clock; use a lower --speed");
    this.#held = [];
    // A second in which the rule was written counts as one without it.
    const isGuarded = this.#story.verified;
    const played = await this.#account.traffic({
      ...this.#traffic(this.#clockMs, 1),
      attacks,
      push: push || this.#second % PUSH_EVERY_S === 0,
    });
    if (played.told_at !== null) this.#story.hears(Date.parse(played.told_at));
    const [second] = played.seconds;
    this.#line(this.#chart.line(second, this.#second));
    for (const { condition, event } of played.alerts) this.#alerted(condition, event);
    this.#release();
    this.#count(played, isGuarded);
    await this.#pace();
    return played;
  }

  /** What came of it while it ran is told after it. */
  #release() {
    const held = this.#held ?? [];
    this.#held = null;
    for (const [stage, text] of held) this.#tell(stage, text);
  }

  #alerted(condition, event) {
    const what = {
      flood: "L7 DDoS attack",
      origin_errors: "origin errors",
      security_events: "security events",
    }[condition];
    this.#print("alert", `Cloudflare: ${what}, ${event === "START" ? "begins" : "is over"}`);
  }

  #count({ normal, attack, groups }, isGuarded) {
    if (!isGuarded) {
      this.#before.normal += normal.visits;
      this.#before.failed += normal.failed;
      return;
    }
    const { partner } = groups;
    const sum = this.#guarded;
    sum.normal += normal.visits;
    sum.hurt += normal.hurt;
    sum.attack += attack.visits;
    sum.stopped += attack.stopped;
    sum.partner += partner?.visits ?? 0;
    sum.partnerHurt += partner ? partner.blocked + partner.challenged + partner.limited : 0;
  }

  async #pace() {
    this.#nextMs += 1_000 / this.#options.speed;
    const wait = this.#nextMs - performance.now();
    if (wait > 0) await sleep(wait, undefined, { signal: this.#signal });
    else this.#nextMs = performance.now();
  }

  async #rules({ id }) {
    const path = `/zones/${id}/rulesets/phases/http_request_firewall_custom/entrypoint`;
    const { rules } = await this.#account.call("GET", path);
    return rules.map(({ ref, action, expression }) => ({ ref, action, expression }));
  }

  #tell(stage, text) {
    if (this.#held !== null) this.#held.push([stage, text]);
    else this.#print(stage, typeof text === "function" ? text() : text);
  }

  #print(stage, text) {
    this.#line(`${" ".repeat(9)}${this.#ink.heading(stage.padEnd(10))} ${text}`);
  }

  async #verdict(zone, rulesBefore) {
    const report = await this.#swarm.inSync({ scope: SCOPE, ms: IN_SYNC_MS_MAX });
    const { normal, hurt, attack, stopped, partner, partnerHurt } = this.#guarded;
    const sameRules = JSON.stringify(rulesBefore) === JSON.stringify(await this.#rules(zone));
    const yes = this.#story.ballots.filter(({ vote }) => vote === "yes").length;
    const proof = await this.#proof();
    const took = this.#story.mitigatedMs;
    const checks = [
      [
        took !== null,
        `guardrail live ${took === null ? "-" : seconds(took)} after the swarm was told, on ${yes} of ${this.#story.ballots.length} votes`,
      ],
      [
        share(stopped, attack) >= STOPPED_MIN,
        `${(100 * share(stopped, attack)).toFixed(2)} % of the attack kept out (${stopped.toLocaleString("en")} of ${attack.toLocaleString("en")} visits)`,
      ],
      [
        share(hurt, normal) <= COLLATERAL_MAX,
        `${(100 * share(hurt, normal)).toFixed(3)} % of the others kept out (${hurt} of ${normal}); the bar is 0.1 %`,
      ],
      [partnerHurt === 0, `the partner's machine: ${partner} visits, ${partnerHurt} kept out`],
      [
        sameRules && report.drift.length === 0,
        "the lease is over: the rules are as before, and there is nothing to plan",
      ],
      [proof.ok, proof.text],
    ];
    this.#line();
    for (const [isGood, text] of checks)
      this.#line(` ${isGood ? this.#ink.good("✓") : this.#ink.bad("✗")} ${text}`);
    this.#decisions();
    return {
      ok: checks.every(([isGood]) => isGood),
      story: this.#options.story,
      seed: this.#options.seed,
      cause: this.#kind.cause,
      guardrail: this.#story.guardrail,
      mitigated_ms: took,
      votes: this.#story.ballots,
      others_failed_before: share(this.#before.failed, this.#before.normal),
      attack_stopped: share(stopped, attack),
      collateral: share(hurt, normal),
      partner_hurt: partnerHurt,
      rules_as_before: sameRules,
      record: Object.fromEntries(this.#story.entries),
    };
  }

  /** Where the decisions stand in the record. */
  #decisions() {
    const { url } = this.#system;
    const [first, ...rest] = [...this.#story.entries].map(([what, index]) => `${what} ${index}`);
    const { quiet, place } = this.#ink;
    this.#line();
    this.#line(`   ${quiet("entries of the record:")} ${[first, ...rest].join(quiet(" · "))}`);
    const guardrail = this.#story.entries.get("guardrail");
    this.#line(
      `   ${quiet("proof of one:")} ${place(`${url}/log/proof/${guardrail}`)}${quiet(this.#system.isOwn ? " (this system ends now)" : "")}`,
    );
    this.#line();
  }

  /** Everything that was recorded, recomputed by the command that auditors use. */
  async #proof() {
    const guardrail = this.#story.entries.get("guardrail");
    const response = await fetch(`${this.#system.url}/log/proof/${guardrail}`, {
      signal: this.#signal,
    });
    if (!response.ok) return { ok: false, text: `the record has no proof of entry ${guardrail}` };
    const command = fileURLToPath(new URL("../../cli/driftless.mjs", import.meta.url));
    const args = [command, "verify", this.#system.url, "--json"];
    try {
      const { stdout } = await promisify(execFile)(process.execPath, args, {
        timeout: VERIFY_MS_MAX,
      });
      const { size, root } = JSON.parse(stdout);
      return { ok: true, text: `the record verifies: ${size} entries under the root ${root}` };
    } catch (error) {
      const why = String(error.stdout || error.stderr || error.message).split("\n")[0];
      return { ok: false, text: `the record does not verify: ${why}` };
    }
  }
}
