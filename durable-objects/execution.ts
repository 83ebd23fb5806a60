/**
 * Carries out one released plan, call by call, exactly as certified and in order.
 *
 * Before each call: the touched resources are read again and must be as the plan found them (I2). Then the inverses and
 * the intent are stored (I3), the log has its entry (I10), and the call goes out. An answer that leaves the outcome open
 * is settled by reading, never by guessing; so is an intent without an outcome that a crash left behind (I11). What came of
 * it is stored with the entry that tells so, and nothing else is done for the plan before the record has that (I10).
 */
import { digestOf, isObject, type Json, type JsonObject, textOf } from "../src/core/canonical.ts";
import type { ExecutionReport, RevertReport } from "../src/core/execution.ts";
import type { Digest, Instant, ScopeId } from "../src/core/ids.ts";
import { kindOf } from "../src/core/kinds/registry.ts";
import type { Entry } from "../src/core/log/entry.ts";
import { type Call, type SealedPlan, type Step, withIds } from "../src/core/plan.ts";
import type { ApiRequest, ObservedResource } from "../src/core/resource.ts";
import { prohibitedNow } from "../src/core/prohibitions.ts";
import { basisMoved, unpredicted } from "../src/core/verification.ts";
import type { Answer, ProviderApi } from "../src/core/provider-api.ts";
import { carriedOut } from "./providers.ts";
import { readTouched } from "./site-reader.ts";
import type { ExecutionJournal } from "./execution-journal.ts";

export interface ExecutionInput {
  readonly scope: ScopeId;
  readonly plan: SealedPlan;
  readonly api: ProviderApi;
  readonly journal: ExecutionJournal;
  /** How many approved: what is read just before a write may ask for more than the plan said. */
  readonly people: number;
  readonly record: (entries: readonly Entry[]) => Promise<unknown>;
  readonly clock: () => Instant;
}

type Indexed = readonly [number, Step];

interface Noted {
  readonly index: number;
  readonly call: Call;
  readonly data?: JsonObject;
  /** What goes into the certified path before it is sent. */
  readonly ids?: ReadonlyMap<number, string>;
}

/**
 * What came of a call. `not_sent`: somebody else came between its entry and the call. `unclear`: there is another state now.
 * Of an inverse, `as_before`: there was nothing to take back, or a crash hid that it had been; `left_alone`: changed since.
 */
type Outcome =
  | "carried_out"
  | "refused"
  | "not_carried_out"
  | "not_sent"
  | "unclear"
  | "as_before"
  | "left_alone";

/** What a look at the touched resources says about a call that may or may not have happened. */
type Settled = "carried_out" | "not_carried_out" | "neither";

export class Execution {
  readonly #input: ExecutionInput;

  constructor(input: ExecutionInput) {
    this.#input = input;
  }

  async run(): Promise<ExecutionReport> {
    const {
      plan: { plan, digest },
      journal,
    } = this.#input;
    await this.#tell();
    for (const [index, call] of plan.calls.entries()) {
      if (journal.state(digest, index) === "done") continue;
      const stopped = await this.#carryOut(index, call);
      if (stopped) return stopped;
    }
    return { outcome: "done", calls: plan.calls.length };
  }

