import type { Effect, Mode } from "./template.ts";

/** `apply` is of templates without rungs; a rule that cannot say how hard it is only logs. */
const ACTIONS = {
  log: "log",
  challenge: "managed_challenge",
  block: "block",
  apply: "log",
} as const;

export const actionOf = (mode: Mode): string => ACTIONS[mode];

/** A custom rule of the web application firewall. */
export const firewallRule = ({
  ref,
  mode,
  expression,
}: {
  readonly ref: string;
  readonly mode: Mode;
  readonly expression: string;
}): Effect => ({
  type: "rule",
  kind: "waf_rule",
  rule: { ref, action: actionOf(mode), expression, description: "guardrail of Driftless" },
});
