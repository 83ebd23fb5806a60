import { z } from "zod";
import type { Match } from "../../../core/golden.ts";
import { HOLD_REASON_MAX } from "../../../core/hold.ts";
import { type HoldId, instantOf, isHoldId, isScopeId, type ScopeId } from "../../../core/ids.ts";
import { KINDS } from "../../../core/kinds/registry.ts";
import type { RecordedHold } from "../../../core/log/hold-entries.ts";
import type { HoldRefusal } from "../../../core/ports.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { amend } from "../amendment.ts";
import { instant } from "../drift-json.ts";
import { byTime, pageByTime, pageOf } from "../paging.ts";
import { notFound, ofHoldRefusal, type Problem } from "../problem.ts";
import { NO_SCOPE, defineRoute, type RawCall } from "../route.ts";

const selector = z
  .object({ kind: z.enum([...KINDS.keys()]) })
  .catchall(z.string().min(1).max(255))
  .meta({
    description: "`kind`, and fields (or `id`) with globs, as in `match` of an ownership rule",
  });

const hold = z
  .object({
    id: z.string(),
    scope: z.string(),
    selector: z.record(z.string(), z.string()).nullable(),
    reason: z.string(),
    by: z.string(),
    placed_at: instant,
    expires_at: instant,
    status: z
      .enum(["in_force", "expired", "ended"])
      .meta({ description: "an expired hold still holds, and asks" }),
    ended: z.object({ at: instant, by: z.string(), how: z.string() }).nullable(),
  })
  .meta({ id: "Hold" });

const statusOf = ({ ended, expiresAt }: RecordedHold, now: string) => {
  if (ended) return "ended" as const;
  return expiresAt <= now ? ("expired" as const) : ("in_force" as const);
};

const holdJson = (one: RecordedHold, now: string) => ({
  id: one.id,
  scope: one.scope,
  selector: one.selector && { kind: one.selector.kind, ...one.selector.where },
  reason: one.reason,
  by: one.by,
  placed_at: one.placedAt,
  expires_at: one.expiresAt,
  status: statusOf(one, now),
  ended: one.ended && { at: one.ended.at, by: one.ended.by, how: one.ended.how },
});

const matchOf = ({ kind, ...where }: z.output<typeof selector>): Match => ({ kind, where });
const future = z.iso
  .datetime()
  .transform((text) => instantOf(new Date(text).toISOString()))
  .meta({ format: "date-time" });

/** The hold that the path names, from the shared record: it says which reconciler keeps it. */
async function holdOf({ ports, param }: RawCall): Promise<Result<RecordedHold, Problem>> {
  const id = param("id");
  const found = isHoldId(id) ? await ports.hold(id) : null;
  return found ? ok(found) : err(notFound("there is no such hold"));
}

/** As it stands in the shared record after the reconciler has said yes. */
async function answerOf(
  { ports }: RawCall,
  id: HoldId,
  done: Result<unknown, HoldRefusal>,
): Promise<Result<RecordedHold, Problem>> {
  if (!done.ok) return err(ofHoldRefusal(done.error));
  const found = await ports.hold(id);
  return found ? ok(found) : err(notFound("there is no such hold"));
}

const resolution = z
  .strictObject({
    decision: z.enum(["revert", "adopt", "extend"]),
    expires_at: future.optional(),
  })
  .refine(({ decision, expires_at }) => (decision === "extend") === (expires_at !== undefined), {
    path: ["expires_at"],
    message: "belongs to `extend`, and only there",
  });

interface Decided {
  readonly hold: RecordedHold;
  readonly resolution: z.output<typeof resolution>;
}

async function resolve(
  call: RawCall,
  { hold: { id, scope }, resolution: { decision, expires_at } }: Decided,
): Promise<Result<RecordedHold, Problem>> {
  const { ports, principal } = call;
  const by = principal.name;
  const reconciler = ports.reconciler(scope);
  if (expires_at !== undefined)
    return answerOf(call, id, await reconciler.extendHold(id, { expiresAt: expires_at, by }));
  if (decision === "adopt") {
    const applied = await amend(call, scope, { of: "hold", hold: id });
    if (!applied.ok) return applied;
    // A crash here leaves a hold over nothing that differs: when it expires, it ends by itself.
  }
  const how = decision === "adopt" ? "adopted" : "reverted";
  return answerOf(call, id, await reconciler.endHold(id, { how, by }));
}

export const holdRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/holds",
    id: "listHolds",
    summary: "Holds, newest first, those that have ended too",
    right: "read",
    query: byTime,
    out: pageOf(hold),
    async handle({ ports, query }) {
      const page = await pageByTime(query, {
        isId: isHoldId,
        rows: (of) => ports.holds(of),
        timeOf: ({ placedAt }) => placedAt,
      });
      if (!page.ok) return page;
      const { items, next } = page.value;
      return ok({ body: { items: items.map((one) => holdJson(one, ports.now())), next } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/holds",
    id: "placeHold",
    summary: "Stops writing to a scope, or to what a selector names; detection goes on",
    right: "operate",
    status: 201,
    body: z.strictObject({
      scope: z
        .string()
        .refine(isScopeId, "must be a scope, such as `zone:example.com`")
        .transform((text): ScopeId => text),
      selector: selector.optional(),
      reason: z.string().trim().min(3).max(HOLD_REASON_MAX),
      expires_at: future,
    }),
    out: hold,
    async handle(call) {
      const { ports, body, principal } = call;
      if (!(await ports.scope(body.scope))) return err(notFound(NO_SCOPE));
      const placed = await ports.reconciler(body.scope).placeHold({
        selector: body.selector ? matchOf(body.selector) : null,
        reason: body.reason,
        expiresAt: body.expires_at,
        by: principal.name,
      });
      if (!placed.ok) return err(ofHoldRefusal(placed.error));
      const shown = holdJson({ ...placed.value, ended: null }, ports.now());
      return ok({ body: shown, headers: { location: `/api/v1/holds/${shown.id}` } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/holds/{id}",
    id: "getHold",
    summary: "One hold",
    right: "read",
    out: hold,
    async handle(call) {
      const found = await holdOf(call);
      return found.ok ? ok({ body: holdJson(found.value, call.ports.now()) }) : found;
    },
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/v1/holds/{id}",
    id: "liftHold",
    summary: "Ends a hold; what it kept from being written is healed",
    right: "operate",
    out: hold,
    async handle(call) {
      const found = await holdOf(call);
      if (!found.ok) return found;
      const { id, scope, ended } = found.value;
      // Twice is once.
      if (ended) return ok({ body: holdJson(found.value, call.ports.now()) });
      const end = { how: "lifted", by: call.principal.name } as const;
      const done = await answerOf(call, id, await call.ports.reconciler(scope).endHold(id, end));
      return done.ok ? ok({ body: holdJson(done.value, call.ports.now()) }) : done;
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/holds/{id}/resolution",
    id: "resolveHold",
    summary: "Decides about what a hold keeps from being written: revert, adopt, or hold on",
    right: "operate",
    headers: { "If-Match": "to adopt: ETag of the preview of this hold" },
    body: resolution,
    out: hold,
    async handle(call) {
      const found = await holdOf(call);
      if (!found.ok) return found;
      const decided = await resolve(call, { hold: found.value, resolution: call.body });
      return decided.ok ? ok({ body: holdJson(decided.value, call.ports.now()) }) : decided;
    },
  }),
];
