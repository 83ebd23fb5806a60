import * as fc from "fast-check";
import type { JsonObject } from "../../../src/core/canonical.ts";

/** Objects as the API shows them, with names of their own; ids are given by position. */
const named = (
  name: string,
  values: fc.Arbitrary<string>,
  others: fc.Arbitrary<JsonObject>,
): fc.Arbitrary<readonly JsonObject[]> =>
  fc
    .tuple(
      fc.uniqueArray(values, { maxLength: 6 }),
      fc.array(others, { minLength: 6, maxLength: 6 }),
    )
    .map(([names, rest]) =>
      names.map((value, index) => ({ ...rest[index], [name]: value, id: `o${index}` })),
    );

const word = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,10}$/);
const jurisdiction = fc.constantFrom<JsonObject[]>(
  {},
  { jurisdiction: "eu" },
  { jurisdiction: null },
  { jurisdiction: "of tomorrow" },
);

/** Account and zone objects that are declared by single fields, some of which cannot be. */
export const LIVE_OBJECTS: Readonly<Record<string, fc.Arbitrary<readonly JsonObject[]>>> = {
  kv_namespace: named("title", fc.string({ minLength: 1, maxLength: 20 }), jurisdiction),
  d1_database: named("name", fc.oneof(word, fc.constant("not declarable")), jurisdiction),
  worker_route: named(
    "pattern",
    word.map((path) => `HARBOR.example/${path}*`),
    fc.constantFrom<JsonObject[]>({ script: "shop" }, { script: null }, {}),
  ),
  worker_domain: named(
    "hostname",
    word.map((label) => `${label}.harbor.example`),
    fc.constantFrom<JsonObject[]>(
      { service: "shop", zone_name: "harbor.example", environment: "production" },
      { service: "shop", zone_name: "harbor.example", environment: "staging" },
    ),
  ),
};
