/** What the vault reports of carrying a plan out. */
import type { SwapRefusal } from "./admission.ts";
import type { ApprovalRefusal } from "./approval.ts";
import type { PermitRefusal } from "./permit.ts";
import type { Prohibition } from "./prohibitions.ts";
import type { Mismatch } from "./verification.ts";

/** Why the vault will not touch anything. Each is its own, typed reason. */
export type ReleaseRefusal =
  | SwapRefusal
  | { readonly reason: "plan_digest_mismatch" }
  | { readonly reason: "certificate_invalid"; readonly detail: string }
  | { readonly reason: "epoch_passed"; readonly epoch: number; readonly last: number }
  | ApprovalRefusal
  | { readonly reason: "approval_missing"; readonly needed: number; readonly given: number }
  | { readonly reason: "never_automatic" }
  | ({ readonly reason: "prohibited" } & Prohibition)
  /** A person put it on hold after the vote: the vault has that from the record, not from who asks. */
  | { readonly reason: "on_hold"; readonly hold: string }
  /** Decided by other policies than those in force (somebody has activated a version since), or by these, now. */
  | PermitRefusal
  | { readonly reason: "origin_mismatch"; readonly detail: string };

export type ExecutionReport =
  /** Every call was carried out. */
  | { readonly outcome: "done"; readonly calls: number }
  /** Checked and refused; nothing was written, now or before. */
  | { readonly outcome: "refused"; readonly refusal: ReleaseRefusal }
  /** The world moved between planning and call `call` (I2). `written` calls had been carried out by then. */
  | {
      readonly outcome: "basis_moved";
      readonly call: number;
      readonly written: number;
      readonly mismatches: readonly Mismatch[];
    }
  /** What was read just before call `call` makes it one that is never carried out without people. */
  | {
      readonly outcome: "prohibited";
      readonly call: number;
      readonly written: number;
      readonly prohibition: Prohibition;
    }
  /** Cloudflare said no to call `call`. */
  | {
      readonly outcome: "call_refused";
      readonly call: number;
      readonly written: number;
      readonly status: number;
      readonly codes: readonly number[];
      /** What the API says of a write that it took on and could not carry out; text from outside, cut short. */
      readonly detail?: string;
    }
  /** Cloudflare could not be reached or answered nonsense; the same release may be asked again. */
  | {
      readonly outcome: "unavailable";
      readonly call: number;
      readonly written: number;
      readonly detail: string;
      readonly retryAfterMs: number | null;
    };

/** What came of running the inverses. */
export type RevertReport =
  | { readonly outcome: "reverted"; readonly steps: number }
  /** There is nothing to take back: everything is as was planned, or the time for it is over. */
  | { readonly outcome: "refused"; readonly reason: "as_predicted" | "window_closed" }
  | { readonly outcome: "stuck"; readonly detail: string }
  | {
      readonly outcome: "unavailable";
      readonly detail: string;
      readonly retryAfterMs: number | null;
    };
