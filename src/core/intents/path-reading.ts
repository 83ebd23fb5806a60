/** How each golden path is recognised in a text, and which of its parameters the text fills. One entry a path. */
import { pciDssBaseline } from "./pci-reading.ts";
import { zeroTrustEgress } from "./egress-reading.ts";
import { geoRestriction } from "./geo-reading.ts";
import { dateIn, dayAfter } from "./calendar.ts";
import { mailSendersIn } from "./mail-senders.ts";
import {
  byRules,
  filled,
  hostOf,
  hostsOf,
  membersOf,
  missing,
  offIf,
  type PathReading,
  perTenSeconds,
  secondsOf,
} from "./path-rules.ts";
import type { Reading } from "./reading.ts";

const PROTECTION = ["ddos", "bot", "rateLimit", "waf"] as const;
const EDGE = ["cache", "edge"] as const;
const SCALES = /\bscal(?:e|es|ed|ing)\b|확장|스케일|증설/;

const SECURE_API_EDGE = "secure-api-edge";
const isPerClient = (reading: Reading): boolean => perTenSeconds(reading) !== undefined;

const secureApiEdge: PathReading = {
  path: SECURE_API_EDGE,
  recognise: byRules([
    {
      all: ["api"],
      one: [EDGE, [...PROTECTION, "secure"]],
      is: 95,
      because: "an API at the edge, with protection",
    },
    { all: ["api", "ddos"], is: 92, because: "an API, against floods" },
    {
      all: ["api", "rateLimit"],
      one: [["secure", "bot", "waf", "ddos"]],
      is: 92,
      because: "an API, with limits",
    },
    {
      all: ["api", "bot"],
      one: [["secure", "block", "rateLimit"]],
      is: 90,
      because: "an API, against bots",
    },
    { all: ["api", "secure", "waf"], is: 88, because: "an API, with protection" },
    { all: ["api"], when: isPerClient, is: 88, because: "an API, with a limit for each client" },
    { all: ["api", "rateLimit"], is: 84, because: "an API, with a rate limit" },
    {
      all: ["edge", "cache"],
      one: [PROTECTION],
      is: 88,
      because: "an edge cache, with protection",
    },
    { all: ["api", "cache"], none: ["staticSite"], is: 76, because: "an API that is cached" },
    { all: ["api", "secure"], is: 82, because: "an API, to be protected" },
    { all: ["ddos"], one: [["secure", "block"]], is: 74, because: "protection against floods" },
    { all: [], one: [["ddos", "rateLimit", "bot"]], is: 55, because: "protection at the edge" },
    { all: ["edge", "secure"], is: 55, because: "protection at the edge" },
    { all: ["cache"], is: 50, because: "a cache" },
    { all: ["api"], one: [["edge", "waf"]], is: 50, because: "an API" },
  ]),
  fill: (reading) =>
    filled({
      hostname: hostOf(reading),
      path: reading.places.paths[0],
      // What was not asked for is not cached.
      cache_seconds: reading.has("cache")
        ? (secondsOf(reading) ?? undefined)
        : reading.has("edge") && !reading.leftOut("cache")
          ? undefined
          : 0,
      requests_per_10_seconds: perTenSeconds(reading),
      waf: offIf(reading, "waf"),
      ddos_guardrail: offIf(reading, "ddos") ?? offIf(reading, "rateLimit"),
      bot_guardrail: offIf(reading, "bot"),
    }),
};

const SCALE = "scale-with-waf";
/** A rate for everybody together: what is said of one client is a limit. */
const totals = ({ rates }: Reading) =>
  rates.filter(({ perClient, attempts }) => !perClient && !attempts);

const isTotal = (reading: Reading): boolean =>
  totals(reading).length > 0 && !reading.any("rateLimit", "d1");

