/**
 * Carries out one released plan, call by call, exactly as certified and in order.
 *
 * Before each call: the touched resources are read again and must be as the plan found them (I2). Then the inverses and
 * the intent are stored (I3), the log has its entry (I10), and the call goes out. An answer that leaves the outcome open
 * is settled by reading, never by guessing; so is an intent without an outcome that a crash left behind (I11).
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
    if (overtaken) return overtaken;
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
        return {
          outcome: "basis_moved",
          call: index,
          written: journal.callsDone(plan.digest),
          mismatches: basisMoved(steps, observed.value),
        };
      case "not_carried_out":
        return answer.type === "unavailable"
          ? this.#unavailable(index, answer.detail, answer.retryAfterMs)
          : this.#refused(index, answer);
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
    this.#input.journal.done(this.#input.plan.digest, index, created);
    const data = { result: "carried_out", ...(ray === undefined ? {} : { ray }) };
    await this.#note("write_result", { index, call, data });
    return null;
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
    const inverses = journal.inverses(plan.digest);
    for (const { step: index, request, createdId: id } of inverses) {
      const step = plan.plan.steps[index];
      if (!step) return { outcome: "stuck", detail: `step ${index} is not in the plan` };
      const observed = await this.#read([[index, step]]);
      if (!observed.ok)
        return {
          outcome: "unavailable",
          detail: observed.error.detail,
          retryAfterMs: observed.error.retryAfterMs,
        };
      if (settle([[index, step]], observed.value) === "carried_out") {
        const created = id ?? createdAmong([[index, step]], observed.value).get(index);
        const ids = journal.ids(plan.digest);
        if (created !== undefined) ids.set(index, created);
        await this.#note("revert", {
          index,
          call: { request, steps: [index] },
          data: { identity: step.identity },
          ids,
        });
        const answer = await this.#send(request, ids);
        if (answer.type === "unavailable")
          return {
            outcome: "unavailable",
            detail: answer.detail,
            retryAfterMs: answer.retryAfterMs,
          };
        if (answer.type === "refused")
          return {
            outcome: "stuck",
            detail: `the inverse of step ${index} was refused with status ${answer.status}`,
          };
        // Inverses of its parts say where it is now.
        const again = step.op === "delete" ? idIn(answer.result) : null;
        journal.undone(plan.digest, index, again);
      } else journal.undone(plan.digest, index, null);
    }
    return { outcome: "reverted", steps: inverses.length };
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

  #note(
    type: "write" | "write_result" | "revert",
    { index, call: { request, steps }, data = {}, ids = new Map() }: Noted,
  ): Promise<unknown> {
    const { plan, scope, record, clock } = this.#input;
    return record([
      {
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
          pre_image_digest: this.#digestOf(steps, ({ before }) => before),
          result_digest: this.#digestOf(steps, ({ after }) => after),
          ...data,
        },
      },
    ]);
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
