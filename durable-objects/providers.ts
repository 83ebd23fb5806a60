/** Where the providers meet: what is done with a site depends on whose it is, and is looked up here and nowhere else. */
import type { Reader } from "../src/core/reader.ts";
import { READERS as CLOUDFLARE } from "../src/edge/cloudflare/readers/registry.ts";

/**
 * How every kind is read. A reader is given the API of its kind's provider: `ReadContext.api` belongs to the site, and a
 * site has the kinds of its level only.
 */
export const READERS: readonly Reader[] = CLOUDFLARE;
