/** A queue, as far as a binding needs one: a name. */
import type { Kind } from "../store.ts";

export interface StoredQueue {
  readonly id: string;
  readonly queue_name: string;
  readonly created_on: string;
  readonly modified_on: string;
}

export const QUEUE: Kind<StoredQueue> = { name: "queue", key: (queue) => queue.queue_name };
