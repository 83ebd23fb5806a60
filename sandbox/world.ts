/** Everything one sandbox account consists of; each part persists itself. */
import { AuditTrail } from "./audit-trail.ts";
import { Faults } from "./faults.ts";
import { Journal } from "./journal.ts";
import { Edge } from "./edge/edge.ts";
import { DEFAULT_OPTIONS, type Options } from "./options.ts";
import { RateLimit } from "./rate-limit.ts";
import { Store, type Cell } from "./store.ts";
import { Traffic } from "./traffic/traffic.ts";

export class World {
  readonly store: Store;
  readonly options: Cell<Options>;
  readonly journal: Journal;
  readonly audit: AuditTrail;
  readonly faults: Faults;
  readonly rateLimit: RateLimit;
  readonly edge: Edge;
  readonly traffic: Traffic;

  constructor(storage: DurableObjectStorage) {
    this.store = new Store(storage);
    this.options = this.store.cell<Options>("options", DEFAULT_OPTIONS);
    this.journal = new Journal(storage);
    this.audit = new AuditTrail(storage);
    this.faults = new Faults(this.store);
    this.rateLimit = new RateLimit(this.store);
    this.edge = new Edge(this.store);
    this.traffic = new Traffic(this);
  }

  /** The account's clock: real time plus an offset, so tests can travel without fake timers. */
  now(): number {
    return Date.now() + this.options.get().clock_offset_ms;
  }

  clear(): void {
    this.store.clear();
    this.journal.clear();
    this.audit.clear();
    this.faults.clear();
    this.rateLimit.clear();
    this.edge.clear();
    this.traffic.clear();
    this.options.set(DEFAULT_OPTIONS);
  }
}
