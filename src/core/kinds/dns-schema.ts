import { z } from "zod";
import type { Json } from "../canonical.ts";
import { dataMembers } from "./dns-data.ts";

/** Seconds. Below 60 only on Enterprise zones, which the API checks; above a day nowhere. */
const TTL_MIN = 30;
const TTL_MAX = 86_400;
/** The longest comment that any plan allows. */
const COMMENT_LENGTH_MAX = 500;
/** Above what the API takes for one record; it keeps a declaration readable in bounded time. */
const CONTENT_LENGTH_MAX = 32_768;
const TAGS_MAX = 100;

/** The flags of `settings` that are compared. What the default of any other is, is not known, so it is no drift. */
export const SETTINGS_FLAGS = ["flatten_cname", "ipv4_only", "ipv6_only"] as const;

const ttl = z.union([z.literal("auto"), z.literal(1), z.int().min(TTL_MIN).max(TTL_MAX)], {
  error: `must be \`auto\`, 1, or ${TTL_MIN} to ${TTL_MAX} seconds`,
});
const base = {
  name: z.string().meta({
    description: "`@` is the zone itself, `www` is `www` in the zone; full names are fine too",
  }),
  ttl: ttl.optional().meta({
    description: "seconds; `auto` (the default) and 1 leave it to the platform",
  }),
  proxied: z.boolean().optional().meta({
    description: "through Cloudflare's proxy; false when left out. Only A, AAAA and CNAME",
  }),
  comment: z.string().max(COMMENT_LENGTH_MAX).optional().meta({
    description: "managed only when it stands here; the empty text clears it",
  }),
  tags: z.array(z.string().min(1)).max(TAGS_MAX).optional().meta({
    description: "a set; managed only when it stands here, an empty list clears it",
  }),
};
const content = z.string().max(CONTENT_LENGTH_MAX).meta({
  description: "the value; quotes and chunks of a TXT value carry no meaning",
});
const priority = z.int().min(0).max(0xffff).optional();
const flag = z.boolean().optional();
const addressSettings = z.strictObject({ ipv4_only: flag, ipv6_only: flag }).optional();
const aliasSettings = z
  .strictObject({ flatten_cname: flag, ipv4_only: flag, ipv6_only: flag })
  .optional();
/** An empty one only: that is what an imported record of another type has. */
const noSettings = z.strictObject({}).optional();

const scalar = z.union([z.number(), z.string().max(CONTENT_LENGTH_MAX), z.boolean(), z.null()], {
  error: "must be a number or a text",
});

function dataOf(type: string): z.ZodObject<Record<string, z.ZodOptional<typeof scalar>>> {
  const members = dataMembers(type) ?? ["priority", "target"];
  return z.strictObject(Object.fromEntries(members.map((name) => [name, scalar.optional()])));
}

const plain = <T extends string>(type: T) =>
  z.strictObject({ ...base, type: z.literal(type), content, settings: noSettings });

const address = <T extends string>(type: T) =>
  z.strictObject({ ...base, type: z.literal(type), content, settings: addressSettings });

const structured = <T extends string>(type: T) =>
  z.strictObject({
    ...base,
    type: z.literal(type),
    content: content.optional(),
    data: dataOf(type).optional(),
    priority,
    settings: noSettings,
  });

/**
 * One record as it is declared. The 21 types are those of the npm package cloudflare 7.3.0; a record of any other
 * type is observed but cannot be declared.
 */
export const recordSchema = z.discriminatedUnion("type", [
  address("A"),
  address("AAAA"),
  z.strictObject({ ...base, type: z.literal("CNAME"), content, settings: aliasSettings }),
  structured("MX"),
  plain("NS"),
  plain("OPENPGPKEY"),
  plain("PTR"),
  plain("TXT"),
  structured("CAA"),
  structured("CERT"),
  structured("DNSKEY"),
  structured("DS"),
  structured("HTTPS"),
  structured("LOC"),
  structured("NAPTR"),
  structured("SMIMEA"),
  structured("SRV"),
  structured("SSHFP"),
  structured("SVCB"),
  structured("TLSA"),
  structured("URI"),
]);

/** What all declared records have in common, whatever their type. */
export interface DeclaredRecord {
  readonly type: string;
  readonly name: string;
  readonly content?: string | undefined;
  readonly data?: Readonly<Record<string, Json | undefined>> | undefined;
  readonly priority?: number | undefined;
  /** Seconds; `auto` and 1 leave it to the platform. */
  readonly ttl?: number | "auto" | undefined;
  readonly proxied?: boolean | undefined;
  readonly settings?: Readonly<Record<string, boolean | undefined>> | undefined;
  readonly comment?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}
