/** The types of values in the rules language. Strings are sequences of bytes. */

export type Type =
  | "Boolean"
  | "Integer"
  | "String"
  | "IP address"
  | { readonly array: Type }
  | { readonly map: Type };

export const arrayOf = (item: Type): Type => ({ array: item });
export const mapOf = (item: Type): Type => ({ map: item });

/** As Cloudflare's documentation writes it. */
export function typeName(type: Type): string {
  if (typeof type === "string") return type;
  return "array" in type ? `Array<${typeName(type.array)}>` : `Map<${typeName(type.map)}>`;
}

export const sameType = (a: Type, b: Type): boolean => typeName(a) === typeName(b);

/** What one element of an array or map is; null for anything else. */
export function itemOf(type: Type): Type | null {
  if (typeof type === "string") return null;
  return "array" in type ? type.array : type.map;
}

/** Reads `Map<Array<String>>`; the tables of fields are written that way. */
export function typeNamed(name: string): Type {
  const [, outer, inner = ""] = /^(Array|Map)<(.+)>$/.exec(name) ?? [];
  if (outer !== undefined)
    return outer === "Array" ? arrayOf(typeNamed(inner)) : mapOf(typeNamed(inner));
  switch (name) {
    case "Boolean":
    case "Integer":
    case "String":
    case "IP address":
      return name;
    default:
      throw new Error(`there is no type \`${name}\``);
  }
}
