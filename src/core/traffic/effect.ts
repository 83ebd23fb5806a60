/** What a guardrail does since it stands where it stands: how much of the trouble gets past it, and whom else it is about. Pure. */
import type { Effect } from "../guardrails/ladder.ts";
import type { SeenRequest } from "./seen-request.ts";
import { NORMAL_MIN, tryOn } from "./trial.ts";

/** What keeps a request out. A challenge that was solved, and whatever else a log may say, lets it through. */
const STOPPED =
  /^(?:block|drop|connectionclose|challenge|js_?challenge|managed_?challenge|rate_?limit)$/i;

export const gotThrough = ({ action }: Pick<SeenRequest, "action">): boolean =>
  !STOPPED.test(action);

export function effectOf(
  expression: string,
  {
    recent,
    normal,
    nowMs,
    rungAtMs,
  }: {
    readonly recent: readonly SeenRequest[];
    readonly normal: readonly SeenRequest[];
    readonly nowMs: number;
    readonly rungAtMs: number;
  },
): Effect {
  const trouble = recent.filter(({ atMs }) => atMs > rungAtMs);
  const passed = trouble.filter(gotThrough);
  const about = tryOn(expression, { trouble, normal });
  const through = tryOn(expression, { trouble: passed, normal: [] });
  const counted = Math.round(about.caught * trouble.length);
  return {
    counted,
    passedShare: counted === 0 ? 0 : (through.caught * passed.length) / counted,
    collateral: normal.length < NORMAL_MIN ? null : about.collateral,
    sinceMs: nowMs - rungAtMs,
  };
}
