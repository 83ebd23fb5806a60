import {
  LifecycleCapability,
  type LifecycleJobContext,
  type LifecycleJobOutcome,
} from "agents/lifecycle";
import { backoffMs } from "../src/core/backoff.ts";

/** While there is work, the object is woken this often: what a crash interrupts goes on within seconds (I11). */
const HEARTBEAT_MS = 1_500;

/**
 * Keeps one piece of durable work going. At most one drive runs at a time; a heartbeat job, stored before the first
 * step, outlives the process and drives again after a crash. The work itself must be readable from storage: a drive
 * reads where it is, does the next thing, and may be cut off anywhere.
 */
export class Driver extends LifecycleCapability {
  /** Does what there is to do. Returns when to be called again (epoch ms), or null when there is nothing left. */
  readonly #drive: () => Promise<number | null>;
  readonly #owner: string;
  #driving = false;
  #again = false;
  #failures = 0;

  /** `owner` is for the operator's eyes. */
  constructor(owner: string, drive: () => Promise<number | null>) {
    super("driver");
    this.#owner = owner;
    this.#drive = drive;
  }

  override onStart(): void {
    if (this.lifecycle.jobs.get("heartbeat")) this.#kick();
  }

  /** There is work. Durable when it returns; the work goes on by itself. */
  async request(): Promise<void> {
    await this.#beatAt(Date.now() + HEARTBEAT_MS);
    this.#kick();
  }

  onJob({ job }: LifecycleJobContext): LifecycleJobOutcome {
    // The heartbeat never waits for the work, so a crash during the work finds it armed.
    if (job.fn === "beat") this.#kick();
    return { rescheduleAt: Date.now() + HEARTBEAT_MS };
  }

  #kick(): void {
    if (this.#driving) {
      this.#again = true;
      return;
    }
    this.#driving = true;
    void this.#run().finally(() => {
      this.#driving = false;
    });
  }

  async #run(): Promise<void> {
    await this.lifecycle.ready();
    do {
      this.#again = false;
      const next = await this.#attempt();
      if (this.#again) continue;
      if (next === null) await this.lifecycle.jobs.cancel("heartbeat");
      else await this.#beatAt(next);
    } while (this.#again);
  }

  async #attempt(): Promise<number | null> {
    try {
      const next = await this.#drive();
      this.#failures = 0;
      return next;
    } catch (fault) {
      this.#failures += 1;
      console.error(
        JSON.stringify({
          event: "drive_failed",
          object: this.#owner,
          failures: this.#failures,
          message: String(fault),
        }),
      );
      return Date.now() + backoffMs(this.#failures);
    }
  }

  async #beatAt(time: number): Promise<void> {
    await this.lifecycle.jobs.push({ id: "heartbeat", fn: "beat", time });
  }
}
