/** `action_parameters`: what each action takes, and how the API gives it back. */
import { z } from "zod";
import { CODE, type Complaints } from "./refusal.ts";
import { ACTIONS, isDdos, PHASES, type Action, type Phase } from "./phases.ts";

type Parameters = Readonly<Record<string, unknown>>;

const seconds = z.number().int().min(0).max(31_536_000);
const text = z.string().min(1).max(4096);
const names = z.array(z.string().min(1).max(200)).max(100);

/** A constant or computed, never both. */
const Value = z
  .strictObject({ value: text.optional(), expression: text.optional() })
  .refine(({ value, expression }) => (value === undefined) !== (expression === undefined), {
    message: "needs either a value or an expression",
  });

/** Rewriting a query to nothing is how it is removed. */
const QueryValue = z
  .strictObject({ value: z.string().max(4096).optional(), expression: text.optional() })
  .refine(({ value, expression }) => (value === undefined) !== (expression === undefined), {
    message: "needs either a value or an expression",
  });

const Header = z
  .strictObject({
    operation: z.enum(["set", "add", "remove"]),
    value: text.optional(),
    expression: text.optional(),
  })
  .refine(
    ({ operation, value, expression }) =>
      operation === "remove"
        ? value === undefined && expression === undefined
        : (value === undefined) !== (expression === undefined),
    { message: "set and add need either a value or an expression, remove takes none" },
  );

const Sensitivity = z.enum(["low", "medium", "default", "eoff"]);
const override = {
  action: z.enum(ACTIONS).optional(),
  enabled: z.boolean().optional(),
  sensitivity_level: Sensitivity.optional(),
};

const Execute = z.strictObject({
  id: z.string(),
  version: z.string().optional(),
  matched_data: z.strictObject({ public_key: text }).optional(),
  overrides: z
    .strictObject({
      ...override,
      categories: z.array(z.strictObject({ category: text, ...override })).optional(),
      rules: z
        .array(
          z.strictObject({ id: text, score_threshold: z.number().int().optional(), ...override }),
        )
        .optional(),
    })
    .optional(),
});
export type ExecuteParameters = z.infer<typeof Execute>;

const Skip = z
  .strictObject({
    phase: z.literal("current").optional(),
    phases: z.array(z.enum(PHASES)).optional(),
    products: z
      .array(z.enum(["waf", "bic", "hot", "rateLimit", "securityLevel", "uaBlock", "zoneLockdown"]))
      .optional(),
    rules: z.record(z.string(), z.array(z.string()).min(1)).optional(),
    ruleset: z.literal("current").optional(),
    rulesets: z.array(z.string()).optional(),
  })
  .transform(withoutEmpty)
  .refine((given) => Object.keys(given).length > 0, { message: "skips nothing" })
  .refine((given) => given.phases === undefined || given.rulesets === undefined, {
    message: "phases is incompatible with rulesets",
  })
  .refine(
    (given) =>
      given.ruleset === undefined ||
      (given.rulesets === undefined && given.rules === undefined && given.phases === undefined),
    { message: "ruleset is incompatible with rulesets, rules and phases" },
  )
  .refine((given) => given.phase === undefined || given.products !== undefined, {
    message: "phase is only compatible with products",
  });

/** Empty lists mean nothing and are not stored. */
function withoutEmpty<T extends object>(given: T): T {
  const kept = Object.entries(given).filter(
    ([, value]) => !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept) as T;
}

/** `["*"]`, `{list: ["*"]}` and `{all: true}` say the same; the last is what is given back. */
const QueryNames = z.union([
  z.strictObject({ all: z.literal(true) }),
  z
    .union([z.strictObject({ list: names }), names.transform((list) => ({ list }))])
    .transform(({ list }) => (list.includes("*") ? { all: true } : { list })),
]);

const CacheKey = z.strictObject({
  cache_by_device_type: z.boolean().optional(),
  cache_deception_armor: z.boolean().optional(),
  ignore_query_strings_order: z.boolean().optional(),
  custom_key: z
    .strictObject({
      query_string: z
        .strictObject({ include: QueryNames.optional(), exclude: QueryNames.optional() })
        .refine(({ include, exclude }) => include === undefined || exclude === undefined, {
          message: "include and exclude are exclusive",
        })
        .optional(),
      header: z.looseObject({ include: names.optional() }).optional(),
      cookie: z.looseObject({ include: names.optional() }).optional(),
      user: z
        .strictObject({ device_type: z.boolean(), geo: z.boolean(), lang: z.boolean() })
        .partial()
        .optional(),
      host: z.strictObject({ resolved: z.boolean().optional() }).optional(),
    })
    .optional(),
});

const ttl = (...modes: readonly [string, ...string[]]) =>
  z
    .strictObject({
      mode: z.enum(modes),
      default: seconds.optional(),
      status_code_ttl: z
        .array(
          z.strictObject({
            status_code: z.number().int().min(100).max(999).optional(),
            status_code_range: z
              .strictObject({ from: z.number().int(), to: z.number().int() })
              .partial()
              .optional(),
            value: z.number().int().min(-1),
          }),
        )
        .optional(),
    })
    .refine((given) => given.mode !== "override_origin" || given.default !== undefined, {
      message: "override_origin needs a default",
    });

