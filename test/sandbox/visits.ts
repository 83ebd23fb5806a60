/** Visits through the sandbox's door, and traffic through its edge. */
import { exports } from "cloudflare:workers";
import { control, type Fields } from "./client.ts";

export const SHOP = "harbor-books.example";
export const BROWSER = {
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
  accept: "text/html",
  "accept-language": "de",
};

/** `GET /path`, as somebody with a browser unless other headers say otherwise. */
export function visit(
  line: string,
  headers: Record<string, string> = {},
  init: RequestInit & { readonly host?: string } = {},
): Promise<Response> {
  const [method = "GET", uri = "/"] = line.split(" ", 2);
  const { host = SHOP, ...rest } = init;
  return exports.default.fetch(`http://${host}${uri}`, {
    method,
    redirect: "manual",
    headers: { ...BROWSER, ...headers },
    ...rest,
  });
}

export interface Tally {
  readonly visits: number;
  readonly served: number;
  readonly solved: number;
  readonly challenged: number;
  readonly blocked: number;
  readonly limited: number;
  readonly failed: number;
}

export interface TrafficReport {
  readonly normal: {
    readonly visits: number;
    readonly hurt: number;
    readonly failed: number;
    readonly solved: number;
  };
  readonly attack: { readonly visits: number; readonly stopped: number };
  readonly groups: Readonly<Record<string, Tally>>;
  readonly rules: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly seconds: readonly { readonly failed: number; readonly p95_ms: number }[];
  readonly alerts: readonly {
    readonly condition: string;
    readonly event: string;
    readonly told: number;
  }[];
  readonly pushed: readonly { readonly dataset: string; readonly records: number }[];
}

/** A fixed evening, so that the same seed is the same traffic whenever it is played. */
export const EVENING = Date.parse("2026-05-12T19:00:00Z");

export const traffic = (more: Fields = {}): Promise<TrafficReport> =>
  control<TrafficReport>("POST /traffic", {
    zone: SHOP,
    seconds: 30,
    until: new Date(EVENING).toISOString(),
    visitors: 20,
    ...more,
  });

export const after = (seconds: number): string => new Date(EVENING + seconds * 1_000).toISOString();
