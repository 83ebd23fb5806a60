import { blockSource } from "./block-source.ts";
import { cacheEverything } from "./cache-everything.ts";
import { cveRule } from "./cve-rule.ts";
import { disableRoute } from "./disable-route.ts";
import { gatewayBlock } from "./gateway-block.ts";
import { managedChallenge } from "./managed-challenge.ts";
import { rateLimit } from "./rate-limit.ts";
import type { Template } from "./template.ts";
import { underAttack } from "./under-attack.ts";

/** Every template, by its name. Adding one is one line. */
export const TEMPLATES: ReadonlyMap<string, Template> = new Map(
  [
    managedChallenge,
    rateLimit,
    blockSource,
    underAttack,
    cacheEverything,
    gatewayBlock,
    cveRule,
    disableRoute,
  ].map((template) => [template.name, template] as const),
);
