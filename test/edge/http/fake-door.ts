/** What a swarm in memory has for auditors: log-ins as entries, failed attempts by how and from where, no account. */
import type { Entry } from "../../../src/core/log/entry.ts";
import type { ApiPorts } from "../../../src/edge/http/api-ports.ts";

export class FakeDoor {
  readonly access: Entry[] = [];
  readonly failedLogIns: string[] = [];

  async recordAccess(entry: Entry): Promise<void> {
    this.access.push(entry);
  }

  async accountChanges(): ReturnType<ApiPorts["accountChanges"]> {
    return { changes: [], why: "nobody was asked" };
  }

  turnedAway({ method, address }: Parameters<ApiPorts["turnedAway"]>[0]): void {
    this.failedLogIns.push(`${method} ${address}`);
  }
}
