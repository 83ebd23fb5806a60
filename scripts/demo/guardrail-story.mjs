// Follows one guardrail through the record: who heard what, what was found out, what was tried, who voted, what was written.
import { Failure } from "../json-client.mjs";
import { seconds } from "./narration.mjs";

/**
 * Reads the record's entries until `signal` aborts. `told(stage, text)` is called for what happens; `story` has what is
 * known so far.
 */
export class GuardrailStory {
  guardrail = null;
  run = null;
  /** The record's indexes of the decisions, by what they are. */
  entries = new Map();
  ballots = [];
  diagnosis = null;
  writtenAtMs = null;
  verified = false;
  endedAt = null;
  #told;
  /** When the swarm was told something: its own time begins with the last of these before its diagnosis. */
  #toldAtMs = [];
  #diagnosedAtMs = null;
  #cause;
  #ink;

  constructor({ told, ink, cause }) {
    this.#told = told;
    this.#ink = ink;
    this.#cause = cause;
  }

  /** The swarm is told: logs, an alert, an advisory. */
  hears(atMs) {
    this.#toldAtMs.push(atMs);
  }

  /** The swarm's own time from what it was told to the write, in ms. */
  get mitigatedMs() {
    if (this.writtenAtMs === null) return null;
    const before = this.#toldAtMs.filter((atMs) => atMs <= this.#diagnosedAtMs);
    return this.writtenAtMs - Math.max(...before);
  }

  async follow({ swarm, scope, after, signal }) {
    try {
      for await (const entry of swarm.entries({ scope, after, signal })) this.#take(entry);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #take(entry) {
    const { type, data } = entry;
    if (type === "diagnosis" && data.cause === this.#cause && this.guardrail === null)
      this.#diagnosed(entry);
    else if (type === "proposal" && data.type === "guard") this.#proposed(entry);
    else if (type === "plan" && this.guardrail !== null && this.run === null) this.#planned(entry);
    else if (this.run !== null && !this.verified) this.#ofRun(entry);
  }

  #diagnosed({ data, index, at }) {
    const { cause, facts, remedy } = data;
    if (remedy.type !== "guard")
      throw new Failure(`the diagnosis ${cause} asks for ${remedy.type}: ${remedy.why ?? ""}`);
    this.diagnosis = { cause, facts, remedy };
    this.entries.set("diagnosis", index);
    this.#diagnosedAtMs = Date.parse(at);
    this.#told("diagnosis", diagnosisText(cause, facts));
    const caught = facts.caught_per_10k;
    if (caught === undefined) return;
    const hit = facts.collateral_per_10k ?? 10_000;
    this.#told(
      "trial",
      `of what was recorded it catches ${percent(caught)} of the trouble and hits ${percent(hit)} of ` +
        `${facts.normal_requests} ordinary requests`,
    );
  }

  #proposed({ data, index, at }) {
    if (data.what === "add" && this.guardrail === null) {
      this.guardrail = data.guardrail;
      this.entries.set("guardrail", index);
      const hours = Math.round((Date.parse(data.expires_at) - Date.parse(at)) / 3_600_000);
      const parameters = Object.entries(data.parameters)
        .filter(([name]) => name !== "except")
        .map(([name, value]) => `${name} ${JSON.stringify(value)}`);
      const what = `${data.template}, ${data.mode}, for ${hours} h: ${parameters.join(", ")}`;
      this.#told("guardrail", what.slice(0, 110));
    }
    if (data.what === "end" && data.guardrail === this.guardrail) {
      this.endedAt = at;
      this.entries.set("end", index);
      this.#told("expired", "the lease is over; the drift loop takes the rule away");
    }
  }

  #planned({ data, index }) {
    this.run = { id: data.run, digest: data.plan_digest };
    this.entries.set("plan", index);
    this.#told("plan", `${data.steps} step, risk tier ${data.tier}`);
  }

  #ofRun({ type, data, actor, index, at }) {
    if (type === "ballot" && data.run === this.run.id) {
      this.ballots.push({ voter: actor.split("@")[0], vote: data.vote });
      this.entries.set(`ballot of ${this.ballots.at(-1).voter}`, index);
      if (this.ballots.length === 4) this.#told("votes", this.#votes());
    }
    if (type === "write_result" && data.plan_digest === this.run.digest) {
      this.writtenAtMs ??= Date.parse(at);
      this.entries.set("write", index);
    }
    if (type === "verification" && data.run === this.run.id) {
      this.verified = data.verified === true;
      this.entries.set("verification", index);
      this.#told("live", () => {
        const when = `${seconds(this.mitigatedMs)} after the swarm was told`;
        return this.#ink.good(`written by the vault, ${when}; read back as predicted`);
      });
    }
    // Planned anew, on what the world is like now.
    if (type === "run" && data.run === this.run.id && data.phase === "superseded") {
      this.run = null;
      this.ballots = [];
    }
  }

  #votes() {
    return this.ballots
      .map(
        ({ voter, vote }) =>
          `${voter} ${vote === "yes" ? this.#ink.good(vote) : this.#ink.bad(vote)}`,
      )
      .join(" · ");
  }
}

export const percent = (perTenThousand) => `${(perTenThousand / 100).toFixed(2)} %`;

function diagnosisText(cause, facts) {
  if (cause === "l7_flood")
    return `${cause}: ${facts.requests_per_second} requests a second, ${facts.times_usual} times the usual`;
  if (cause === "cve_exposure")
    return `${cause}: ${facts.cve} is being tried here, ${facts.tried} recorded requests fit`;
  return cause;
}
