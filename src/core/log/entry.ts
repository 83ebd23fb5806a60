/**
 * One entry of the record: an arrow of the flow, written before its effect (I10). Entries carry ids, digests and enums;
 * large things and people's data stand in R2 under the digest that the entry names.
 */
import type { JsonObject } from "../canonical.ts";
import type { Digest, Instant } from "../ids.ts";
import { ENTRY_TYPES, type EntryType } from "../entry-types/registry.ts";
