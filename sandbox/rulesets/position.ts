/** Where a rule stands among its neighbours. */
import { z } from "zod";
import { CODE, refusal } from "./refusal.ts";

const Position = z.union([
  z.strictObject({ before: z.string() }),
  z.strictObject({ after: z.string() }),
  z.strictObject({ index: z.number().int().min(1) }),
]);

/** The rules in the order that `position` of the body asks for; their versions stay. */
export function placed<T extends { readonly id: string }>(
  rules: readonly T[],
  id: string,
  body: unknown,
): readonly T[] {
  const given = (body as { position?: unknown } | null)?.position;
  if (given === undefined || given === null) return rules;
  const parsed = Position.safeParse(given);
  if (!parsed.success) {
    const message = "position takes exactly one of before, after and index";
    throw refusal(CODE.position, message, "/position");
  }
  const rule = rules.find((candidate) => candidate.id === id);
  const others = rules.filter((candidate) => candidate.id !== id);
  return rule === undefined ? rules : others.toSpliced(place(others, parsed.data), 0, rule);
}

/** `before: ""` is the beginning, `after: ""` the end. */
function place(others: readonly { id: string }[], position: z.infer<typeof Position>): number {
  if ("index" in position) {
    if (position.index <= others.length + 1) return position.index - 1;
    const message = `the index must be between 1 and ${others.length + 1}`;
    throw refusal(CODE.position, message, "/position/index");
  }
  const [side, id] = "before" in position ? ["before", position.before] : ["after", position.after];
  if (id === "") return side === "before" ? 0 : others.length;
  const at = others.findIndex((other) => other.id === id);
  if (at < 0) throw refusal(CODE.position, `no rule with ID ${id}`, `/position/${side}`);
  return side === "before" ? at : at + 1;
}
