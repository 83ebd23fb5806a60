/**
 * Which requests a guardrail is about, as bounded parameters, and the expression that says so. Values go into quotes or
 * stand as numbers, and none of them can hold a quote or a backslash: no parameter can become syntax (I5).
 */
import { z } from "zod";

/** What a path may have, without what would end a string. */
const path = z
  .string()
  .max(200)
  .regex(/^\/[\w.~!$&'()*+,;=:@%/-]*$/, "must begin with `/` and have only characters of paths");
const host = z
  .string()
  .max(253)
  .regex(/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/, "must be a host name in lower case");
const asn = z.int().min(1).max(4_294_967_295);
const country = z.string().regex(/^[A-Z]{2}$|^T1$/, "must be two capital letters");
/** JA4: `t13d1516h2_8daaf6152771_e5627efa2ab1`. */
const ja4 = z
  .string()
  .regex(/^[a-z0-9]{10}_[0-9a-f]{12}_[0-9a-f]{12}$/, "must be a JA4 fingerprint");
const network = z
  .string()
  .max(49)
  .regex(/^[0-9a-f:.]+(?:\/\d{1,3})?$/, "must be an address or a network");
const word = z
  .string()
  .min(3)
  .max(100)
  .regex(/^[\w .,;:()/+@~!*-]+$/, "must have no quotes and no backslash");

/** An expression has 4,096 characters; these stay well below, whatever is combined (I12). */
const LISTED_MAX = 20;
const some = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(LISTED_MAX);

/** Who is never hit, whatever the rest says. */
const except = z
  .strictObject({
    networks: some(network).optional(),
    asns: some(asn).optional(),
    /** Crawlers that Cloudflare knows. */
    verified_bots: z.boolean().default(true),
  })
  .prefault({});

export const pathMembers = {
  path,
  match: z.enum(["exact", "prefix", "contains"]).default("exact"),
};

export const sourceMembers = {
  methods: some(z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])).optional(),
  hosts: some(host).optional(),
  asns: some(asn).optional(),
  countries: some(country).optional(),
  ja4s: some(ja4).optional(),
  user_agent: word.optional(),
  except,
};

const requests = z.strictObject({
  path: path.optional(),
  match: pathMembers.match,
  ...sourceMembers,
});
export type RequestMatch = z.output<typeof requests>;

const texts = (values: readonly string[]): string => values.map((one) => `"${one}"`).join(" ");

function pathTerm({ path: of, match }: Pick<RequestMatch, "path" | "match">): readonly string[] {
  if (of === undefined) return [];
  switch (match) {
    case "exact":
      return [`http.request.uri.path eq "${of}"`];
    case "prefix":
      return [`starts_with(http.request.uri.path, "${of}")`];
    case "contains":
      return [`http.request.uri.path contains "${of}"`];
  }
}

/** Who is never hit. */
function exceptionTerms(out: RequestMatch["except"] | undefined): readonly string[] {
  return [
    ...(out?.networks ? [`not ip.src in {${out.networks.join(" ")}}`] : []),
    ...(out?.asns ? [`not ip.src.asnum in {${out.asns.join(" ")}}`] : []),
    ...(out?.verified_bots ? ["not cf.client.bot"] : []),
  ];
}

/** Every member must fit, one of each list is enough; then whoever is excepted is taken out. */
export function expressionOf(given: Partial<RequestMatch>): string {
  const { methods, hosts, asns, countries, ja4s, user_agent: agent } = given;
  const terms = [
    ...pathTerm({ path: given.path, match: given.match ?? "exact" }),
    ...(methods ? [`http.request.method in {${texts(methods)}}`] : []),
    ...(hosts ? [`http.host in {${texts(hosts)}}`] : []),
    ...(asns ? [`ip.src.asnum in {${asns.join(" ")}}`] : []),
    ...(countries ? [`ip.src.country in {${texts(countries)}}`] : []),
    ...(ja4s ? [`cf.bot_management.ja4 in {${texts(ja4s)}}`] : []),
    ...(agent === undefined ? [] : [`http.user_agent contains "${agent}"`]),
    ...exceptionTerms(given.except),
  ];
  return `(${terms.join(" and ")})`;
}
