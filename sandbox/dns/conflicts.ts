/** Which records cannot stand beside each other. */
import { ApiError } from "../envelope.ts";
import type { Options } from "../options.ts";
import type { Shelf } from "../store.ts";
import { isIdentical, type StoredRecord } from "./record.ts";

const ADDRESSES: readonly string[] = ["A", "AAAA"];

/** Throws when `record` may not be stored beside the others of its name. */
export function refuseConflicts(
  record: StoredRecord,
  shelf: Shelf<StoredRecord>,
  context: { readonly apex: string; readonly options: Options },
): void {
  const others = shelf.withKey(record.name).filter((other) => other.id !== record.id);
  if (others.some((other) => isIdentical(record, other))) {
    const code = context.options.identical_record_code;
    const message =
      code === 81058 ? "An identical record already exists." : "Record already exists.";
    throw new ApiError(400, { code, message });
  }
  if (others.some((other) => isAliasConflict(record, other))) {
    const message = "An A, AAAA, or CNAME record with that host already exists.";
    throw new ApiError(400, { code: 81053, message });
  }
  if (record.name === context.apex) return;
  if (others.some((other) => isDelegationConflict(record, other))) {
    const message = "NS records cannot exist on the same name as any other record type.";
    throw new ApiError(400, { code: 81056, message });
  }
}

/** One name is either an alias or has addresses, and is one alias only. */
function isAliasConflict(a: StoredRecord, b: StoredRecord): boolean {
  if (a.type === "CNAME") return b.type === "CNAME" || ADDRESSES.includes(b.type);
  return b.type === "CNAME" && ADDRESSES.includes(a.type);
}

/** DS is the exception: it belongs beside the NS records that it signs. */
function isDelegationConflict(a: StoredRecord, b: StoredRecord): boolean {
  if (a.type === b.type || (a.type !== "NS" && b.type !== "NS")) return false;
  return a.type !== "DS" && b.type !== "DS";
}
