/** Before a path declares a Worker: whether there is one of that name that nobody has declared. It would be written over (I9). */
import { z } from "zod";
import type { Part } from "../../src/core/golden-paths/amendment.ts";
import { basePath, type Fault, type Site } from "../../src/core/resource.ts";
import { err, ok, type Result } from "../../src/core/result.ts";
import { pacedApi } from "../paced-api.ts";

const scripts = z.array(z.object({ id: z.string() }));

/** One call, and none where no Worker comes. What could not be read is not taken for free (I8). */
export async function freeNames(
  env: Env,
  account: Site,
  parts: readonly Part[],
): Promise<Result<null, readonly Fault[]>> {
  const added = parts
    .flatMap(({ changes }) => changes)
    .filter(({ op, kind }) => op === "add" && kind === "worker")
    .map(({ identity }) => identity);
  if (added.length === 0) return ok(null);
  const api = pacedApi(env, { accountId: account.id, urgency: "look" });
  const answer = await api.get(`${basePath(account)}/workers/scripts`, {});
  const there = answer.type === "ok" ? scripts.safeParse(answer.result) : null;
  if (!there?.success)
    return err([
      { path: [], problem: "the account's Workers could not be read: ask again in a while" },
    ]);
  const taken = added.filter((name) => there.data.some(({ id }) => id === name));
  return taken.length === 0
    ? ok(null)
    : err(
        taken.map((name) => ({
          path: [],
          problem: `there is a Worker \`${name}\` already that nobody has declared: choose another name, or import it first`,
        })),
      );
}
