/** Zone settings for editors: their names and values as JSON Schema. What is accepted is decided in `zone-setting.ts`. */
import { z } from "zod";
import type { JsonObject } from "../canonical.ts";
import { allowedValues, type SettingValues, SETTINGS } from "./zone-setting-values.ts";

function valueSchema(values: SettingValues): JsonObject {
  switch (values.form) {
    case "switch":
      return { enum: ["on", "off", true, false] };
    case "choice":
      // As text and as number: `1.2` means "1.2", "14400" means 14400.
      return { enum: [...new Set(values.values.flatMap((one) => [one, ...otherForm(one)]))] };
    case "number":
      return { type: ["number", "string"], minimum: 0, pattern: String.raw`^\d+$` };
    case "text":
      return { type: "string" };
    case "texts":
      return { type: "array", items: { type: "string" } };
    case "flag":
      return { enum: [true, false, "on", "off", "true", "false"] };
    case "object":
      return objectSchema(values.members);
  }
}

function otherForm(value: string | number): readonly (string | number | boolean)[] {
  if (value === "on" || value === "off") return [value === "on"];
  if (typeof value === "number") return [String(value)];
  const number = Number(value);
  return Number.isNaN(number) ? [] : [number];
}

const objectSchema = (members: Readonly<Record<string, SettingValues>>): JsonObject => ({
  type: "object",
  properties: Object.fromEntries(
    Object.entries(members).map(([name, values]) => [name, valueSchema(values)]),
  ),
  additionalProperties: false,
});

const properties = Object.fromEntries(
  [...SETTINGS]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, values]) => [
      id,
      {
        ...valueSchema(values),
        description: `zone setting \`${id}\`: ${allowedValues(values)}`,
      },
    ]),
);

/** Values are judged by `declare`, which says more about a wrong one; the members here are for editors. */
export const settingsSchema = z.record(z.string(), z.json()).meta({
  description:
    "Zone settings by their id. Those that stand here are managed, all others are left alone.",
  propertyNames: { enum: Object.keys(properties) },
  properties,
});
