/** A visit that is going to be made, and who it stands for: groups are what is counted at the end. */
import type { Client } from "../edge/visit.ts";

export const NORMAL_GROUPS = ["people", "app", "partner", "search_engine", "monitoring"] as const;
export const ATTACK_KINDS = ["flood", "stuffing", "scan", "cve", "exfiltration"] as const;
export type NormalGroup = (typeof NORMAL_GROUPS)[number];
export type AttackKind = (typeof ATTACK_KINDS)[number];
export type Group = NormalGroup | AttackKind;

export const isNormal = (group: Group): group is NormalGroup =>
  (NORMAL_GROUPS as readonly string[]).includes(group);

export interface Planned {
  readonly atMs: number;
  readonly group: Group;
  readonly client: Client;
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** There is a browser with a person before it: a challenge is solved. */
  readonly solves: boolean;
}

export const clientOf = (
  given: Pick<Client, "ip" | "asn" | "country" | "ja4"> & Partial<Client>,
): Client => ({ botScore: 1, threatScore: 0, verifiedBot: "", email: "", ...given });