const CacheSettings = z.looseObject({
  cache: z.boolean().optional(),
  edge_ttl: ttl("respect_origin", "bypass_by_default", "override_origin").optional(),
  browser_ttl: ttl("respect_origin", "bypass_by_default", "override_origin", "bypass").optional(),
  cache_key: CacheKey.optional(),
});

const Redirect = z.strictObject({
  from_list: z.strictObject({ key: text, name: text }).optional(),
  from_value: z
    .strictObject({
      target_url: Value,
      status_code: z.literal([301, 302, 303, 307, 308]).optional(),
      preserve_query_string: z.boolean().optional(),
    })
    .optional(),
});

const Rewrite = z.strictObject({
  headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/), Header).optional(),
  uri: z
    .strictObject({ path: Value.optional(), query: QueryValue.optional() })
    .refine(({ path, query }) => path !== undefined || query !== undefined, {
      message: "needs a path or a query",
    })
    .optional(),
});

const Route = z.strictObject({
  host_header: text.optional(),
  origin: z
    .strictObject({ host: text.optional(), port: z.number().int().min(1).max(65_535).optional() })
    .optional(),
  sni: z.strictObject({ value: text }).optional(),
});

const anything = z.looseObject({});
const nothing = z.strictObject({});

interface ActionSpec {
  readonly schema: z.ZodType<Parameters>;
  readonly isRequired?: true;
}

const required = (schema: z.ZodType<Parameters>): ActionSpec => ({ schema, isRequired: true });

const Block = z.strictObject({
  response: z
    .union([
      z.string(),
      z.strictObject({
        status_code: z.number().int().min(400).max(499),
        content_type: z.enum(["application/json", "text/html", "text/plain", "text/xml"]),
        content: z.string().max(30_720),
      }),
    ])
    .optional(),
});

const SPECS: Readonly<Record<Action, ActionSpec>> = {
  block: { schema: Block },
  challenge: { schema: nothing },
  compress_response: required(z.looseObject({ algorithms: z.array(anything).min(1) })),
  ddos_dynamic: { schema: nothing },
  execute: required(Execute),
  force_connection_close: { schema: nothing },
  js_challenge: { schema: nothing },
  log: { schema: nothing },
  log_custom_field: required(anything),
  managed_challenge: { schema: nothing },
  redirect: required(Redirect),
  rewrite: required(Rewrite),
  route: required(Route),
  score: required(z.strictObject({ increment: z.number().int() })),
  serve_error: required(anything),
  set_cache_control: required(anything),
  set_cache_settings: required(CacheSettings),
  set_cache_tags: required(anything),
  set_config: required(anything),
  skip: required(Skip),
  transform_response_html: required(anything),
};

interface Wanted {
  readonly action: Action;
  readonly phase: Phase;
  readonly given: unknown;
}

/**
 * The parameters as stored, or undefined for none. Null is given back as `{}`, which is how
 * objects without parameters were seen to come back.
 */
export function readParameters(wanted: Wanted, complaints: Complaints): Parameters | undefined {
  const { action, given } = wanted;
  const { schema, isRequired } = SPECS[action];
  const isNothing = given === undefined || given === null;
  const isEmpty = typeof given === "object" && given !== null && Object.keys(given).length === 0;
  if (isRequired === true && (isNothing || isEmpty)) {
    complaints.add(
      CODE.parametersMissing,
      `action parameters are required for the ${action} action`,
    );
    return undefined;
  }
  if (isNothing) return given === null ? {} : undefined;
  const parsed = schema.safeParse(given);
  if (parsed.success) {
    complainOfPhase(wanted, parsed.data, complaints);
    return parsed.data;
  }
  for (const { path, message } of parsed.error.issues) {
    const place = path.reduce<Complaints>((at, step) => at.at(String(step)), complaints);
    place.add(CODE.parametersInvalid, `invalid action parameter: ${message}`);
  }
  return undefined;
}

const REWRITES: Readonly<Partial<Record<Phase, "headers" | "uri">>> = {
  http_request_transform: "uri",
  http_request_late_transform: "headers",
  http_response_headers_transform: "headers",
};

/** What an action may do differs from phase to phase. */
function complainOfPhase(wanted: Wanted, read: Parameters, complaints: Complaints): void {
  const { action, phase } = wanted;
  const only = onlyMember(action, phase);
  if (only !== undefined && (Object.keys(read).length !== 1 || read[only] === undefined)) {
    complaints.add(CODE.parametersInvalid, `${action} in phase ${phase} takes \`${only}\` only`);
  }
  const isTuned = JSON.stringify(read["overrides"] ?? null).includes('"sensitivity_level"');
  if (isTuned && !isDdos(phase)) {
    const message = `sensitivity_level is not allowed in phase ${phase}`;
    complaints.at("overrides").add(CODE.parametersInvalid, message);
  }
}

function onlyMember(action: Action, phase: Phase): string | undefined {
  if (action === "rewrite") return REWRITES[phase];
  if (action !== "redirect") return undefined;
  return phase === "http_request_redirect" ? "from_list" : "from_value";
}

/** Where the parameters hold expressions of their own. */
export function* innerExpressions(
  value: unknown,
  path: readonly string[] = [],
): Generator<{ readonly path: readonly string[]; readonly expression: string }> {
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    const at = [...path, name];
    if (name === "expression" && typeof member === "string") {
      yield { path: at, expression: member };
    } else yield* innerExpressions(member, at);
  }
}
