import type { Json, JsonObject } from "../canonical.ts";
import { err, ok, type Result } from "../result.ts";
import type { Fault } from "../resource.ts";
import { parseLocation } from "./dns-location.ts";
import { hostOf } from "./dns-name.ts";
import { canonicalParameters, wordsOf } from "./service-parameters.ts";
import { canonicalText } from "./txt-content.ts";

/** One member of a structured record's `data`. */
interface Member {
  readonly name: string;
  /** The normal form of a given value, or undefined when it cannot be one. */
  readonly read: (value: Json) => Json | undefined;
  /** Ends the sentence "must be …". */
  readonly expected: string;
  /** Taken where the member is absent. */
  readonly fallback?: Json;
  /** Whether null and false are values of their own: "there is no target". */
  readonly nullable?: boolean;
}

interface Structure {
  /** In the order of the presentation form; the last one takes all words that are left. */
  readonly members: readonly Member[];
  /** Members that may change without making it another record. */
  readonly tunable: readonly string[];
  /** Whether the API may leave the priority out of `content`. */
  readonly priorityApart?: boolean;
}

const WHOLE = /^\d+(?:\.0+)?$/;
const DECIMAL = /^-?\d+(?:\.\d*)?$/;

/** Numbers come as numbers and as text, whole ones even as `0.0`. */
const numberOf = (value: Json): number =>
  typeof value === "string" && DECIMAL.test(value.trim()) ? Number(value) : Number.NaN;

function whole(name: string, max: number): Member {
  const read = (value: Json): Json | undefined => {
    const number = typeof value === "string" && WHOLE.test(value) ? Number(value) : value;
    if (typeof number !== "number" || !Number.isInteger(number)) return undefined;
    return number >= 0 && number <= max ? number : undefined;
  };
  return { name, read, expected: `a whole number from 0 to ${max}` };
}

interface Scale {
  readonly min: number;
  readonly max: number;
  readonly decimals: number;
  readonly fallback?: number;
}

/** A measure with as many decimals as the record carries on the wire: more of them are no difference. */
function measure(name: string, { min, max, decimals, fallback }: Scale): Member {
  const read = (value: Json): Json | undefined => {
    const number = typeof value === "number" ? value : numberOf(value);
    if (!(number >= min && number <= max)) return undefined;
    // Adding zero turns a rounded -0 into 0, which canonical JSON would print the same but `===` would too late.
    return Number(number.toFixed(decimals)) + 0;
  };
  const expected = `a number from ${min} to ${max}`;
  return { name, read, expected, ...(fallback === undefined ? {} : { fallback }) };
}

const readText = (value: Json): Json | undefined =>
  typeof value === "string" ? canonicalText(value) : undefined;

const text = (name: string): Member => ({ name, read: readText, expected: "a text" });
const optionalText = (name: string): Member => ({ ...text(name), fallback: "" });

const caaTag: Member = {
  name: "tag",
  read: (value) =>
    typeof value === "string" && /^[a-z0-9]+$/i.test(value) ? value.toLowerCase() : undefined,
  expected: "letters and digits, such as `issue`",
};

/** Hex digits in any case with any spacing. What is not hex is kept but for its spacing: base64 has two cases. */
const hex = (name: string): Member => ({
  name,
  read: (value) => {
    if (typeof value !== "string" || value.trim() === "") return undefined;
    const packed = value.replace(/\s+/g, "");
    return /^[0-9a-f]+$/i.test(packed) ? packed.toLowerCase() : packed;
  },
  expected: "hex digits",
});

const base64 = (name: string): Member => ({
  name,
  read: (value) =>
    typeof value === "string" && value.trim() !== "" ? value.replace(/\s+/g, "") : undefined,
  expected: "base64",
});

/** A host, or `.` for none; the API says null or false for none as well (TF 1955, 4216, 5383). */
const hostOrNone = (name: string): Member => ({
  name,
  read: (value) => {
    if (value === null || value === false || value === "" || value === ".") return ".";
    return typeof value === "string" ? (hostOf(value) ?? undefined) : undefined;
  },
  expected: "a host name, or `.` for none",
  nullable: true,
});

const parameters: Member = {
  name: "value",
  read: (value) => (typeof value === "string" ? canonicalParameters(value) : undefined),
  expected: "a text",
  fallback: "",
};

const U8 = 0xff;
const U16 = 0xffff;
/** Metres, RFC 1876 section 2: 32 bits of centimetres above 100 km below the ellipsoid; sizes up to 9e9 cm. */
const ALTITUDE = { min: -100_000, max: 42_849_672.95, decimals: 2, fallback: 0 };
const SIZE = { min: 0, max: 90_000_000, decimals: 2 };
const SECONDS = { min: 0, max: 59.999, decimals: 3, fallback: 0 };
const MINUTES = { min: 0, max: 59, decimals: 0, fallback: 0 };

const direction = (name: string, letters: string): Member => ({
  name,
  read: (value) => {
    const letter = typeof value === "string" ? value.toUpperCase() : "";
    return letter.length === 1 && letters.includes(letter) ? letter : undefined;
  },
  expected: `one of ${letters.split("").join(" or ")}`,
});

const certificateUse = [whole("usage", U8), whole("selector", U8), whole("matching_type", U8)];
const service: Structure = {
  members: [whole("priority", U16), hostOrNone("target"), parameters],
  tunable: [],
};
const association: Structure = { members: [...certificateUse, hex("certificate")], tunable: [] };