const scaleWithWaf: PathReading = {
  path: SCALE,
  recognise: byRules([
    {
      all: [],
      one: [["scale", "traffic"]],
      when: isTotal,
      is: 95,
      because: "a target request rate to scale to",
    },
    { all: [], one: [["waf", "build"]], when: isTotal, is: 88, because: "a target request rate" },
    { all: [], when: isTotal, is: 80, because: "a target request rate" },
    {
      all: ["scale"],
      none: ["d1"],
      when: ({ text }) => SCALES.test(text),
      is: 80,
      because: "to scale",
    },
    { all: ["scale", "traffic"], is: 62, because: "more traffic" },
  ]),
  fill(reading) {
    const all = totals(reading).map(({ requests, seconds }) => Math.round(requests / seconds));
    const members = {
      hostname: hostOf(reading),
      waf: offIf(reading, "waf"),
      cache_seconds: reading.has("cache") ? secondsOf(reading) : undefined,
    };
    const [rps] = all;
    if (rps === undefined) return missing(SCALE, "target_rps", members);
    const parameters = membersOf({ ...members, target_rps: rps });
    return all.length === 1
      ? { parameters, doubt: null }
      : { parameters, doubt: { about: "several_values", path: SCALE, parameter: "target_rps" } };
  },
};

const STATIC = "static-site";
const staticSite: PathReading = {
  path: STATIC,
  recognise: byRules([
    {
      all: ["staticSite"],
      one: [["build", "site", "page", "r2", "worker"]],
      is: 95,
      because: "a static site",
    },
    {
      all: ["staticSite"],
      when: (reading) => hostsOf(reading).length > 0,
      is: 90,
      because: "something static at a name",
    },
    { all: ["staticSite"], is: 60, because: "something static" },
  ]),
  fill(reading) {
    const host = hostOf(reading) ?? hostsOf(reading)[0];
    const members = {
      hostname: host,
      cache_seconds: reading.has("cache") ? secondsOf(reading) : undefined,
    };
    return host === undefined ? missing(STATIC, "hostname", members) : filled(members);
  },
};

/** The name of a service, in English or Korean. */
export const nameIn =
  /\b(?:called|named|name it|name is)\s+"?([a-z][a-z0-9-]{1,48}[a-z0-9])\b|"?([a-z][a-z0-9-]{1,48}[a-z0-9])"?\s?(?:이라는|라는|란)\s/;
const STORES = ["kv", "d1", "r2"] as const;

const apiService: PathReading = {
  path: "api-service",
  recognise: byRules([
    {
      all: ["worker"],
      none: ["staticSite"],
      one: [["kv", "d1", "r2", "storage"]],
      is: 93,
      because: "a Worker with storage",
    },
    {
      all: ["build"],
      one: [
        ["api", "service"],
        ["kv", "d1", "r2", "storage"],
      ],
      none: ["staticSite"],
      is: 93,
      because: "a service with storage",
    },
    {
      all: ["worker", "build"],
      one: [["api", "service"]],
      is: 90,
      because: "a Worker to begin with",
    },
    {
      all: ["api", "service", "build"],
      none: [...PROTECTION, "secure", "cache"],
      is: 86,
      because: "an API service",
    },
    {
      all: ["api", "build"],
      none: [...PROTECTION, "secure", "cache", "edge"],
      is: 68,
      because: "an API",
    },
    { all: ["worker"], is: 50, because: "a Worker" },
  ]),
  fill(reading) {
    const [, english, korean] = nameIn.exec(reading.text) ?? [];
    const named = STORES.filter((store) => reading.has(store));
    const wanted = (store: (typeof STORES)[number]): boolean | undefined =>
      reading.leftOut(store) ? false : named.length === 0 ? undefined : named.includes(store);
    const environment = /\bstaging\b|스테이징/.test(reading.text)
      ? "staging"
      : /\bdev(?:elopment)?\b|개발 ?(?:환경|용)/.test(reading.text)
        ? "development"
        : undefined;
    return filled({
      name: english ?? korean,
      hostname: hostOf(reading),
      environment,
      kv: wanted("kv"),
      d1: wanted("d1"),
      r2: wanted("r2"),
      secrets: reading.places.constants.length > 0 ? [...reading.places.constants] : undefined,
    });
  },
};

const DMARC_POLICIES: readonly (readonly [policy: string, said: RegExp])[] = [
  ["none", /\bp ?= ?none\b|\bnone\b|\bmonitor(?:ing)?(?: only)?\b|\breport[- ]only\b|모니터링/],
  ["quarantine", /\bquarantin|\bspam folder\b|격리|스팸함/],
  ["reject", /\breject|\bstrict(?:est|ly)?\b|거부|반송|엄격/],
];

