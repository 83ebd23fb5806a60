import type { Json } from "../../../core/canonical.ts";
import type { Unknown } from "../../../core/observation.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { unknownFrom } from "../client.ts";
import type { ReadContext, Reader } from "../reader.ts";

/** There is no bulk read: only what the golden state declares is asked for, one call each. */
export const zoneSettings: Reader = {
  kind: "zone_setting",
  async readAll(context, golden) {
    const ids = golden.resources
      .filter(({ kind }) => kind === "zone_setting")
      .map(({ group }) => group);
    const objects = await read(context, ids);
    return objects.ok
      ? ok({ kind: "zone_setting", objects: objects.value, claimedTotal: ids.length })
      : objects;
  },
  readSome: (context, subjects) =>
    read(
      context,
      subjects.map(({ group }) => group),
    ),
};

/** Six connections are all a Worker may hold open at once. */
const AT_ONCE = 6;

async function read(
  { api, site }: ReadContext,
  ids: readonly string[],
): Promise<Result<readonly Json[], Unknown>> {
  const objects: Json[] = [];
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const batch = ids.slice(from, from + AT_ONCE);
    const answers = await Promise.all(
      batch.map((id) => api.get(`/zones/${site.id}/settings/${id}`)),
    );
    for (const [position, answer] of answers.entries()) {
      if (answer.type !== "ok")
        return err(unknownFrom(answer, `zone_setting \`${batch[position]}\``));
      objects.push(answer.result);
    }
  }
  return ok(objects);
}
