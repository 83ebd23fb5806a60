import document from "../../../policies/world.json";
import { parseWorld, type World } from "../../core/policy/table.ts";

/** Who and what the rows of decision tables are about, as shipped. */
export function shippedWorld(): World {
  const world = parseWorld(document);
  if (!world.ok) throw new Error(`policies/world.json is malformed: ${world.error}`);
  return world.value;
}
