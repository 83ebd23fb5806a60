/** Finds the operation of a request. */
import { ApiError, noRoute } from "./envelope.ts";
import type { ApiRequest } from "./api-request.ts";
import type { Operation } from "./product.ts";

export interface Route {
  readonly operation: Operation;
  readonly params: ReadonlyMap<string, string>;
}

interface Compiled {
  readonly operation: Operation;
  readonly segments: readonly string[];
}

const split = (path: string): string[] => path.split("/").filter((segment) => segment !== "");
const isParam = (segment: string): boolean => segment.startsWith(":");

/** Literal segments win over parameters, as `dns_records/batch` over `dns_records/:id`. */
const literals = ({ segments }: Compiled): number =>
  segments.filter((segment) => !isParam(segment)).length;

export class Routes {
  readonly #byLength = new Map<number, Compiled[]>();

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      const segments = split(operation.path);
      const group = this.#byLength.get(segments.length) ?? [];
      group.push({ operation, segments });
      group.sort((a, b) => literals(b) - literals(a));
      this.#byLength.set(segments.length, group);
    }
  }

  find(request: ApiRequest): Route | ApiError {
    const path = split(request.path);
    const matching = (this.#byLength.get(path.length) ?? []).filter(({ segments }) =>
      segments.every((segment, index) => isParam(segment) || segment === path[index]),
    );
    const first = matching[0];
    if (first === undefined) return noRoute(request.path);
    const found = matching.find(
      (candidate) =>
        candidate.operation.method === request.method && literals(candidate) === literals(first),
    );
    if (found === undefined) {
      const message = `Method ${request.method} not available for that URI.`;
      return new ApiError(405, { code: 7001, message });
    }
    return { operation: found.operation, params: paramsOf(found.segments, path) };
  }
}

function paramsOf(segments: readonly string[], path: readonly string[]): Map<string, string> {
  const params = new Map<string, string>();
  for (const [index, segment] of segments.entries()) {
    if (isParam(segment)) params.set(segment.slice(1), decodeURIComponent(path[index] ?? ""));
  }
  return params;
}
