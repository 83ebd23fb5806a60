import type { Instant } from "./ids.ts";

/**
 * What woke a reconciler. It says where to look, never what to do: the pass that follows reads everything again, so
 * one signal or ten thousand lead to the same writes (I5, I7).
 */
export type Signal =
  | { readonly source: "cron"; readonly at: Instant }
  | { readonly source: "change_feed"; readonly at: Instant; readonly entries: number }
  | { readonly source: "request"; readonly at: Instant; readonly by: string }
  | {
      readonly source: "golden";
      readonly at: Instant;
      readonly by: string;
      readonly generation: number;
    }
  | { readonly source: "hold" | "guardrail"; readonly at: Instant; readonly by: string }
  | { readonly source: "incident"; readonly at: Instant; readonly incident: string }
  | { readonly source: "retry"; readonly at: Instant; readonly attempt: number }
  | { readonly source: "run_finished"; readonly at: Instant; readonly run: string };
