/** Who came to a swarm in memory: log-ins as entries, failed attempts by how and from where. */
import type { Entry } from "../../../src/core/log/entry.ts";
import type { ApiPorts } from "../../../src/edge/http/api-ports.ts";

export class FakeDoor {
  readonly access: Entry[] = [];
  readonly failedLogIns: string[] = [];

  async recordAccess(entry: Entry): Promise<void> {
    this.access.push(entry);
  }

  turnedAway({ method, address }: Parameters<ApiPorts["turnedAway"]>[0]): void {
    this.failedLogIns.push(`${method} ${address}`);
  }
}
