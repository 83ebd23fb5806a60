/** A notification policy: which alert goes where. */
import { z } from "zod";
import { invalidParameter } from "../envelope.ts";
import type { Kind } from "../store.ts";
import { isAlertType, isFilter } from "./alert-types.ts";

const Targets = z.array(z.object({ id: z.string() })).nullish();
const Mechanisms = z.object({ email: Targets, pagerduty: Targets, webhooks: Targets });
const Filters = z.record(z.string(), z.array(z.string())).nullish();

export const PolicyInput = z.object({
  name: z.string().min(1).max(255),
  alert_type: z.string(),
  enabled: z.boolean(),
  mechanisms: Mechanisms,
  description: z.string().nullish(),
  filters: Filters,
  alert_interval: z.string().nullish(),
});

/** PUT changes what it names. */
export const PolicyChange = PolicyInput.partial();
export type PolicyChange = z.infer<typeof PolicyChange>;

export interface StoredPolicy {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly alert_type: string;
  readonly enabled: boolean;
  readonly mechanisms: Readonly<Record<string, readonly { readonly id: string }[]>>;
  readonly filters: Readonly<Record<string, readonly string[]>>;
  readonly alert_interval?: string;
  readonly created: string;
  readonly modified: string;
}

export const NOTIFICATION_POLICY: Kind<StoredPolicy> = { name: "notification_policy" };

type Shown = Omit<StoredPolicy, "id" | "created" | "modified">;

const EMPTY: Shown = {
  name: "",
  description: "",
  alert_type: "",
  enabled: false,
  mechanisms: {},
  filters: {},
};

export function acceptPolicy(
  change: PolicyChange,
  before: Shown = EMPTY,
): Omit<StoredPolicy, "id" | "created" | "modified"> {
  const { mechanisms, filters, alert_interval: interval } = change;
  const type = change.alert_type ?? before.alert_type;
  if (!isAlertType(type)) throw invalidParameter(`alert_type: \`${type}\` is unknown`);
  const kept = interval ?? before.alert_interval;
  return {
    name: change.name ?? before.name,
    description: change.description ?? before.description,
    alert_type: type,
    enabled: change.enabled ?? before.enabled,
    mechanisms: mechanisms === undefined ? before.mechanisms : acceptMechanisms(mechanisms),
    filters: filters === undefined ? before.filters : acceptFilters(filters ?? {}),
    ...(kept === undefined ? {} : { alert_interval: kept }),
  };
}

/** Lists come back in an order of their own (case 60). */
function acceptMechanisms(given: z.infer<typeof Mechanisms>): StoredPolicy["mechanisms"] {
  const said = Object.entries(given).flatMap(([kind, targets]) => {
    const ids = [...new Set((targets ?? []).map(({ id }) => id))].toSorted();
    return ids.length === 0 ? [] : [[kind, ids.map((id) => ({ id }))] as const];
  });
  if (said.length > 0) return Object.fromEntries(said);
  throw invalidParameter("mechanisms: at least one destination is needed");
}

function acceptFilters(
  given: Readonly<Record<string, readonly string[]>>,
): StoredPolicy["filters"] {
  const unknown = Object.keys(given).find((name) => !isFilter(name));
  if (unknown !== undefined) throw invalidParameter(`filters: \`${unknown}\` is unknown`);
  return Object.fromEntries(
    Object.entries(given).map(([name, values]) => [name, values.toSorted()] as const),
  );
}