  /** One call. Null: carried out, go on. */
  async #carryOut(index: number, call: Call): Promise<ExecutionReport | null> {
    const { plan, journal } = this.#input;
    const steps = this.#stepsOf(call);
    const observed = await this.#read(steps);
    if (!observed.ok)
      return this.#unavailable(index, observed.error.detail, observed.error.retryAfterMs);
    if (
      journal.state(plan.digest, index) === "intended" &&
      settle(steps, observed.value) === "carried_out"
    )
      return this.#done(index, call, { created: createdAmong(steps, observed.value) });
    const moved = this.#moved(index, steps, observed.value);
    if (moved) return moved;
    const refused =
      this.#prohibit(index, call, observed.value) ?? (await this.#rehearse(index, call));
    if (refused) return refused;
    const ids = journal.ids(plan.digest);
    await this.#note("write", { index, call, ids });
    // The rehearsal and the record took their time. Nothing is waited for between this look and the call.
    const latest = await this.#read(steps);
    if (!latest.ok) return this.#unavailable(index, latest.error.detail, latest.error.retryAfterMs);
    const overtaken = this.#moved(index, steps, latest.value);
    if (overtaken) {
      await this.#failed({ index, call }, "not_sent");
      return overtaken;
    }
    journal.intend(plan, index);
    const answer = await this.#send(call.request, ids);
    if (answer.type === "ok")
      return this.#done(index, call, {
        created: createdIn(call, plan.plan.steps, answer.result),
        ...(answer.ray === undefined ? {} : { ray: answer.ray }),
      });
    return this.#unclear(index, call, answer);
  }

  /** Somebody else was here: their change is not overwritten. Null: everything is as the plan has it. */
  #moved(
    index: number,
    steps: readonly Indexed[],
    observed: readonly ObservedResource[],
  ): ExecutionReport | null {
    const { plan, journal } = this.#input;
    const mismatches = basisMoved(steps, observed);
    if (mismatches.length === 0) return null;
    const written = journal.callsDone(plan.digest);
    return { outcome: "basis_moved", call: index, written, mismatches };
  }

  /** The absolute rules once more, beside what is really there. */
  #prohibit(
    index: number,
    call: Call,
    observed: readonly ObservedResource[],
  ): ExecutionReport | null {
    const { plan, people, journal } = this.#input;
    const steps = this.#stepsOf(call);
    const touched = observed.filter((one) => steps.some(([, step]) => isOf(step, one)));
    const prohibition = prohibitedNow(call, touched, { plan: plan.plan, people });
    if (!prohibition) return null;
    const written = journal.callsDone(plan.digest);
    return { outcome: "prohibited", call: index, written, prohibition };
  }

  /** Where the API can check a write without carrying it out, it does so first. Null: it would be carried out. */
  async #rehearse(index: number, call: Call): Promise<ExecutionReport | null> {
    const { api } = this.#input;
    const { request } = call;
    if (!this.#stepsOf(call).some(([, { kind }]) => kindOf(kind).dryRun)) return null;
    const answer = await api.send({ ...request, path: `${request.path}?dry_run=true` });
    switch (answer.type) {
      case "ok":
        return null;
      case "refused":
        return this.#refused(index, answer);
      case "unavailable":
        return this.#unavailable(index, answer.detail, answer.retryAfterMs);
    }
  }

  /** No plain yes: look at what is there. */
  async #unclear(
    index: number,
    call: Call,
    answer: Exclude<Answer, { type: "ok" }>,
  ): Promise<ExecutionReport | null> {
    const { plan, journal } = this.#input;
    const steps = this.#stepsOf(call);
    const observed = await this.#read(steps);
    if (!observed.ok)
      return this.#unavailable(index, observed.error.detail, observed.error.retryAfterMs);
    switch (settle(steps, observed.value)) {
      case "carried_out":
        return this.#done(index, call, { created: createdAmong(steps, observed.value) });
      case "neither":
        await this.#failed({ index, call }, "unclear");
        return {
          outcome: "basis_moved",
          call: index,
          written: journal.callsDone(plan.digest),
          mismatches: basisMoved(steps, observed.value),
        };
      case "not_carried_out":
        if (answer.type === "unavailable") {
          await this.#failed({ index, call }, "not_carried_out");
          return this.#unavailable(index, answer.detail, answer.retryAfterMs);
        }
        await this.#failed({ index, call }, "refused", { status: answer.status });
        return this.#refused(index, answer);
    }
  }

  /**
   * Sends a request with the ids of what earlier calls made, and waits for what it sets going. A crash while waiting
   * leaves an intent, like one while sending: the next look settles it.
   */
  async #send(request: ApiRequest, ids: ReadonlyMap<number, string>): Promise<Answer> {
    const { api, plan } = this.#input;
    const named = withIds(request, ids);
    const answer = await api.send(named);
    const end = await carriedOut(plan.plan.site.level, api, { request: named, answer });
    // The ray of the write itself, not of the questions what became of it.
    return end.type === "ok" && answer.type === "ok" && answer.ray !== undefined
      ? { ...end, ray: answer.ray }
      : end;
  }

  /** `ray`: left out where the answer was lost, and the write was found by looking. */
  async #done(
    index: number,
    call: Call,
    { created, ray }: { created: ReadonlyMap<number, string>; ray?: string },
  ): Promise<null> {
    const data = { result: "carried_out", ...(ray === undefined ? {} : { ray }) };
    const entry = this.#entry("write_result", { index, call, data });
    this.#input.journal.done(this.#input.plan.digest, index, { created, entry });
    // A crash here, or a record that does not take it: the result is owed, and told before anything else is done.
    await this.#tell();
    return null;
  }

  /** What did not come of a call is told once for each way that it went: another try may go otherwise. */
  #failed(noted: Noted, result: Outcome, facts: JsonObject = {}): Promise<void> {
    const { journal, plan } = this.#input;
    const data = { ...noted.data, result, ...facts };
    const entry = this.#entry("write_result", { ...noted, data });
    journal.owe(plan.digest, { ...entry, id: `${entry.id}/${result}` });
    return this.#tell();
  }

  /** Throws where the record does not take it: then nothing goes on (I10). */
  async #tell(): Promise<void> {
    const { journal, plan, record } = this.#input;
    const owed = journal.owed(plan.digest);
    const last = owed.at(-1);
    if (last === undefined) return;
    await record(owed.map(({ entry }) => entry));
    journal.told(plan.digest, last.seq);
  }

  #refused(
    index: number,
    { status, codes, detail }: Extract<Answer, { type: "refused" }>,
  ): ExecutionReport {
    return {
      outcome: "call_refused",
      call: index,
      written: this.#input.journal.callsDone(this.#input.plan.digest),
      status,
      codes,
      ...(detail === undefined ? {} : { detail }),
    };
  }

  #unavailable(index: number, detail: string, retryAfterMs: number | null): ExecutionReport {
    return {
      outcome: "unavailable",
      call: index,
      written: this.#input.journal.callsDone(this.#input.plan.digest),
      detail,
      retryAfterMs,
    };
  }

  /** Whether every call was carried out and everything is as planned. Null: it cannot be read now. */
  async isAsPredicted(): Promise<boolean | null> {
    const { plan, journal } = this.#input;
    if (journal.callsDone(plan.digest) < plan.plan.calls.length) return false;
    const steps = [...plan.plan.steps.entries()];
    const observed = await this.#read(steps);
    return observed.ok ? unpredicted(steps, observed.value).length === 0 : null;
  }

  /** Undoes what was carried out, last step first. What somebody else has changed since is left to them. */
  async revert(): Promise<RevertReport> {
    const { plan, journal } = this.#input;
    await this.#tell();
    const inverses = journal.inverses(plan.digest);
    for (const inverse of inverses) {
      const stopped = await this.#undo(inverse);
      if (stopped) return stopped;
    }
    return { outcome: "reverted", steps: inverses.length };
  }

  /** One step. Null: it is as it was before, go on. */
  async #undo({
    step: index,
    request,
    createdId: id,
  }: ReturnType<ExecutionJournal["inverses"]>[number]): Promise<RevertReport | null> {
    const { plan, journal } = this.#input;
    const step = plan.plan.steps[index];
    if (!step) return { outcome: "stuck", detail: `step ${index} is not in the plan` };
    const observed = await this.#read([[index, step]]);
    if (!observed.ok) {
      const { detail, retryAfterMs } = observed.error;
      return { outcome: "unavailable", detail, retryAfterMs };
    }
    const call = { request, steps: [index] };
    const noted = { index, call, data: { identity: step.identity } };
    const now = settle([[index, step]], observed.value);
    if (now !== "carried_out")
      return this.#undone(noted, now === "not_carried_out" ? "as_before" : "left_alone", null);
    const created = id ?? createdAmong([[index, step]], observed.value).get(index);
    const ids = journal.ids(plan.digest);
    if (created !== undefined) ids.set(index, created);
    await this.#note("revert", { ...noted, ids });
    const answer = await this.#send(request, ids);
    if (answer.type === "unavailable") {
      const { detail, retryAfterMs } = answer;
      return { outcome: "unavailable", detail, retryAfterMs };
    }
    if (answer.type === "refused") {
      const { status } = answer;
      const data = { ...noted.data, result: "refused", status };
      journal.owe(plan.digest, this.#entry("revert_result", { ...noted, ids, data }));
      await this.#tell();
      const detail = `the inverse of step ${index} was refused with status ${status}`;
      return { outcome: "stuck", detail };
    }
    // Inverses of its parts say where it is now.
    const again = step.op === "delete" ? idIn(answer.result) : null;
    return this.#undone({ ...noted, ids }, "carried_out", again);
  }

  async #undone(noted: Noted, result: Outcome, createdId: string | null): Promise<null> {
    const { plan, journal } = this.#input;
    const data = { ...noted.data, result };
    const entry = this.#entry("revert_result", { ...noted, data });
    journal.undone(plan.digest, noted.index, { createdId, entry });
    await this.#tell();
    return null;
  }

  #read(steps: readonly Indexed[]) {
    const { plan, api } = this.#input;
    return readTouched(
      { api, site: plan.plan.site },
      steps.map(([, step]) => step),
    );
  }

  #stepsOf(call: Call): Indexed[] {
    return call.steps.flatMap((index): Indexed[] => {
      const step = this.#input.plan.plan.steps[index];
      return step ? [[index, step]] : [];
    });
  }

  /** Before a write: what was read there, and what is to be there afterwards; a carried out write has been seen to. */
  #digestOf(steps: readonly number[], image: (step: Step) => unknown): Digest {
    const { plan } = this.#input.plan;
    return digestOf(steps.map((index) => image(plan.steps[index] as Step)));
  }

  #note(type: "write" | "revert", noted: Noted): Promise<unknown> {
    return this.#input.record([this.#entry(type, noted)]);
  }

  #entry(
    type: "write" | "write_result" | "revert" | "revert_result",
    { index, call: { request, steps }, data = {}, ids = new Map() }: Noted,
  ): Entry {
    const { plan, scope, clock } = this.#input;
    const [before, after] = [
      this.#digestOf(steps, (step) => step.before),
      this.#digestOf(steps, (step) => step.after),
    ];
    // An inverse goes the other way.
    const [from, to] = type.startsWith("revert") ? [after, before] : [before, after];
    return {
      id: `${plan.digest}/${type}/${index}`,
      type,
      scope,
      at: clock(),
      actor: "vault",
      data: {
        plan_digest: plan.digest,
        method: request.method,
        path: withIds(request, ids).path,
        request_digest: digestOf(request),
        steps: steps.length,
        pre_image_digest: from,
        result_digest: to,
        ...data,
      },
    };
  }
}

