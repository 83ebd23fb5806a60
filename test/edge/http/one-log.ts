import type { ApiPorts } from "../../../src/edge/http/api-ports.ts";
import { SUITE } from "../../../src/core/signing.ts";

/** What a record of one log says of itself. */
export const ONE_LOG = {
  isPublic: false,
  keys: async () => ["example.com/log+00000000+AQ=="],
  shards: async () => 1,
  anchored: async () => null,
  notary: async () => ({ log: "example.com/log", keys: { suite: SUITE, keys: {} } }),
} satisfies Partial<ApiPorts["log"]>;
