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

export interface ReadContext {
  readonly api: CloudflareApi;
  readonly site: Site;
}

/** How one kind is read. What is not there is left out; what could not be read makes the whole read unknown (I8). */
export interface Reader {
  readonly kind: string;
  /** Everything of the kind in the zone; where the API has no bulk read, everything that `golden` declares. */
  readAll(context: ReadContext, golden: GoldenState): Promise<Result<Reading, Unknown>>;
  /** The subjects that exist, perhaps with others beside them. Few calls matter more than few objects. */
  readSome(
    context: ReadContext,
    subjects: readonly Subject[],
  ): Promise<Result<readonly Json[], Unknown>>;
}
