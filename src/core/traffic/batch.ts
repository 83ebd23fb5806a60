/** What one delivery of a log comes down to for one scope. Lines go by; this stays, and is bounded (I12). Pure but for its state. */
import { isObject, type Json, textOf } from "../canonical.ts";
import { Sample } from "./sample.ts";
import { type SeenRequest, seenRequest } from "./seen-request.ts";

export const DATASETS = [
  "http_requests",
  "firewall_events",
  "gateway_dns",
  "gateway_http",
  "gateway_network",
  "audit_logs_v2",
] as const;
export type Dataset = (typeof DATASETS)[number];

/** What went out of the gates: counted by policy, never by what the record says about itself. */
export interface GatewayHit {
  readonly policyId: string;
  readonly count: number;
}

export interface TrafficBatch {
  readonly dataset: Dataset;
  readonly records: number;
  readonly requests: readonly SeenRequest[];
  readonly gateway: readonly GatewayHit[];
  /** Lines that say nothing readable. */
  readonly unreadable: number;
}

const REQUESTS_MAX = 400;
const POLICIES_MAX = 100;

export class BatchBuilder {
  readonly #dataset: Dataset;
  readonly #parseDate: (text: string) => number;
  readonly #sample = new Sample(REQUESTS_MAX);
  readonly #policies = new Map<string, number>();
  #records = 0;
  #unreadable = 0;

  constructor(dataset: Dataset, parseDate: (text: string) => number) {
    this.#dataset = dataset;
    this.#parseDate = parseDate;
  }

  add(line: Json): void {
    this.#records += 1;
    switch (this.#dataset) {
      case "http_requests":
      case "firewall_events": {
        const seen = seenRequest(line, this.#parseDate);
        if (seen) this.#sample.add(seen);
        else this.#unreadable += 1;
        return;
      }
      case "gateway_dns":
      case "gateway_http":
      case "gateway_network":
        return this.#gateway(line);
      case "audit_logs_v2":
        // Only that there were some: the change feed reads them itself.
        return;
    }
  }

  #gateway(line: Json): void {
    if (!isObject(line)) {
      this.#unreadable += 1;
      return;
    }
    const blocked = /block|isolate|quarantine/i.test(
      textOf(line["Action"]) || resolverDecision(line),
    );
    const policy = textOf(line["PolicyID"]);
    if (!blocked || !/^[0-9a-f-]{8,64}$/.test(policy)) return;
    if (this.#policies.size >= POLICIES_MAX && !this.#policies.has(policy)) return;
    this.#policies.set(policy, (this.#policies.get(policy) ?? 0) + 1);
  }

  batch(): TrafficBatch {
    return {
      dataset: this.#dataset,
      records: this.#records,
      requests: this.#sample.kept(),
      gateway: [...this.#policies].map(([policyId, count]) => ({ policyId, count })),
      unreadable: this.#unreadable,
    };
  }
}

/** Of DNS: 3 is "blocked by category", 9 "blocked by rule" and so on; as a word in some exports. */
const resolverDecision = (line: Readonly<Record<string, Json>>): string => {
  const said = line["ResolverDecision"];
  return typeof said === "string" ? said : [2, 3, 6, 9].includes(Number(said)) ? "block" : "";
};
