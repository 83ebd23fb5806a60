import { z } from "zod";
import { below, every, onHost } from "./edge-rules.ts";
import {
  defineGoldenPath,
  type Expansion,
  listOf,
  nameFor,
  type PathState,
  said,
  zoneOf,
} from "./golden-path.ts";
import { asn, country, flag, hostname, LIST_MAX, outside, urlPath } from "./parameters.ts";

const NAME = "geo-restriction";

const common = {
  mode: z
    .enum(["block", "allow_only"])
    .meta({ description: "`block` turns the listed away, `allow_only` everybody else" }),
  countries: z.array(country).max(LIST_MAX).default([]).meta({ description: "ISO codes" }),
  asns: z.array(asn).max(LIST_MAX).default([]).meta({ description: "numbers of networks" }),
  hostname: hostname.optional().meta({ description: "left out: every name of the zone" }),
  path: urlPath.default("/").meta({ description: "below which it holds" }),
  action: z.enum(["block", "managed_challenge"]).default("block"),
};

const parameters = z
  .strictObject({
    ...common,
    verified_bots: flag(
      false,
      "let search engines and monitors in from everywhere, as Cloudflare knows them",
    ),
  })
  .refine(({ countries, asns }) => countries.length + asns.length > 0, {
    path: ["countries"],
    message: "name at least one country or network",
  });
const parametersV1 = z.strictObject({
  ...common,
  // It took any two letters.
  countries: z.array(z.string().max(2)).max(LIST_MAX).default([]),
});
type Parameters = z.output<typeof parameters>;

const sorted = (list: readonly string[]): string =>
  [...new Set(list)]
    .toSorted()
    .map((one) => `"${one}"`)
    .join(" ");

/** Who is on the list. */
function listed(countries: readonly string[], asns: readonly number[]): string {
  const numbers = [...new Set(asns)].toSorted((a, b) => a - b).join(" ");
  const either = [
    ...(countries.length === 0 ? [] : [`ip.src.country in {${sorted(countries)}}`]),
    ...(asns.length === 0 ? [] : [`ip.src.asnum in {${numbers}}`]),
  ];
  return either.length === 1 ? (either[0] ?? "") : `(${either.join(" or ")})`;
}

const instanceOf = ({ mode, hostname: host, path }: ParametersV1, state: PathState): string =>
  `${mode} ${host ?? zoneOf(state).name}${path}`;
type ParametersV1 = Pick<Parameters, keyof typeof common>;

/** Whoever issues a certificate for the origin looks here from all over the world, and a certificate that ends is an outage. */
const CHALLENGES = "/.well-known/acme-challenge/";
const exempt = (given: Parameters): readonly string[] => [
  CHALLENGES.startsWith(given.path)
    ? `not starts_with(http.request.uri.path, "${CHALLENGES}")`
    : "true",
  given.verified_bots ? "not cf.client.bot" : "true",
];

function declared(given: ParametersV1, state: PathState, except: readonly string[]): Expansion {
  const who = listed(given.countries, given.asns);
  return {
    declares: {
      waf_rule: [
        {
          ref: nameFor(NAME, instanceOf(given, state), ""),
          description:
            given.mode === "block" ? "visitors from listed places" : "visitors from elsewhere",
          expression: every(
            onHost(given.hostname),
            below(given.path),
            given.mode === "block" ? who : `not ${who}`,
            ...except,
          ),
          action: given.action,
        },
      ],
    },
    retires: {},
    notes: [],
  };
}

export const geoRestriction = defineGoldenPath({
  name: NAME,
  version: 2,
  title: { en: "Restrict by country or network", ko: "국가·네트워크 제한" },
  summary: {
    en: "Turns visitors away by country or by autonomous system, or lets only those in.",
    ko: "국가 또는 AS 번호로 방문자를 차단하거나 그들만 허용합니다.",
  },
  needs: "zone",
  parameters,
  instance: instanceOf,
  refuses: ({ hostname: host }, state) => outside(host, zoneOf(state).name),
  expand: (given, state) => ({
    ...declared(given, state, exempt(given)),
    notes:
      given.mode === "allow_only"
        ? [
            `${given.verified_bots ? "" : "search engines, "}monitoring and partners from elsewhere are turned away too: name their networks in \`asns\`${given.verified_bots ? "" : ", or say `verified_bots: true`"}`,
          ]
        : [],
  }),
  invariants: [
    {
      name: "no rule turns everybody away",
      holds: (declares) =>
        listOf(declares["waf_rule"]).every(({ expression }) =>
          /ip\.src\.(?:country|asnum) in \{[^}]+\}/.test(said(expression)),
        ),
    },
  ],
  cost: [],
  risk: [
    "addresses are located by a database that is sometimes wrong",
    "people of a listed country come through networks elsewhere, too",
  ],
  earlier: new Map([
    [
      1,
      {
        parameters: parametersV1,
        // It also turned away whoever issues certificates for the origin.
        expand: (given, state) => declared(parametersV1.parse(given), state, []),
        upgrade: (given) => given,
      },
    ],
  ]),
});