/** The types whose value is a `data` object: its members and their presentation order. */
const STRUCTURES: ReadonlyMap<string, Structure> = new Map<string, Structure>([
  [
    "CAA",
    {
      members: [whole("flags", U8), caaTag, text("value")],
      tunable: ["flags"],
    },
  ],
  [
    "CERT",
    {
      members: [
        whole("type", U16),
        whole("key_tag", U16),
        whole("algorithm", U8),
        base64("certificate"),
      ],
      tunable: [],
    },
  ],
  [
    "DNSKEY",
    {
      members: [
        whole("flags", U16),
        whole("protocol", U8),
        whole("algorithm", U8),
        base64("public_key"),
      ],
      tunable: [],
    },
  ],
  [
    "DS",
    {
      members: [
        whole("key_tag", U16),
        whole("algorithm", U8),
        whole("digest_type", U8),
        hex("digest"),
      ],
      tunable: [],
    },
  ],
  ["HTTPS", service],
  [
    "LOC",
    {
      members: [
        whole("lat_degrees", 90),
        measure("lat_minutes", MINUTES),
        measure("lat_seconds", SECONDS),
        direction("lat_direction", "NS"),
        whole("long_degrees", 180),
        measure("long_minutes", MINUTES),
        measure("long_seconds", SECONDS),
        direction("long_direction", "EW"),
        measure("altitude", ALTITUDE),
        // The defaults of RFC 1876 section 3, in metres.
        measure("size", { ...SIZE, fallback: 1 }),
        measure("precision_horz", { ...SIZE, fallback: 10_000 }),
        measure("precision_vert", { ...SIZE, fallback: 10 }),
      ],
      tunable: [],
    },
  ],
  [
    "NAPTR",
    {
      members: [
        whole("order", U16),
        whole("preference", U16),
        optionalText("flags"),
        optionalText("service"),
        optionalText("regex"),
        { ...hostOrNone("replacement"), fallback: "." },
      ],
      tunable: [],
    },
  ],
  ["SMIMEA", association],
  [
    "SRV",
    {
      members: [
        whole("priority", U16),
        whole("weight", U16),
        whole("port", U16),
        hostOrNone("target"),
      ],
      tunable: ["priority", "weight"],
      priorityApart: true,
    },
  ],
  [
    "SSHFP",
    { members: [whole("algorithm", U8), whole("type", U8), hex("fingerprint")], tunable: [] },
  ],
  ["SVCB", service],
  ["TLSA", association],
  [
    "URI",
    {
      members: [whole("priority", U16), whole("weight", U16), text("target")],
      tunable: ["weight"],
      priorityApart: true,
    },
  ],
]);

/** The names of the `data` members of a structured type, in presentation order; null for the other types. */
export function dataMembers(type: string): readonly string[] | null {
  return STRUCTURES.get(type)?.members.map((member) => member.name) ?? null;
}

/** What makes a structured value this one, its tunable members aside. */
export function dataIdentity(type: string, data: JsonObject): string {
  const tunable = STRUCTURES.get(type)?.tunable ?? [];
  const fixed = Object.entries(data).filter(([name]) => !tunable.includes(name));
  return fixed
    .map(([, value]) => (typeof value === "string" ? value : JSON.stringify(value)))
    .join(" ");
}

/** The members that `content`, a presentation form, gives; null when it is none of this type. */
function membersOf(type: string, content: string): JsonObject | null {
  if (type === "LOC") return parseLocation(content);
  const structure = STRUCTURES.get(type);
  const words = wordsOf(content);
  if (structure === undefined || words === null) return null;
  const names = structure.members.map((member) => member.name);
  // "5 5060 sip.example.net": the older content of SRV has its priority at top level only.
  const apart = structure.priorityApart === true && words.length === names.length - 1;
  const given = apart ? names.slice(1) : names;
  const last = given.length - 1;
  const single = given.slice(0, last).map((name, position) => [name, words[position]] as const);
  const members = [...single, [given[last] ?? "", words.slice(last).join(" ")] as const];
  return Object.fromEntries(
    members.flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, value]],
    ),
  );
}

/** Where the parts of a structured value stand: `data` wins over the top-level `priority`, that over `content`. */
export interface ValueSource {
  readonly content: Json | undefined;
  readonly data: JsonObject | undefined;
  readonly priority: Json | undefined;
}

/** The value of `member` in the first source that has one. */
function firstGiven(member: Member, sources: readonly JsonObject[]): Json | undefined {
  for (const source of sources) {
    const value = source[member.name];
    if (value !== undefined && (value !== null || member.nullable === true)) return value;
  }
  return member.fallback;
}

/** Everything that says something about a value, the most trusted first. */
function sourcesOf(type: string, { content, data, priority }: ValueSource): readonly JsonObject[] {
  const names = dataMembers(type) ?? [];
  // Parsing the content costs most, and it is mostly the same once more.
  if (data !== undefined && names.every((name) => (data[name] ?? null) !== null)) return [data];
  const written = typeof content === "string" ? membersOf(type, content) : null;
  const top = priority === undefined || priority === null ? {} : { priority };
  return [data ?? {}, top, written ?? {}];
}

/** The `data` of a structured type in normal form, from whichever writings there are. */
export function readData(type: string, from: ValueSource): Result<JsonObject, readonly Fault[]> {
  const members = STRUCTURES.get(type)?.members ?? [];
  const sources = sourcesOf(type, from);
  const faults: Fault[] = [];
  const data: Record<string, Json> = {};
  for (const member of members) {
    const value = firstGiven(member, sources);
    const normal = value === undefined ? undefined : member.read(value);
    if (normal !== undefined) {
      data[member.name] = normal;
      continue;
    }
    const path = from.data === undefined ? ["content"] : ["data", member.name];
    faults.push({ path, problem: `\`${member.name}\` must be ${member.expected}` });
  }
  return faults.length === 0 ? ok(data) : err(faults);
}
