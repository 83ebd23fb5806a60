/** The policies of a token: from what a client sent to what is stored. */
import { z } from "zod";
import { ACCOUNT_ID, grants, type Right } from "../identities.ts";
import { digestId } from "../model/identifiers.ts";
import { ZONE } from "../model/zone.ts";
import type { Call } from "../product.ts";
import { resourceKeys, type Resources, type StoredPolicy } from "./grants.ts";
import { permissionGroup } from "./permission-groups.ts";
import { invalidToken } from "./refusal.ts";

export const PolicyInput = z.object({
  effect: z.enum(["allow", "deny"]),
  resources: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])),
  permission_groups: z
    .array(z.object({ id: z.string() }))
    .min(1)
    .max(300),
});
export type PolicyInput = z.infer<typeof PolicyInput>;

const KEY =
  /^com\.cloudflare\.(api\.account\.zone\.([0-9a-f]{32}|\*)|api\.account\.([0-9a-f]{32}|\*)|api\.user\.([0-9a-f]{32}|\*)|edge\.r2\.bucket\..+)$/;
const ONE_ZONE = /^com\.cloudflare\.api\.account\.zone\.([0-9a-f]{32})$/;

/**
 * Ids depend on the content, and policies and groups come back in the order of their ids, which is
 * not the order in which they were sent (case 58).
 */
export function acceptPolicies(
  call: Call,
  tokenId: string,
  inputs: readonly PolicyInput[],
): StoredPolicy[] {
  const policies = inputs.map((input, index): StoredPolicy => {
    acceptResources(call, input.resources);
    for (const { id } of input.permission_groups) acceptGroup(call, id, input);
    const groups = [...new Set(input.permission_groups.map(({ id }) => id))].toSorted();
    const { effect, resources } = input;
    const content = JSON.stringify([effect, resources, groups]);
    const id = digestId(tokenId, content, `${twins(inputs, index)}`);
    return { id, effect, resources, permission_groups: groups.map((group) => ({ id: group })) };
  });
  return policies.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** How many policies before this one say the same: ids must differ all the same. */
const twins = (inputs: readonly PolicyInput[], index: number): number =>
  inputs.slice(0, index).filter((input) => JSON.stringify(input) === JSON.stringify(inputs[index]))
    .length;

function acceptResources(call: Call, resources: Resources): void {
  const entries = Object.entries(resources).flatMap(([key, value]) =>
    typeof value === "string" ? [[key, value]] : [[key, "*"], ...Object.entries(value)],
  );
  if (entries.length === 0) throw invalidToken("a policy needs at least one resource");
  for (const [key = "", value] of entries) {
    if (!KEY.test(key) || value !== "*") throw invalidToken(`invalid resource \`${key}\``);
    const zoneId = ONE_ZONE.exec(key)?.[1];
    if (zoneId === undefined || call.shelf(ZONE, ACCOUNT_ID).get(zoneId) !== undefined) continue;
    throw invalidToken(`the zone of resource \`${key}\` does not exist`);
  }
}

function acceptGroup(call: Call, id: string, { resources }: PolicyInput): void {
  const group = permissionGroup(id);
  if (group === undefined) throw invalidToken(`unknown permission group \`${id}\``);
  if (!call.options.token_permission_check) return;
  const zoneIds = resourceKeys(resources).flatMap((key) => ONE_ZONE.exec(key)?.[1] ?? []);
  const { identity } = call;
  for (const zoneId of zoneIds) {
    const isHeld = group.rights.every(
      (right) =>
        identity !== undefined && grants(identity, right as Right, { type: "zone", id: zoneId }),
    );
    if (isHeld) continue;
    const reason = `(Permission group: "${group.name}")`;
    throw invalidToken(`Failed common permission check against resources. ${reason}`);
  }
}
