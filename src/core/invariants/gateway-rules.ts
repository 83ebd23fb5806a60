/** Rules of Zero Trust Gateway: what keeps the team's people from harm, and what makes exceptions. */
import { type Json, sameJson, textOf } from "../canonical.ts";
import type { Fields } from "../resource.ts";
import { certain, perhaps, type Protection } from "./invariant.ts";

/** How much an action keeps out; below nothing, it takes traffic out of what others inspect. */
const STRENGTH: ReadonlyMap<string, number> = new Map([
  ["block", 3],
  ["quarantine", 3],
  ["isolate", 2],
  ["scan", 1],
  ["safesearch", 1],
  ["ytrestricted", 1],
  ["on", 1],
  ["allow", -1],
  ["off", -1],
  ["noscan", -1],
  ["noisolate", -1],
]);

const strengthOf = (rule: Fields | null): number =>
  rule === null || rule["enabled"] === false ? 0 : (STRENGTH.get(textOf(rule["action"])) ?? 0);

/** What decides whom and what a rule is for. What an answer left out (null) is not known to differ. */
const SCOPE = ["traffic", "identity", "device_posture", "schedule", "rule_settings", "filters"];

const differs = (was: Json | undefined, is: Json | undefined): boolean =>
  (was ?? null) !== null && (is ?? null) !== null && !sameJson(was, is);

export const gatewayRules: Protection = {
  kind: "gateway_rule",
  weakened(before, after) {
    const [was, is] = [strengthOf(before), strengthOf(after)];
    if (is < was)
      return [
        certain(
          is < 0
            ? `it takes traffic out of inspection (\`${textOf(after?.["action"])}\`)`
            : `it no longer does \`${textOf(before?.["action"])}\``,
        ),
      ];
    if (before === null || after === null || (was === 0 && is === 0)) return [];
    const moved = SCOPE.filter((member) => differs(before[member], after[member]));
    return moved.length === 0 ? [] : [perhaps(`it is for others: ${moved.join(", ")}`)];
  },
};
