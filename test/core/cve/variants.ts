/** The ways in which one attack is sent: encoded once or twice, in part or whole, in other cases. */
import type { RecordedRequest } from "../../../src/core/expression/request.ts";

const percent = (text: string): string =>
  [...Buffer.from(text, "utf8")].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");

/** Signs that clients leave as they are in an address. */
const SAFE = /[A-Za-z0-9/?&=._~%-]/;
const signsEncoded = (text: string): string =>
  Array.from(text, (char) => (SAFE.test(char) ? char : percent(char))).join("");
const someLettersEncoded = (text: string): string =>
  text.replace(/[a-z]/gi, (letter, at: number) =>
    at % 5 === 3 && text[at - 1] !== "%" && text[at - 2] !== "%" && text[at - 1] !== "u"
      ? percent(letter)
      : letter,
  );
const upperEscapes = (text: string): string =>
  text.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase());
const encodedAgain = (text: string): string => text.replace(/%(?=[0-9a-f]{2})/gi, "%25");
const mixedCase = (text: string): string =>
  text.replace(/[a-z]/gi, (letter, at: number) => {
    const isEscape = /%[0-9a-f]?$/i.test(text.slice(Math.max(0, at - 2), at));
    return isEscape || at % 2 === 0 ? letter : letter.toUpperCase();
  });

export function variantsOf(request: RecordedRequest): readonly RecordedRequest[] {
  const uris = [
    request.uri,
    signsEncoded(request.uri),
    upperEscapes(signsEncoded(request.uri)),
    encodedAgain(signsEncoded(request.uri)),
    mixedCase(request.uri),
    request.uri.includes("?") ? `${request.uri}&utm_source=x` : `${request.uri}?utm_source=x`,
  ];
  const path = request.uri.split("?")[0] ?? "";
  const isPlain = !/[%\\]/.test(request.uri);
  if (isPlain) uris.push(`${someLettersEncoded(path)}${request.uri.slice(path.length)}`);
  const more: readonly (readonly [string, string])[] = [
    ["Accept", "*/*"],
    ["X-Forwarded-For", "198.51.100.9"],
  ];
  return [...new Set(uris)]
    .map((uri) => ({ ...request, uri }))
    .concat([
      { ...request, headers: [...(request.headers ?? []), ...more] },
      {
        ...request,
        headers: (request.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]),
      },
    ]);
}
