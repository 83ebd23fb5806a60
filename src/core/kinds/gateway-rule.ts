import { z } from "zod";
import { isObject, type Json, type JsonObject, sameJson, textOf } from "../canonical.ts";
import { isObjectId } from "../ids.ts";
import {
  type Change,
  type Contradiction,
  type Fields,
  type Kind,
  type ObservedResource,
  type Resource,
} from "../resource.ts";
import { err, ok, type Result } from "../result.ts";
import { carriedOver, declareEach, objectOf, said, textsOf } from "./declaration.ts";
import { sameExpression } from "./gateway-expression.ts";
import { alignedRules, samePrecedence } from "./gateway-order.ts";
import { nanosecondsOf } from "./go-duration.ts";
import { publishRules, ruleHcl } from "./gateway-publication.ts";
import { objectApply } from "./object-apply.ts";
import { objectCalls } from "./object-calls.ts";

const NAME = "gateway_rule";
const COLLECTION = "gateway/rules";

const ACTIONS =
  "on off block redirect allow scan noscan safesearch ytrestricted isolate noisolate override l4_override egress resolve quarantine".split(
    " ",
  );
const expression = z.string().max(65_536);
const day = z.string().max(200);

const rule = z.strictObject({
  name: z.string().min(1).max(255),
  description: z.string().max(5_000).optional(),
  action: z.enum(ACTIONS),
  enabled: z.boolean(),
  /** Exactly one. */
  filters: z.tuple([z.enum(["dns", "http", "l4", "egress", "dns_resolver"])]),
  traffic: expression.optional(),
  identity: expression.optional(),
  device_posture: expression.optional(),
  rule_settings: z.record(z.string(), z.json()).nullish(),
  schedule: z
    .partialRecord(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun", "time_zone"]), day)
    .optional(),
  expiration: z
    .strictObject({ expires_at: z.iso.datetime(), duration: z.int().min(1).optional() })
    .optional(),
  precedence: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
});
type DeclaredRule = z.infer<typeof rule>;
const schema = z.array(rule).max(1_000);

const resourceOf = (name: string, fields: Fields): Resource => ({
  kind: NAME,
  group: name,
  identity: name,
  fields,
});

const isNothing = (value: Json): boolean =>
  value === null ||
  value === false ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** Null, `{}`, `[]` and what is off say nothing (case 48), a duration is what it means (case 49). */
function settled(value: Json): Json {
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([member, one]): [string, Json] => [
    member,
    member === "duration" && typeof one === "string" ? (nanosecondsOf(one) ?? one) : settled(one),
  ]);
  return Object.fromEntries(members.filter(([, one]) => !isNothing(one)));
}

/** `8:00-12:30, 13:30-17:00` comes back as `08:00-12:30,13:30-17:00`. */
const hours = (text: string): string => text.replace(/\s+/g, "").replace(/(^|[,-])(\d:)/g, "$10$2");

const scheduleOf = (value: Json): JsonObject =>
  Object.fromEntries(
    Object.entries(objectOf(value)).flatMap(([member, one]) => {
      const text = textOf(one);
      return text === "" ? [] : [[member, member === "time_zone" ? text : hours(text)]];
    }),
  );

/** Without `expired`, which only an answer has. */
function expirationOf(value: Json): JsonObject {
  const { expires_at: at, duration = null } = objectOf(value);
  if (typeof at !== "string") return {};
  const expires_at = at.replace(/\.0+Z$/, "Z");
  return duration === null ? { expires_at } : { expires_at, duration };
}

/** How each member is brought to normal form; what an answer leaves out is null and not compared (case 50). */
const MEMBERS: Readonly<Record<string, (value: Json) => Json>> = {
  name: (value) => textOf(value),
  description: (value) => textOf(value),
  action: (value) => textOf(value),
  enabled: (value) => value === true,
  filters: (value) => textsOf(value),
  traffic: (value) => textOf(value),
  identity: (value) => textOf(value),
  device_posture: (value) => textOf(value),
  rule_settings: (value) => objectOf(value),
  schedule: scheduleOf,
  expiration: expirationOf,
  precedence: (value) => value,
};

const COMPUTED =
  "id version warning_status read_only sharable source_account created_at updated_at deleted_at not_supported".split(
    " ",
  );
const KNOWN = new Set([...Object.keys(MEMBERS), ...COMPUTED]);

