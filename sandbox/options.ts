/** Switches of the control plane: how this account behaves, apart from what it contains. */
import { z } from "zod";

export const Options = z.strictObject({
  /** An audit entry becomes visible this long after its mutation. */
  audit_delay_ms: z.number().int().min(0).max(86_400_000),
  /** Documentation and the `cloudflare` package disagree on where the cursor stands. */
  audit_pagination: z.enum(["cursor", "cursors_after", "both"]),
  ratelimit: z.strictObject({
    quota: z.number().int().min(1).max(10_000_000),
    window_s: z.number().int().min(1).max(86_400),
    block_s: z.number().int().min(0).max(86_400),
  }),
  /** Added to the real clock. */
  clock_offset_ms: z
    .number()
    .int()
    .min(-10 * 365 * 86_400_000)
    .max(10 * 365 * 86_400_000),
  /** Which of the two codes that exist answers the create of an identical record. */
  identical_record_code: z.union([z.literal(81058), z.literal(81057)]),
  /** Gateway writes expressions back in its own format, as the documentation warns. */
  gateway_reformat: z.boolean(),
  /** Gateway precedences come back as 1400 → 1400392. */
  gateway_precedence_noise: z.boolean(),
  /** A token may give rights over a single zone only if its maker has them (observed 2026-07). */
  token_permission_check: z.boolean(),
  /** Compressed size up to which Worker code is taken. */
  worker_bytes_max: z
    .number()
    .int()
    .min(1)
    .max(25 * 1024 * 1024),
  /** So many of the next writes of rulesets are refused as concurrent updates. */
  ruleset_conflicts: z.number().int().min(0).max(10_000),
  /** A change of list items takes this long: pending in its first half, then running. */
  list_operation_delay_ms: z.number().int().min(0).max(86_400_000),
  /** A change of record sets at Route 53 is pending for so long. */
  route53_propagation_ms: z.number().int().min(0).max(86_400_000),
  /** Items that all lists of the account may have together. */
  list_items_max: z.number().int().min(0).max(1_000_000),
  /** Ordinary pages a second that the servers behind each zone make; who would wait too long gets 503. */
  origin_capacity: z.number().int().min(1).max(100_000),
  /** Logs of visits from outside are pushed so often. */
  push_interval_ms: z.number().int().min(100).max(300_000),
});
export type Options = z.infer<typeof Options>;

export const OptionsChange = Options.extend({
  ratelimit: Options.shape.ratelimit.partial(),
}).partial();

export const DEFAULT_OPTIONS: Options = {
  audit_delay_ms: 0,
  audit_pagination: "cursor",
  ratelimit: { quota: 1200, window_s: 300, block_s: 300 },
  clock_offset_ms: 0,
  identical_record_code: 81058,
  gateway_reformat: true,
  gateway_precedence_noise: false,
  token_permission_check: false,
  worker_bytes_max: 10 * 1024 * 1024,
  ruleset_conflicts: 0,
  list_operation_delay_ms: 0,
  route53_propagation_ms: 0,
  list_items_max: 10_000,
  origin_capacity: 120,
  push_interval_ms: 5_000,
};
