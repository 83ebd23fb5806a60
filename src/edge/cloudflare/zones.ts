/** The zones that a token can see. */
import { z } from "zod";
import type { Json } from "../../core/canonical.ts";
import { type ZonePlan, zonePlanOf } from "../../core/golden-paths/zone-plan.ts";
import { isObjectId, mint } from "../../core/ids.ts";
import type { Unknown } from "../../core/observation.ts";
import { type ProviderApi, unknownFrom } from "../../core/provider-api.ts";
import type { Site } from "../../core/resource.ts";
import { err, ok, type Result } from "../../core/result.ts";

/** A zone that the token can see, and the account that it is in. */
export interface VisibleZone extends Site {
  readonly account: Site;
  /** Null: it does not say, or one that nobody here knows. */
  readonly plan: ZonePlan | null;
}

const ZONES_PER_PAGE = 50;
/** 5,000 zones in one account (I12). */
const ZONE_PAGES_MAX = 100;

export async function listZones(
  api: ProviderApi,
): Promise<Result<readonly VisibleZone[], Unknown>> {
  const zones: VisibleZone[] = [];
  for (let page = 1; page <= ZONE_PAGES_MAX; page += 1) {
    const answer = await api.get("/zones", {
      page: String(page),
      per_page: String(ZONES_PER_PAGE),
    });
    if (answer.type !== "ok") return err(unknownFrom(answer, "zones"));
    const rows = Array.isArray(answer.result) ? answer.result : [];
    for (const row of rows) {
      const site = zoneOf(row);
      // A zone without an id must never become something to compare with (drift-cases 29).
      if (!site)
        return err({
          reason: "malformed",
          detail: "zones: an entry without a usable id",
          retryAfterMs: null,
        });
      zones.push(site);
    }
    if (rows.length === 0 || page >= (answer.info.total_pages ?? Infinity)) return ok(zones);
  }
  return ok(zones);
}

const visibleZone = z.object({
  id: z.string().refine(isObjectId),
  name: z.string().min(1),
  account: z.object({ id: z.string().refine(isObjectId), name: z.string().default("") }),
  plan: z.object({ legacy_id: z.string() }).nullish().catch(null),
});

function zoneOf(raw: Json): VisibleZone | null {
  const parsed = visibleZone.safeParse(raw);
  if (!parsed.success) return null;
  const { id, name, account, plan } = parsed.data;
  return {
    level: "zone",
    id: mint(isObjectId, id),
    name,
    account: { level: "account", id: mint(isObjectId, account.id), name: account.name },
    plan: zonePlanOf(plan?.legacy_id ?? null),
  };
}
