/** Words of a presentation form: quotes keep spaces together. */
const WORDS = /(?:[^\s"]|"(?:[^"\\]|\\[^])*")+/g;

/** The words of `content` as written, quotes included; null when a quote is left open. */
export function wordsOf(content: string): readonly string[] | null {
  const words = content.match(WORDS) ?? [];
  const rest = content.replace(WORDS, "").trim();
  return rest === "" ? words : null;
}

function canonicalParameter(word: string): string {
  const equals = word.indexOf("=");
  if (equals < 0) return word.toLowerCase();
  const value = word.slice(equals + 1);
  const bare = /^"[^"]*"$/.test(value) ? value.slice(1, -1) : value;
  const written = bare.includes('"') ? value : `"${bare}"`;
  return `${word.slice(0, equals).toLowerCase()}=${written}`;
}

/**
 * The normal form of the parameters of an HTTPS or SVCB record: values quoted, keys lower-case and sorted, since
 * on the wire they are sorted anyway (RFC 9460 section 2.2). The order inside a value (`alpn`) is kept: it means something.
 */
export function canonicalParameters(text: string): string {
  const words = wordsOf(text);
  if (words === null) return text.trim();
  return words.map(canonicalParameter).toSorted().join(" ");
}
