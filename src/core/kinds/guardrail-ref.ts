/** Refs of rules that guardrails make. Nobody can declare one, and one without a lease in force is taken away. */
const PREFIX = "guardrail-";

export const isGuardrailRef = (ref: string): boolean => ref.startsWith(PREFIX);

/** `name` is the guardrail's own, `index` tells its rules apart. */
export const guardrailRef = (name: string, index: number): string =>
  `${PREFIX}${name}${index === 0 ? "" : `-${index + 1}`}`;
