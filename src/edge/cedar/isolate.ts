/**
 * The engine of this isolate: made when the first decision is wanted, because it costs a tenth of a second and 4 MB, which
 * no Worker should pay for at its start.
 */
import type { Bundle } from "../../core/policy/bundle.ts";
import type { Decide } from "../../core/policy/request.ts";
import { CedarEngine } from "./engine.ts";
import type { EngineFault } from "./instance.ts";

let starting: Promise<CedarEngine> | null = null;

async function start(): Promise<CedarEngine> {
  const { default: module } =
    await import("../../../node_modules/@cedar-policy/cedar-wasm/esm/cedar_wasm_bg.wasm?module");
  return new CedarEngine(module, tell);
}

/** That there is a text which kills the engine, somebody has to know; the text itself stays where it is. */
const tell = ({ reason, detail }: EngineFault): void =>
  console.error(JSON.stringify({ event: "policy_engine", reason, detail }));

export function cedarEngine(): Promise<CedarEngine> {
  starting ??= start();
  return starting;
}

/** Answers from `bundle` and no other, whatever else in this isolate has asked for meanwhile. */
export async function decideWith(bundle: Bundle): Promise<Decide> {
  const engine = await cedarEngine();
  return (request) => {
    // What does not load answers "no" to everything, so its outcome needs no look here.
    if (engine.serving !== bundle.digest) engine.load(bundle);
    return engine.decide(request);
  };
}
