/** How kinds are read, whichever provider they are of: one reader each, in the provider's folder of `edge/`. */
import type { Json } from "./canonical.ts";
import type { GoldenState } from "./golden.ts";
import type { ObjectId } from "./ids.ts";
import type { Reading, Unknown } from "./observation.ts";
import type { ProviderApi } from "./provider-api.ts";
import type { Site } from "./resource.ts";
import type { Result } from "./result.ts";

/** One resource to look up: by id where it has one, else by the group that it would be in. */
export interface Subject {
  readonly id: ObjectId | null;
  readonly group: string;
}

/** What an earlier look read, for objects that have a version. Whoever keeps it sets its limits. */
export interface ReadCache {
  /** Whether any version of it was read. */
  has(key: string): boolean;
  get(key: string, version: string): Json | undefined;
  set(key: string, version: string, value: Json): void;
}

export interface ReadContext<Api extends ProviderApi = ProviderApi> {
  /** Of the provider that the site is of. */
  readonly api: Api;
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
export interface Reader<Api extends ProviderApi = ProviderApi> {
  readonly kind: string;
  /** Everything of the kind in the zone; where the API has no bulk read, everything that `golden` declares. */
  readAll(context: ReadContext<Api>, golden: GoldenState): Promise<Result<Reading, Unknown>>;
  /**
   * Everything of the kind, declared or not, and the groups that could not be asked about. Left out, `readAll` is that
   * already.
   */
  readWhole?(
    context: ReadContext<Api>,
    golden: GoldenState,
  ): Promise<Result<WholeReading, Unknown>>;
  /** The subjects that exist, perhaps with others beside them. Few calls matter more than few objects. */
  readSome(
    context: ReadContext<Api>,
    subjects: readonly Subject[],
  ): Promise<Result<readonly Json[], Unknown>>;
}
