/** Patterns with `*` for any text; the whole value has to match. */
import { lowerBytes } from "./bytes.ts";

export interface Wildcard {
  /** The texts between the stars, in order; one only: no star. */
  readonly parts: readonly string[];
  readonly strict: boolean;
}

/** A text instead of a pattern says why it is none. */
export function parseWildcard(pattern: string, strict: boolean): Wildcard | string {
  const parts = [""];
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at);
    if (char === "*") {
      if (pattern.charAt(at + 1) === "*") return "two stars in a row";
      parts.push("");
      continue;
    }
    if (char === "\\") {
      at += 1;
      if (!"*\\".includes(pattern.charAt(at)) || at >= pattern.length)
        return "a backslash escapes nothing";
    }
    const last = parts.length - 1;
    parts[last] = `${parts[last] ?? ""}${pattern.charAt(at)}`;
  }
  return { parts: strict ? parts : parts.map(lowerBytes), strict };
}

/** Each part as early as possible, so every byte is looked at once for each part: bounded. */
export function matchesWildcard({ parts, strict }: Wildcard, value: string): boolean {
  const text = strict ? value : lowerBytes(value);
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || text.length < first.length + last.length) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return at <= end && text.endsWith(last);
}
