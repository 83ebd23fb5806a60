import { textOf } from "../canonical.ts";
import type { ObservedResource, Resource } from "../resource.ts";

const typeOf = ({ fields }: Resource): string => textOf(fields["type"]);
const nameOf = ({ fields }: Resource): string => textOf(fields["name"]);

/**
 * Delegations among `strangers` that take declared records out of the zone: what is at a delegated name or below it is
 * answered by the name servers of the delegation, and no longer by these records, though they look untouched.
 */
export function shadowingDelegations(
  strangers: readonly ObservedResource[],
  declared: readonly Resource[],
): ReadonlyMap<ObservedResource, string> {
  const delegations = strangers.filter((stranger) => typeOf(stranger) === "NS");
  if (delegations.length === 0) return new Map();
  return new Map(
    delegations.flatMap((delegation): [ObservedResource, string][] => {
      const name = nameOf(delegation);
      // The API lets no delegation stand beside a CNAME: where there are both, nothing is delegated.
      const hidden = declared.find(
        (record) =>
          nameOf(record).endsWith(`.${name}`) ||
          (nameOf(record) === name && typeOf(record) !== "CNAME"),
      );
      const reason = `it delegates \`${name}\`, so that \`${hidden?.identity}\` is no longer answered: declare it or remove it`;
      return hidden ? [[delegation, reason]] : [];
    }),
  );
}