function observe(raw: Json): Result<ObservedResource, string> {
  if (!isObject(raw)) return err("a gateway rule is not an object");
  const { id, name, precedence = null } = raw;
  if (typeof id !== "string" || !isObjectId(id)) return err("a gateway rule has no usable `id`");
  if (typeof name !== "string" || name === "") return err(`gateway rule \`${id}\` has no \`name\``);
  if (precedence !== null && typeof precedence !== "number")
    return err(`the precedence of gateway rule \`${id}\` is not a number`);
  const fields = Object.entries(MEMBERS).map(([member, normal]): [string, Json] => {
    const value = raw[member];
    return [member, value === undefined ? null : normal(value)];
  });
  const more = carriedOver(raw, KNOWN);
  const system = raw["read_only"] === true ? "read-only: another account shares it" : null;
  return ok({ ...resourceOf(name, { ...Object.fromEntries(fields), more }), id, system });
}

const declareRule = ({ schedule, expiration, ...one }: DeclaredRule): Result<Resource, never> => {
  const members = said({
    ...one,
    ...(schedule === undefined ? {} : { schedule: said(schedule) }),
    ...(expiration === undefined ? {} : { expiration: said(expiration) }),
  });
  const fields = Object.entries(members).map(([member, value]) => [
    member,
    MEMBERS[member]?.(value) ?? value,
  ]);
  return ok(resourceOf(one.name, Object.fromEntries(fields)));
};

function same(field: string, desired: Json, observed: Json): boolean {
  if (observed === null) return true;
  switch (field) {
    case "traffic":
    case "identity":
    case "device_posture":
      return sameExpression(textOf(desired), textOf(observed));
    case "rule_settings":
      return sameJson(settled(desired ?? {}), settled(observed));
    case "precedence":
      return typeof desired === "number" && samePrecedence(desired, Number(observed));
    default:
      return sameJson(desired, observed) || (desired === null && isNothing(observed));
  }
}

/** The rule after the change: what is declared and differs, or was not told, over what is there. */
function predict(change: Change): Fields | null {
  if (change.op === "delete") return null;
  if (change.op === "create") return change.desired.fields;
  const { desired, observed, fields } = change;
  const written = Object.entries(desired.fields).filter(
    ([field]) => fields.includes(field) || (observed.fields[field] ?? null) === null,
  );
  return { ...observed.fields, ...Object.fromEntries(written) };
}

/** The whole rule, for there is no call that changes a part: what is not modelled goes back as it came. */
function bodyOf(change: Exclude<Change, { op: "delete" }>): JsonObject {
  const { more = {}, ...fields } = predict(change) ?? {};
  const members = Object.entries(fields).filter(([, value]) => value !== null);
  const emptied = members.map(([member, value]): [string, Json] => [
    member,
    (member === "schedule" || member === "expiration") && isNothing(value) ? null : value,
  ]);
  return { ...objectOf(more), ...Object.fromEntries(emptied) };
}

/** What the API did not tell of a rule, it does not tell afterwards. */
const apply = objectApply({
  collection: COLLECTION,
  becomes: (old, body) =>
    Object.fromEntries(
      Object.entries(body).filter(([member]) => member in old || !(member in MEMBERS)),
    ),
});

/** Two declared rules at one place have no order. */
function contradictions(resources: readonly Resource[]): readonly Contradiction[] {
  const places = new Map<Json, number>();
  return resources.flatMap(({ fields: { precedence = null } }, index): Contradiction[] => {
    const first = places.get(precedence);
    if (first === undefined) places.set(precedence, index);
    return first === undefined
      ? []
      : [{ indices: [first, index], problem: "has the `precedence` of another rule" }];
  });
}

/** Rules of Zero Trust Gateway, by their names. */
export const gatewayRule: Kind = {
  name: NAME,
  level: "account",
  collection: COLLECTION,
  schema,
  declare: (declared, site) => {
    const rules = declareEach(schema, declareRule)(declared, site);
    const clashes = rules.ok ? contradictions(rules.value) : [];
    return clashes.length === 0
      ? rules
      : err(clashes.map(({ indices, problem }) => ({ path: [indices[1], "precedence"], problem })));
  },
  observe,
  same,
  matchable: ["name", "action", "description"],
  removable: true,
  renames: true,
  align: alignedRules,
  foreign: () => new Map(),
  calls: objectCalls({ collection: COLLECTION, bodyOf }),
  predict,
  apply,
  publish: publishRules,
  hcl: ruleHcl,
  describe: ({ identity }) => `gateway rule ${identity}`,
};
