/** Requests of the catalogue's examples: `METHOD /uri`, header lines, an empty line, a body. */
import type { RecordedRequest } from "../../../src/core/expression/request.ts";

export function exampleRequest(text: string): RecordedRequest {
  const split = text.indexOf("\n\n");
  const [head, body] = split < 0 ? [text, ""] : [text.slice(0, split), text.slice(split + 2)];
  const [start = "", ...lines] = head.split("\n");
  const space = start.indexOf(" ");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const host = headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? "shop.example";
  return {
    method: start.slice(0, space),
    uri: start.slice(space + 1),
    host,
    scheme: "https",
    headers,
    body,
  };
}
