/** KV: hot reads for everybody, eventually consistent, never the source of truth. A lost write is made good by the next pass. */
import type { Experience } from "../../core/experience/experience.ts";
import type { ScopeId } from "../../core/ids.ts";
import type { ScopeView } from "../../core/scope-view.ts";

export interface Posture {
  readonly scope: ScopeId;
  readonly status: ScopeView["status"];
  readonly since: string;
  readonly drifted: number;
  readonly generation: number;
  readonly observed_at: string | null;
}

const PREFIX = "posture/";

export async function postPosture(kv: KVNamespace, view: ScopeView): Promise<void> {
  const posture: Posture = {
    scope: view.scope,
    status: view.status,
    since: view.since,
    drifted: view.drift.length,
    generation: view.generation,
    observed_at: view.observedAt,
  };
  try {
    await kv.put(PREFIX + view.scope, JSON.stringify(posture));
  } catch {
    // One write a second and key is all that KV takes; the owner's own storage has the truth.
  }
}

export const readPosture = (kv: KVNamespace, scope: ScopeId): Promise<Posture | null> =>
  kv.get<Posture>(PREFIX + scope, "json");

const EXPERIENCE = "lessons/experience";

/** Throws when it is not taken: its owner tries again. */
export const postExperience = (kv: KVNamespace, experience: Experience): Promise<void> =>
  kv.put(EXPERIENCE, JSON.stringify(experience));

/** Null: there is none, or it cannot be read now; whoever has an older one keeps it. */
export const readExperience = async (kv: KVNamespace): Promise<Experience | null> => {
  try {
    return await kv.get<Experience>(EXPERIENCE, "json");
  } catch {
    return null;
  }
};
