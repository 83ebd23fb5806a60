/**
 * One WebAssembly instance of Cedar, which can be replaced. A trap kills an instance for good: every later call throws. So
 * whatever throws here costs the instance, and the next call finds a new, empty one. The glue knows only one at a time:
 * should there be two of these, each call of the other one begins with a new instance, too.
 */
import * as cedar from "../../../node_modules/@cedar-policy/cedar-wasm/esm/cedar_wasm_bg.js";
import { err, ok, type Result } from "../../core/result.ts";

export type Cedar = typeof cedar;

export interface EngineFault {
  readonly reason: "does_not_load" | "self_test_failed" | "trapped";
  readonly detail: string;
}

const IMPORTS = { "./cedar_wasm_bg.js": { ...cedar } };

/** What the glue works on now, and whose it is. */
let current: { readonly owner: CedarInstance; readonly instance: WebAssembly.Instance } | null =
  null;

export class CedarInstance {
  readonly #module: WebAssembly.Module;
  readonly #alarm: (fault: EngineFault) => void;
  #generation = 0;

  /** `alarm` is told about every exception: somebody should know that there are texts which kill the engine. */
  constructor(module: WebAssembly.Module, alarm: (fault: EngineFault) => void) {
    this.#module = module;
    this.#alarm = alarm;
  }

  /** Which instance this is: what was loaded into another one is gone. Zero: none of ours. */
  get generation(): number {
    return current?.owner === this ? this.#generation : 0;
  }

  run<T>(work: (functions: Cedar) => T): Result<T, EngineFault> {
    try {
      if (current?.owner !== this) this.#start();
      return ok(work(cedar));
    } catch (error) {
      return err(this.#restart(error));
    }
  }

  alarm(fault: EngineFault): void {
    this.#alarm(fault);
  }

  #start(): void {
    const old = current?.instance;
    const instance = new WebAssembly.Instance(this.#module, IMPORTS);
    current = { owner: this, instance };
    this.#generation += 1;
    // oxlint-disable-next-line no-underscore-dangle -- the glue's own name
    cedar.__wbg_set_wasm(instance.exports);
    const begin = instance.exports["__wbindgen_start"];
    if (typeof begin !== "function") throw new Error("the engine has no beginning");
    begin();
    // The glue keeps a view of the old memory and would write the next text there. Growing it detaches the view.
    const memory = old?.exports["memory"];
    if (memory instanceof WebAssembly.Memory) memory.grow(1);
  }

  #restart(error: unknown): EngineFault {
    const fault: EngineFault = { reason: "trapped", detail: detailOf(error) };
    this.#alarm(fault);
    try {
      this.#start();
    } catch (again) {
      this.#alarm({ reason: "trapped", detail: detailOf(again) });
      // Tried anew with the next call.
      current = null;
    }
    return fault;
  }
}

const DETAIL_MAX = 200;
const detailOf = (error: unknown): string =>
  (error instanceof Error ? error.message : "an unknown fault").slice(0, DETAIL_MAX);
