import type { Json } from "../../core/canonical.ts";
import type { GoldenState } from "../../core/golden.ts";
import type { ObjectId } from "../../core/ids.ts";
import type { Reading, Unknown } from "../../core/observation.ts";
import type { Site } from "../../core/resource.ts";
import type { Result } from "../../core/result.ts";
import type { CloudflareApi } from "./client.ts";

/** One resource to look up: by id where it has one, else by the group that it would be in. */
export interface Subject {
  readonly id: ObjectId | null;
  readonly group: string;
}

/** What an earlier look read, for objects that have a version. Whoever keeps it sets its limits. */
export interface ReadCache {
  get(key: string, version: string): Json | undefined;
  set(key: string, version: string, value: Json): void;
}

export interface ReadContext {
  readonly api: CloudflareApi;
  readonly site: Site;
  /** Lists that several readers need, by path: asked for once in a look. */
  readonly lists?: Map<string, Promise<Result<readonly Json[], Unknown>>>;
  /** Left out: everything is read again. */
  readonly cache?: ReadCache;
}

export interface WholeReading {
  readonly reading: Reading;
  readonly unasked: readonly string[];
}

/** How one kind is read. What is not there is left out; what could not be read makes the whole read unknown (I8). */
export interface Reader {
  readonly kind: string;
  /** Everything of the kind in the zone; where the API has no bulk read, everything that `golden` declares. */
  readAll(context: ReadContext, golden: GoldenState): Promise<Result<Reading, Unknown>>;
  /**
   * Everything of the kind, declared or not, and the groups that could not be asked about. Left out, `readAll` is that
   * already.
   */
  readWhole?(context: ReadContext, golden: GoldenState): Promise<Result<WholeReading, Unknown>>;
  /** The subjects that exist, perhaps with others beside them. Few calls matter more than few objects. */
  readSome(
    context: ReadContext,
    subjects: readonly Subject[],
  ): Promise<Result<readonly Json[], Unknown>>;
}
