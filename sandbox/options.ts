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
};
