/**
 * Whether a program matches anywhere in a byte string. All states are followed at once (no backtracking), and sets of
 * states that were met before are remembered, so that a byte mostly costs one look-up. Time grows with the text alone.
 */
import { WORD } from "./byte-set.ts";
import type { Instruction, Program } from "./compile.ts";
import type { Look } from "./syntax.ts";

/** Remembered sets; when they are full, remembering begins anew (I12). */
const STATES_MAX = 4_000;

/** Instructions looked at for one text; beyond it the question stays open. */
const WORK_MAX = 5_000_000;

/** What stands before or behind a place. */
type Side = "edge" | "word" | "newline" | "other";
const SIDES: readonly Side[] = ["edge", "word", "newline", "other"];

const sideOf = (byte: number): Side =>
  byte === 10 ? "newline" : WORD[byte] === 1 ? "word" : "other";

const LOOKS: Readonly<Record<Look, (before: Side, behind: Side) => boolean>> = {
  text_start: (before) => before === "edge",
  text_end: (_, behind) => behind === "edge",
  line_start: (before) => before === "edge" || before === "newline",
  line_end: (_, behind) => behind === "edge" || behind === "newline",
  word_boundary: (before, behind) => (before === "word") !== (behind === "word"),
  no_word_boundary: (before, behind) => (before === "word") === (behind === "word"),
  word_start: (before, behind) => before !== "word" && behind === "word",
  word_end: (before, behind) => before === "word" && behind !== "word",
  word_start_half: (before) => before !== "word",
  word_end_half: (_, behind) => behind !== "word",
};

/** Instructions that wait for a byte, and what came before it. */
interface State {
  readonly waiting: readonly number[];
  readonly before: Side;
  /** By class of the next byte; the last one stands for the end. */
  readonly next: (State | "match" | undefined)[];
}

export class Matcher {
  readonly #instructions: readonly Instruction[];
  readonly #start: number;
  /** Bytes that no instruction tells apart have the same class. */
  readonly #classes: Uint8Array;
  /** One byte of each class. */
  readonly #samples: readonly number[];
  readonly #states = new Map<string, State>();
  #first: State;
  #work = 0;

  constructor(program: Program) {
    this.#instructions = program.instructions;
    this.#start = program.start;
    [this.#classes, this.#samples] = byteClasses(program.instructions);
    this.#first = this.#state([], "edge");
  }

  test(bytes: string): boolean | "too_costly" {
    this.#work = 0;
    let state = this.#first;
    for (let at = 0; at < bytes.length; at += 1) {
      const kind = this.#classes[bytes.charCodeAt(at)] ?? 0;
      const next = state.next[kind] ?? this.#step(state, kind);
      if (next === "match") return true;
      if (this.#work > WORK_MAX) return "too_costly";
      state = next;
    }
    const end = this.#samples.length;
    return (state.next[end] ?? this.#step(state, end)) === "match";
  }

  #state(waiting: readonly number[], before: Side): State {
    const key = `${SIDES.indexOf(before)} ${waiting.join(" ")}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size >= STATES_MAX) {
      this.#states.clear();
      this.#first = { waiting: [], before: "edge", next: [] };
    }
    const state: State = { waiting, before, next: [] };
    this.#states.set(key, state);
    return state;
  }

  #step(state: State, kind: number): State | "match" {
    const byte = this.#samples[kind];
    const behind = byte === undefined ? "edge" : sideOf(byte);
    const reached = this.#reach(state, behind);
    const next =
      reached === "match"
        ? reached
        : this.#state(
            byte === undefined ? [] : this.#after(reached, byte),
            byte === undefined ? "edge" : sideOf(byte),
          );
    state.next[kind] = next;
    return next;
  }

  /** What can be reached without a byte. A match may begin at every place. */
  #reach({ waiting, before }: State, behind: Side): readonly number[] | "match" {
    const seen = new Set<number>();
    const open = [this.#start, ...waiting];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const instruction = this.#instructions[at];
      if (instruction === undefined || instruction.op === "bytes") continue;
      if (instruction.op === "match") return "match";
      if (instruction.op === "look" && !LOOKS[instruction.look](before, behind)) continue;
      open.push(instruction.next);
      if (instruction.op === "split") open.push(instruction.other);
    }
    this.#work += seen.size;
    return [...seen];
  }

  #after(reached: readonly number[], byte: number): readonly number[] {
    const next = new Set<number>();
    for (const at of reached) {
      const instruction = this.#instructions[at];
      if (instruction?.op === "bytes" && instruction.set[byte] === 1) next.add(instruction.next);
    }
    return [...next].toSorted((a, b) => a - b);
  }
}

function byteClasses(instructions: readonly Instruction[]): [Uint8Array, readonly number[]] {
  const sets = new Set(instructions.flatMap((one) => (one.op === "bytes" ? [one.set] : [])));
  const byKey = new Map<string, number>();
  const classes = new Uint8Array(256);
  const samples: number[] = [];
  for (let byte = 0; byte < 256; byte += 1) {
    const key = [...sets].map((set) => set[byte]).join("") + sideOf(byte);
    const known = byKey.get(key);
    if (known === undefined) {
      byKey.set(key, samples.length);
      samples.push(byte);
    }
    classes[byte] = byKey.get(key) ?? 0;
  }
  return [classes, samples];
}
