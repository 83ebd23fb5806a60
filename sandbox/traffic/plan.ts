/** What somebody asks of the traffic: how long, how many visitors, which attacks. */
import { z } from "zod";
import { CVE_PROBES } from "./cve-probes.ts";
import { ATTACK_KINDS } from "./planned.ts";

/** One call plays at most so many visits: it is answered when it is done (some 50 µs a visit), and its logs are in memory until then. */
export const VISITS_MAX = 100_000;

const CVES = Object.keys(CVE_PROBES);

export const AttackInput = z.strictObject({
  kind: z.enum(ATTACK_KINDS),
  per_second: z.number().min(0.01).max(5_000),
  sources: z.number().int().min(1).max(60_000).default(400),
  cve: z
    .string()
    .refine((cve) => CVES.includes(cve), { message: `must be one of ${CVES.join(", ")}` })
    .default("CVE-2024-4577"),
  disguised: z.boolean().default(false),
  solves: z.boolean().default(false),
});

export const TrafficInput = z
  .strictObject({
    zone: z.string().max(253),
    /** Below which name of the zone; the zone's own when it is not said. */
    host: z.string().max(253).optional(),
    seed: z.number().int().min(0).max(1_000_000_000).default(1),
    seconds: z.number().int().min(1).max(86_400),
    /** When the last of these seconds ends; now, unless it is said. */
    until: z.iso.datetime().optional(),
    /** Requests a second of everybody who is welcome, in an average hour. */
    visitors: z.number().min(0).max(2_000).default(20),
    /** What the staff's devices do a second, through Gateway. */
    office: z.number().min(0).max(500).default(0),
    attacks: z.array(AttackInput).max(5).default([]),
    /** Logs go out at the end of the call; else they wait for one that says so, or for an alert. */
    push: z.boolean().default(true),
  })
  .refine(
    ({ seconds, visitors, office, attacks }) =>
      seconds * (2 * visitors + office + attacks.reduce((sum, one) => sum + one.per_second, 0)) <=
      VISITS_MAX,
    { path: ["seconds"], message: `more than ${VISITS_MAX} visits: ask for them in parts` },
  );
export type TrafficInput = z.infer<typeof TrafficInput>;