/** Readers may answer with more than was asked for. */
const isOf = ({ kind, identity, before }: Step, one: ObservedResource): boolean =>
  one.kind === kind && (one.id === before?.id || one.identity === identity);

function settle(steps: readonly Indexed[], observed: readonly ObservedResource[]): Settled {
  if (unpredicted(steps, observed).length === 0) return "carried_out";
  return basisMoved(steps, observed).length === 0 ? "not_carried_out" : "neither";
}

/** Ids of created objects, found by looking. */
function createdAmong(
  steps: readonly Indexed[],
  observed: readonly ObservedResource[],
): Map<number, string> {
  return new Map(
    steps.flatMap(([index, step]): [number, string][] => {
      const live =
        step.op === "create"
          ? observed.find(({ kind, identity }) => kind === step.kind && identity === step.identity)
          : undefined;
      return live ? [[index, live.id]] : [];
    }),
  );
}

/** Ids of created objects, from the answer: the object itself, or a batch's `posts` in the order they were sent. */
function createdIn(
  { request, steps }: Call,
  planned: readonly Step[],
  result: Json,
): Map<number, string> {
  const creates = steps.filter((index) => planned[index]?.op === "create");
  const posts = isObject(result) ? result["posts"] : null;
  const batched = Array.isArray(posts) ? posts : [];
  const objects = request.path.endsWith("/dns_records/batch") ? batched : [result];
  return new Map(
    creates.flatMap((index, position): [number, string][] => {
      const id = idIn(objects[position] ?? null);
      return id === null ? [] : [[index, id]];
    }),
  );
}

/** What an answer calls the object; some products have another word for it. */
function idIn(answered: Json): string | null {
  const { id, uuid } = isObject(answered) ? answered : {};
  return textOf(id) || textOf(uuid) || null;
}
