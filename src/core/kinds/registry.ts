import type { Kind } from "../resource.ts";
import { dnsRecord } from "./dns-record.ts";
import { zoneSetting } from "./zone-setting.ts";

/** Every kind of resource, by its name in the golden state. Adding one is one line. */
export const KINDS: ReadonlyMap<string, Kind> = new Map(
  [dnsRecord, zoneSetting].map((kind) => [kind.name, kind] as const),
);

/** The kind called `name`; throws when there is none, for names that a parser has let through. */
export function kindOf(name: string): Kind {
  const kind = KINDS.get(name);
  if (kind === undefined) throw new Error(`there is no kind \`${name}\``);
  return kind;
}
