import { z } from "zod";
import { below, every, onHost } from "./edge-rules.ts";
import { defineGoldenPath, listOf, nameFor, said, zoneOf } from "./golden-path.ts";
import { asn, country, hostname, LIST_MAX, urlPath } from "./parameters.ts";

const NAME = "geo-restriction";

const parameters = z
  .strictObject({
    mode: z
      .enum(["block", "allow_only"])
      .meta({ description: "`block` turns the listed away, `allow_only` everybody else" }),
    countries: z.array(country).max(LIST_MAX).default([]).meta({ description: "ISO codes" }),
    asns: z.array(asn).max(LIST_MAX).default([]).meta({ description: "numbers of networks" }),
    hostname: hostname.optional().meta({ description: "left out: every name of the zone" }),
    path: urlPath.default("/").meta({ description: "below which it holds" }),
    action: z.enum(["block", "managed_challenge"]).default("block"),
  })
  .refine(({ countries, asns }) => countries.length + asns.length > 0, {
    path: ["countries"],
    message: "name at least one country or network",
  });

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

export const geoRestriction = defineGoldenPath({
  name: NAME,
  version: 1,
  title: { en: "Restrict by country or network", ko: "국가·네트워크 제한" },
  summary: {
    en: "Turns visitors away by country or by autonomous system, or lets only those in.",
    ko: "국가 또는 AS 번호로 방문자를 차단하거나 그들만 허용합니다.",
  },
  needs: "zone",
  parameters,
  instance: ({ hostname: host, path, mode }, state) =>
    `${mode} ${host ?? zoneOf(state).name}${path}`,
  expand(given, state) {
    const instance = `${given.mode} ${given.hostname ?? zoneOf(state).name}${given.path}`;
    const who = listed(given.countries, given.asns);
    return {
      declares: {
        waf_rule: [
          {
            ref: nameFor(NAME, instance, ""),
            description:
              given.mode === "block" ? "visitors from listed places" : "visitors from elsewhere",
            expression: every(
              onHost(given.hostname),
              below(given.path),
              given.mode === "block" ? who : `not ${who}`,
            ),
            action: given.action,
          },
        ],
      },
      retires: {},
      notes:
        given.mode === "allow_only"
          ? [
              "monitoring and partners from elsewhere are turned away too: name their networks in `asns`",
            ]
          : [],
    };
  },
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
  risk: ["addresses are located by a database that is sometimes wrong"],
});