const MAIL = "email-authentication";
const emailAuthentication: PathReading = {
  path: MAIL,
  recognise: byRules([
    {
      all: [],
      one: [["spf", "dkim", "dmarc", "mtaSts"]],
      is: 92,
      because: "records that say who may send mail",
    },
    { all: ["mail", "spoof"], is: 90, because: "mail in somebody else's name" },
    { all: ["mail", "secure"], is: 70, because: "mail" },
  ]),
  fill(reading) {
    const senders = mailSendersIn(reading.text, reading.places.hostnames, reading.setting.zone);
    const isAbout = reading.concepts.has("dmarc") || reading.has("spoof");
    const policies = DMARC_POLICIES.filter(([, said]) => isAbout && said.test(reading.text));
    const [policy] = policies;
    if (policies.length > 1)
      return {
        parameters: {},
        doubt: { about: "several_values", path: MAIL, parameter: "dmarc_policy" },
      };
    return filled({
      senders: senders.length > 0 ? [...senders] : undefined,
      dmarc_policy: policy?.[0],
      report_to: reading.places.emails[0],
      mta_sts: reading.leftOut("mtaSts")
        ? "off"
        : /\benforc|강제|시행/.test(reading.text) && reading.has("mtaSts")
          ? "enforce"
          : undefined,
    });
  },
};

const MESSAGE = /"([^"]{3,300})"/;
const LETS_THROUGH =
  /\b(?:let|allow|through|except|but|keep|access|exempt)|허용|예외|제외|통과|접속/;
const maintenancePage: PathReading = {
  path: "maintenance-page",
  recognise: byRules([
    {
      all: ["maintenance"],
      one: [["page", "site", "build", "service", "api"]],
      is: 92,
      because: "a maintenance page",
    },
    {
      all: ["maintenance"],
      when: (reading) => hostsOf(reading).length > 0,
      is: 92,
      because: "maintenance of a name",
    },
    {
      all: ["maintenance"],
      when: ({ text }) => /\bunder maintenance\b|점검 ?중/.test(text),
      is: 90,
      because: "maintenance",
    },
    { all: ["maintenance"], is: 70, because: "maintenance" },
  ]),
  fill: (reading) =>
    filled({
      hostname: hostOf(reading),
      path: reading.places.paths[0],
      message: MESSAGE.exec(reading.written)?.[1],
      retry_after_seconds: secondsOf(reading),
      allowed_addresses:
        reading.places.addresses.length > 0 && LETS_THROUGH.test(reading.text)
          ? [...reading.places.addresses]
          : undefined,
    }),
};

const DAY_SECONDS = 86_400;
/** What most rules about credentials ask for, where nobody says how often. */
const ROTATION_DAYS = 90;
const ROTATION = "credential-rotation";
const credentialRotation: PathReading = {
  path: ROTATION,
  recognise: byRules([
    {
      all: ["rotate", "credential"],
      none: ["waf", "cache", "geo"],
      is: 93,
      because: "credentials to be renewed",
    },
    { all: ["rotate", "credential"], is: 60, because: "credentials" },
  ]),
  fill(reading) {
    const [length] = reading.durations;
    const days = length === undefined ? ROTATION_DAYS : length / DAY_SECONDS;
    const date = dateIn(reading.text, reading.setting.now);
    const tokens = [...reading.written.matchAll(/"([^"]{1,120})"/g)].map(([, name = ""]) => name);
    const members = {
      expires_on: date ?? dayAfter(reading.setting.now, Math.round(days)),
      tokens: tokens.length > 0 ? tokens : undefined,
      notify: reading.places.emails.length > 0 ? [...reading.places.emails] : undefined,
    };
    // Nothing runs out more often than daily, and one date is no rhythm.
    return days < 1 || (date !== null && length !== undefined)
      ? missing(ROTATION, "expires_on", membersOf({ ...members, expires_on: undefined }))
      : filled(members);
  },
};

export const PATH_READINGS: readonly PathReading[] = [
  pciDssBaseline,
  emailAuthentication,
  geoRestriction,
  maintenancePage,
  credentialRotation,
  zeroTrustEgress,
  staticSite,
  scaleWithWaf,
  apiService,
  secureApiEdge,
];
