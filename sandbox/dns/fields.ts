/** The kinds of field that structured record types are made of: how each is checked and written. */
import { targetName } from "./names.ts";
import { quote } from "./text.ts";
import { REASON, invalidRecord } from "./validation.ts";

export interface FieldKind {
  /** The one accepted spelling of a value. */
  readonly accept: (value: unknown, field: string, zone: string) => string | number;
  readonly format: (value: string | number) => string;
  /** The last field of this kind takes all remaining words of a content, joined by this. */
  readonly rest?: string;
}

const bad = (field: string, what: string) =>
  invalidRecord(REASON.invalidField, `data.${field} must be ${what}`);

function text(value: unknown, field: string): string {
  if (typeof value === "string") return value.trim();
  throw bad(field, "a string");
}

/** Numbers may come as strings: some clients send CAA flags as `"0"`. */
function integer(max: number): FieldKind {
  return {
    accept(value, field) {
      const number = typeof value === "string" && value !== "" ? Number(value) : value;
      if (typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= max) {
        return number;
      }
      throw bad(field, `an integer from 0 to ${max}`);
    },
    format: String,
  };
}

export const u8 = integer(255);
export const u16 = integer(65_535);

export const host: FieldKind = {
  accept(value, field, zone) {
    // A null target came back as `false` from some answers, and clients send it so.
    return value === false ? "." : targetName(text(value, field), zone);
  },
  format: String,
};

/** Targets of services keep the dot that they were sent with, as recorded answers show. */
export const serviceHost: FieldKind = {
  accept(value, field, zone) {
    const name = String(host.accept(value, field, zone));
    return typeof value === "string" && value.endsWith(".") && name !== "." ? `${name}.` : name;
  },
  format: String,
};

export const hex: FieldKind = {
  accept(value, field) {
    const digits = text(value, field).replace(/\s/g, "").toLowerCase();
    if (/^([0-9a-f]{2})+$/.test(digits)) return digits;
    throw bad(field, "hexadecimal");
  },
  format: String,
  rest: "",
};

export const base64: FieldKind = {
  accept(value, field) {
    const digits = text(value, field).replace(/\s/g, "");
    if (/^[A-Za-z0-9+/]+={0,2}$/.test(digits)) return digits;
    throw bad(field, "base64");
  },
  format: String,
  rest: "",
};

/** A single word such as a CAA tag. */
export const word: FieldKind = {
  accept(value, field) {
    const name = text(value, field).toLowerCase();
    if (/^[a-z0-9]+$/.test(name)) return name;
    throw bad(field, "a word of letters and digits");
  },
  format: String,
};

/** Written in quotes. */
export const quoted: FieldKind = {
  accept: (value, field) => text(value, field),
  format: (value) => quote(String(value)),
};

/** The parameters of a service binding, kept as they are. */
export const parameters: FieldKind = {
  accept: (value, field) => (value === undefined || value === null ? "" : text(value, field)),
  format: String,
  rest: " ",
};
