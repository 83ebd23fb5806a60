import type { Json } from "../../../core/canonical.ts";
import type { Reading, Unknown } from "../../../core/observation.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { unknownFrom } from "../../../core/provider-api.ts";
import type { ReadContext, Reader, Subject } from "../../../core/reader.ts";

/** The documented maximum is far higher; 20,000 keep one answer at about 8 MB, and a zone of 10,000 at one call. */
const PAGE_SIZE = 20_000;
/** 260,000 records: more than any zone plan allows (I12). */
const PAGES_MAX = 13;
/** DNS record not found. */
const GONE = 81044;
/** Up to this many subjects are asked for one by one; beyond, one list is cheaper. */
const ONE_BY_ONE_MAX = 4;

export const dnsRecords: Reader = {
  kind: "dns_record",
  readAll,
  async readSome(context, subjects) {
    if (subjects.length > ONE_BY_ONE_MAX) {
      const all = await readAll(context);
      if (!all.ok) return all;
      const { objects, claimedTotal } = all.value;
      return claimedTotal === objects.length
        ? ok(objects)
        : err(partial(objects.length, claimedTotal));
    }
    const found = await Promise.all(subjects.map((subject) => readOne(context, subject)));
    const objects: Json[] = [];
    for (const one of found) {
      if (!one.ok) return one;
      objects.push(...one.value);
    }
    return ok(objects);
  },
};

async function readAll({ api, site }: ReadContext): Promise<Result<Reading, Unknown>> {
  const objects: Json[] = [];
  let claimedTotal: number | null = null;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const answer = await api.get(`/zones/${site.id}/dns_records`, {
      page: String(page),
      per_page: String(PAGE_SIZE),
    });
    if (answer.type !== "ok") return err(unknownFrom(answer, "dns_record list"));
    // An empty list may come as null.
    const rows = answer.result ?? [];
    if (!Array.isArray(rows))
      return err({
        reason: "malformed",
        detail: "dns_record list: the result is not a list",
        retryAfterMs: null,
      });
    objects.push(...rows);
    claimedTotal = answer.info.total_count ?? claimedTotal;
    const pages =
      answer.info.total_pages ??
      (claimedTotal === null ? null : Math.ceil(claimedTotal / PAGE_SIZE));
    if (pages === null ? rows.length === 0 : page >= pages)
      return ok({ kind: "dns_record", objects, claimedTotal });
  }
  return err(partial(objects.length, claimedTotal));
}

const partial = (read: number, claimed: number | null): Unknown => ({
  reason: "partial_list",
  detail: `dns_record list: ${read} of ${claimed ?? "?"} objects were read`,
  retryAfterMs: null,
});

async function readOne(
  { api, site }: ReadContext,
  { id, group }: Subject,
): Promise<Result<readonly Json[], Unknown>> {
  if (id !== null) {
    const answer = await api.get(`/zones/${site.id}/dns_records/${id}`);
    if (answer.type === "ok") return ok([answer.result]);
    return answer.type === "refused" && answer.codes.includes(GONE)
      ? ok([])
      : err(unknownFrom(answer, "dns_record"));
  }
  const [type = "", name = ""] = group.split(" ");
  const answer = await api.get(`/zones/${site.id}/dns_records`, {
    type,
    "name.exact": name,
    per_page: String(PAGE_SIZE),
  });
  if (answer.type !== "ok") return err(unknownFrom(answer, "dns_record set"));
  const rows = answer.result ?? [];
  if (!Array.isArray(rows))
    return err({
      reason: "malformed",
      detail: "dns_record set: the result is not a list",
      retryAfterMs: null,
    });
  const claimed = answer.info.total_count ?? rows.length;
  return claimed === rows.length ? ok(rows) : err(partial(rows.length, claimed));
}
