import * as fc from "fast-check";
import type { Json } from "../../../src/core/canonical.ts";
import { type SettingValues, SETTINGS } from "../../../src/core/kinds/zone-setting-values.ts";

function valueOf(values: SettingValues): fc.Arbitrary<Json> {
  switch (values.form) {
    case "switch":
      return fc.constantFrom("on", "off");
    case "choice":
      return fc.constantFrom(...values.values);
    case "number":
      return fc.nat(86_400);
    case "text":
      return fc.string({ maxLength: 20 });
    case "texts":
      return fc.array(fc.string({ maxLength: 20 }), { maxLength: 3 });
    case "flag":
      return fc.boolean();
    case "object":
      return fc
        .tuple(
          ...Object.entries(values.members).map(([name, of]) =>
            fc.option(fc.tuple(fc.constant(name), valueOf(of))),
          ),
        )
        .map((members) => Object.fromEntries(members.filter((member) => member !== null)));
  }
}

/** A value of the setting `id` as the API answers it, now and then one that this version does not know. */
export const settingValueOf = (id: string): fc.Arbitrary<Json> =>
  fc.oneof(
    { arbitrary: valueOf(SETTINGS.get(id) ?? { form: "text" }), weight: 9 },
    { arbitrary: fc.constant("a value of tomorrow"), weight: 1 },
  );
