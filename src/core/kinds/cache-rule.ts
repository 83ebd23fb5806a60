import { z } from "zod";
import { rulesetPhase } from "./ruleset-phase.ts";
import { ruleMembers } from "./ruleset-schema.ts";

const names = z.array(z.string().min(1).max(200)).max(100);
const seconds = z.int().min(0).max(31_536_000);

const queryNames = z.union([
  z.strictObject({ all: z.literal(true) }),
  z.strictObject({ list: names }),
  names,
]);

const customKey = z.strictObject({
  query_string: z
    .strictObject({ include: queryNames.optional(), exclude: queryNames.optional() })
    .refine(
      ({ include, exclude }) => include === undefined || exclude === undefined,
      "`include` and `exclude` exclude each other",
    )
    .optional(),
  header: z
    .strictObject({
      include: names.optional(),
      check_presence: names.optional(),
      exclude_origin: z.boolean().optional(),
      contains: z.record(z.string(), names).optional(),
    })
    .optional(),
  cookie: z
    .strictObject({ include: names.optional(), check_presence: names.optional() })
    .optional(),
  user: z
    .strictObject({
      device_type: z.boolean().optional(),
      geo: z.boolean().optional(),
      lang: z.boolean().optional(),
    })
    .optional(),
  host: z.strictObject({ resolved: z.boolean().optional() }).optional(),
});

/** 0 is `no-cache`, -1 is `no-store`. */
const statusTtl = z.strictObject({
  status_code: z.int().min(100).max(999).optional(),
  status_code_range: z
    .strictObject({ from: z.int().optional(), to: z.int().optional() })
    .optional(),
  value: z.int().min(-1),
});

const needsDefault = "`override_origin` needs a `default`";
const hasDefault = (ttl: { readonly mode: string; readonly default?: unknown }): boolean =>
  ttl.mode !== "override_origin" || ttl.default !== undefined;

const parameters = z
  .strictObject({
    cache: z.boolean().optional(),
    edge_ttl: z
      .strictObject({
        mode: z.enum(["respect_origin", "bypass_by_default", "override_origin"]),
        default: seconds.optional(),
        status_code_ttl: z.array(statusTtl).max(100).optional(),
      })
      .refine(hasDefault, needsDefault)
      .optional(),
    browser_ttl: z
      .strictObject({
        mode: z.enum(["respect_origin", "bypass_by_default", "override_origin", "bypass"]),
        default: seconds.optional(),
      })
      .refine(hasDefault, needsDefault)
      .optional(),
    cache_key: z
      .strictObject({
        cache_by_device_type: z.boolean().optional(),
        cache_deception_armor: z.boolean().optional(),
        ignore_query_strings_order: z.boolean().optional(),
        custom_key: customKey.optional(),
      })
      .optional(),
    cache_reserve: z
      .strictObject({ eligible: z.boolean(), minimum_file_size: z.int().min(0).optional() })
      .optional(),
    serve_stale: z.strictObject({ disable_stale_while_updating: z.boolean() }).optional(),
    respect_strong_etags: z.boolean().optional(),
    origin_cache_control: z.boolean().optional(),
    origin_error_page_passthru: z.boolean().optional(),
    additional_cacheable_ports: z.array(z.int().min(1).max(65_535)).max(20).optional(),
    read_timeout: z.int().min(1).optional(),
  })
  .refine((given) => Object.keys(given).length > 0, "sets nothing");

/** What is cached, for how long, and under which key; the last rule that matches wins. */
export const cacheRule = rulesetPhase({
  name: "cache_rule",
  phases: ["http_request_cache_settings"],
  rule: z.strictObject({
    ...ruleMembers,
    action: z.literal("set_cache_settings"),
    action_parameters: parameters,
  }),
});
