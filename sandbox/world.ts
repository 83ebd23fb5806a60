/** Everything one sandbox account consists of; each part persists itself. */
import { AuditTrail } from "./audit-trail.ts";
import { Faults } from "./faults.ts";
import { Journal } from "./journal.ts";
import { DEFAULT_OPTIONS, type Options } from "./options.ts";
import { RateLimit } from "./rate-limit.ts";
import { Store, type Cell } from "./store.ts";

export class World {
  readonly store: Store;
  readonly options: Cell<Options>;
  readonly journal: Journal;
  readonly audit: AuditTrail;
  readonly faults: Faults;
  readonly rateLimit: RateLimit;

  constructor(storage: DurableObjectStorage) {
    this.store = new Store(storage);
    this.options = this.store.cell<Options>("options", DEFAULT_OPTIONS);
    this.journal = new Journal(storage);
    this.audit = new AuditTrail(storage);
    this.faults = new Faults(this.store);
    this.rateLimit = new RateLimit(this.store);
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
    this.options.set(DEFAULT_OPTIONS);
  }
}
