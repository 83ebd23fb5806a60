/** A request as the edge sees it: what was sent, and what Cloudflare knows of who sent it. */

export interface Client {
  readonly ip: string;
  readonly asn: number;
  /** ISO 3166-1 alpha-2; `XX`: nobody knows. */
  readonly country: string;
  readonly ja4: string;
  /** 1: surely a machine, 99: surely a person. */
  readonly botScore: number;
  readonly threatScore: number;
  /** Category of a bot that Cloudflare vouches for, such as `Search Engine Crawler`; empty: none. */
  readonly verifiedBot: string;
  /** Whoever signed in to Access; empty: nobody. */
  readonly email: string;
}

export interface Visit {
  readonly atMs: number;
  readonly ray: string;
  readonly scheme: "http" | "https";
  readonly method: string;
  readonly host: string;
  /** Path and query as they were sent, undecoded. */
  readonly uri: string;
  readonly version: string;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Uint8Array;
  readonly client: Client;
}

export const headerOf = ({ headers }: Pick<Visit, "headers">, wanted: string): string =>
  headers.find(([name]) => name === wanted)?.[1] ?? "";

export const pathOf = (uri: string): string => uri.split("?", 1)[0] ?? "";
export const queryOf = (uri: string): string =>
  uri.includes("?") ? uri.slice(uri.indexOf("?") + 1) : "";

/** Who a clearance belongs to: Cloudflare ties it to the address and the browser. */
export const visitorKey = (visit: Visit): string =>
  `${visit.host} ${visit.client.ip} ${headerOf(visit, "user-agent")}`;

const UNRESERVED = /%(2[DE]|3\d|4[1-9A-F]|5[\dAF]|6[1-9A-F]|7[\dAE])/gi;

/**
 * URL normalisation as Cloudflare has it switched on: escapes of ordinary characters are undone, the others in capitals,
 * backslashes and doubled slashes are one slash, dots are walked. What stands behind the question mark stays.
 */
export function normalised(uri: string): string {
  const mark = uri.indexOf("?");
  const path = mark < 0 ? uri : uri.slice(0, mark);
  const decoded = path
    .replaceAll(UNRESERVED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase())
    .replaceAll("\\", "/")
    .replaceAll(/\/{2,}/g, "/");
  return walked(decoded) + (mark < 0 ? "" : uri.slice(mark));
}

function walked(path: string): string {
  const out: string[] = [];
  const parts = path.split("/");
  for (const part of parts) {
    if (part === "..") {
      if (out.length > 1) out.pop();
    } else if (part !== ".") out.push(part);
  }
  const last = parts.at(-1);
  if (last === "." || last === "..") out.push("");
  const walk = out.join("/");
  return walk.startsWith("/") ? walk : `/${walk}`;
}
