/** A route of a zone. */
import { ApiError } from "../envelope.ts";
import type { Kind } from "../store.ts";

export interface StoredRoute {
  readonly id: string;
  readonly pattern: string;
  /** None: the requests of this pattern reach no Worker. */
  readonly script?: string;
}

export const WORKER_ROUTE: Kind<StoredRoute> = {
  name: "worker_route",
  key: (route) => route.pattern,
};

const invalid = (message: string): ApiError => new ApiError(400, { code: 10022, message });

/** `*.shop.example/path/*`: a star at the start of the host and at the end of the path only. */
export function acceptPattern(given: string, zoneName: string): string {
  const [, scheme = "", rest = ""] = /^([a-z]+:\/\/)?(.*)$/i.exec(given.trim()) ?? [];
  if (!["", "http://", "https://"].includes(scheme.toLowerCase())) {
    throw invalid(`Invalid route pattern: unknown scheme \`${scheme}\``);
  }
  const slash = rest.indexOf("/");
  const host = (slash < 0 ? rest : rest.slice(0, slash)).toLowerCase();
  const path = slash < 0 ? "" : rest.slice(slash);
  const name = host.replace(/^\*\.?/, "");
  if (!/^([a-z0-9_-]+\.)+[a-z0-9-]+$/.test(name)) {
    throw invalid("Invalid route pattern: a star may only stand at the start of the hostname");
  }
  if (name !== zoneName && !name.endsWith(`.${zoneName}`)) {
    throw invalid(`Invalid route pattern: the hostname must be in the zone ${zoneName}`);
  }
  if (/\*./.test(path) || /[?#\s]/.test(path)) {
    throw invalid("Invalid route pattern: a star may only end the path; a query cannot be matched");
  }
  return `${scheme.toLowerCase()}${host}${path}`;
}
