/** What a model said, as one JSON value, or why it is none. Nothing is guessed: what could be read in two ways is not read. */
import { err, ok, type Result } from "../result.ts";

const FENCED = /^```(?:json)?[ \t]*\r?\n([\s\S]*?)\r?\n?```$/;
/** Some models think aloud before they answer; it is theirs. */
const THOUGHT = /^<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/;

export function jsonIn(text: string): Result<unknown, string> {
  const said = text
    .replace(/^\ufeff/, "")
    .trim()
    .replace(THOUGHT, "")
    .trim();
  const bare = FENCED.exec(said)?.[1] ?? said;
  let value: unknown;
  try {
    value = JSON.parse(bare);
  } catch {
    return err("not JSON");
  }
  return saysTwice(bare) ? err("a member is given twice") : ok(value);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/** Of two members with one name JSON's readers take the last, and people the first. `text` is JSON. */
function saysTwice(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const name = String(JSON.parse(last));
      const names = open.at(-1);
      if (names?.has(name)) return true;
      names?.add(name);
    }
    last = token;
  }
  return false;
}
