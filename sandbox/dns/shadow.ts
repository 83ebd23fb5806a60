/** Shadow metadata: records below a delegation are never answered by this zone. */
import type { StoredRecord } from "./record.ts";

const isAtOrBelow = (name: string, ancestor: string): boolean =>
  name === ancestor || name.endsWith(`.${ancestor}`);

/** Answers each record with the `meta` of `include_shadow_metadata=true`. */
export function withShadowMetadata(
  shown: readonly StoredRecord[],
  all: readonly StoredRecord[],
  apex: string,
): StoredRecord[] {
  const delegations = all.filter((record) => record.type === "NS" && record.name !== apex);
  return shown.map((record) => {
    const meta = { ...record.meta, ...shadowOf(record, delegations, all) };
    return { ...record, meta };
  });
}

function shadowOf(
  record: StoredRecord,
  delegations: readonly StoredRecord[],
  all: readonly StoredRecord[],
): Record<string, unknown> {
  if (delegations.some((delegation) => delegation.id === record.id)) {
    const shadowed = all.filter((other) => isShadowedBy(other, record));
    return { shadowed_records_count: shadowed.length };
  }
  const above = delegations.filter((delegation) => isShadowedBy(record, delegation));
  if (above.length === 0) return {};
  const isAddress = record.type === "A" || record.type === "AAAA";
  const isGlue = isAddress && delegations.some(({ content }) => content === record.name);
  return {
    shadowed_by: [...new Set(above.map((delegation) => delegation.id))],
    ...(isAddress ? { is_glue: isGlue } : {}),
  };
}

/** The records that form the delegation (NS and DS of its name) are not shadowed by it. */
function isShadowedBy(record: StoredRecord, delegation: StoredRecord): boolean {
  const isPart = record.name === delegation.name && (record.type === "NS" || record.type === "DS");
  return !isPart && isAtOrBelow(record.name, delegation.name);
}
