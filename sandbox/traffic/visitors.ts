/**
 * Who visits the shop on an ordinary day: people in several countries, each awake by their own clock, the shop's app, a partner
 * who fetches the catalogue, search engines, and the shop's own monitoring. The same seed makes the same day.
 */
import { addressIn, HOMES, MONITORING, PARTNER, SEARCH_ENGINE } from "../edge/networks.ts";
import { PASSWORD } from "../edge/shop.ts";
import { clientOf, type Planned } from "./planned.ts";
import { Chance } from "./random.ts";

interface Browser {
  readonly agent: string;
  readonly ja4: string;
}

export const BROWSERS: readonly (readonly [share: number, browser: Browser])[] = [
  [
    52,
    {
      agent:
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
      ja4: "t13d1516h2_8daaf6152771_d8a2da3f94cd",
    },
  ],
  [
    27,
    {
      agent:
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
      ja4: "t13d2014h2_a09f3c656075_e42f34c56612",
    },
  ],
  [
    13,
    {
      agent: "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
      ja4: "t13d1717h2_5b57614c22b0_3cbfd9057e0d",
    },
  ],
  [
    8,
    {
      agent:
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
      ja4: "t13d1516h2_8daaf6152771_b1ff8ab2d16f",
    },
  ],
];

const APP: Browser = {
  agent: "HarborBooks/4.2.1 (iOS 18.6; iPhone15,2)",
  ja4: "t13d1312h2_f57a46bbacb6_ab7e3b40a677",
};
const PARTNER_CLIENT: Browser = {
  agent: "LibraryFeed/2.3 (catalogue import; +https://library-feed.example/contact)",
  ja4: "t13d1910h1_9dc949149365_e7c285222651",
};
const CRAWLER: Browser = {
  agent: "Mozilla/5.0 (compatible; HarborSearch/2.1; +https://search.example/bot)",
  ja4: "t13d1715h2_5b57614c22b0_93c746dc12af",
};
const MONITOR: Browser = {
  agent: "harbor-monitoring/1.0",
  ja4: "t13d1011h1_61a7ad8aa9b6_3fcd1a44f3e3",
};

/** Hours that a country's clock is ahead of UTC. */
const AHEAD: Readonly<Record<string, number>> = {
  DE: 1,
  NL: 1,
  KR: 9,
  US: -6,
  GB: 0,
  FR: 1,
  JP: 9,
};
/** People of each network, and how many orders its country makes. */
const PEOPLE_EACH = 2_000;
const WEIGHTS: Readonly<Record<string, number>> = {
  DE: 5,
  NL: 2,
  KR: 2,
  US: 2,
  GB: 2,
  FR: 2,
  JP: 1,
};

/** How awake a country is: little at four in the morning, most at eight in the evening. */
export function awake(country: string, atMs: number): number {
  const hour = (((atMs / 3_600_000 + (AHEAD[country] ?? 0)) % 24) + 24) % 24;
  return 0.2 + 0.8 * ((1 + Math.cos(((hour - 20) / 24) * 2 * Math.PI)) / 2);
}

/** Share of requests that each group makes when all are awake. */
const SHARES = { people: 0.64, app: 0.17, partner: 0.1, search_engine: 0.06, monitoring: 0.03 };
/** The mean of `awake` over a day and all countries: a rate that is asked for is that of an average hour. */
const AWAKE_MEAN = 0.6;

const PAGES: readonly (readonly [weight: number, page: (chance: Chance) => string])[] = [
  [12, () => "/"],
  [26, (chance) => `/books/${1 + chance.below(4_000)}`],
  [9, (chance) => `/search?q=${WORDS[chance.below(WORDS.length)]}`],
  [24, (chance) => `/covers/${1 + chance.below(4_000)}.jpg?w=${chance.one([200, 400])}`],
  [17, (chance) => `/assets/${chance.one(["app.3f9c1e.js", "shop.81b2.css", "text.woff2"])}`],
  [4, () => "/cart"],
  [3, () => "/account"],
  [2, () => "/login"],
  [1, () => "/about"],
  // Old links and typing errors.
  [0.7, (chance) => `/${WORDS[chance.below(WORDS.length)]}-${chance.below(50)}`],
];
const WORDS = (
  "sea storm harbor lighthouse whale anchor tide salt north compass captain island voyage knots sail fog pier gull dune wreck " +
  "selfies don't%20look%20back select%20poems union%20station c%2B%2B drop%20of%20ink"
).split(" ");

export interface Day {
  readonly seed: number;
  /** Requests a second of an average hour, all groups together. */
  readonly perSecond: number;
}

/** The visits of the second that begins at `startMs`, in order of time. */
export function visitsOf(day: Day, startMs: number): readonly Planned[] {
  const chance = new Chance("normal", day.seed, startMs);
  const rate = day.perSecond / AWAKE_MEAN;
  const visits: Planned[] = [];
  for (const network of HOMES) {
    const weight = (WEIGHTS[network.country] ?? 1) / WEIGHT_SUM;
    const level = rate * weight * awake(network.country, startMs);
    const person = () => chance.below(PEOPLE_EACH);
    for (let left = chance.count(level * SHARES.people); left > 0; left -= 1)
      visits.push(byPerson({ chance, startMs, ip: addressIn(network, person()), network }));
    for (let left = chance.count(level * SHARES.app); left > 0; left -= 1)
      visits.push(byApp({ chance, startMs, ip: addressIn(network, 5_000 + person()), network }));
  }
  // Machines never sleep.
  for (const make of [byPartner, byCrawler, byMonitoring])
    visits.push(...make(chance, { startMs, rate: day.perSecond }));
  return visits.toSorted((a, b) => a.atMs - b.atMs);
}

const WEIGHT_SUM = HOMES.reduce((sum, { country }) => sum + (WEIGHTS[country] ?? 1), 0);

interface Making {
  readonly chance: Chance;
  readonly startMs: number;
  readonly ip: string;
  readonly network: { readonly asn: number; readonly country: string };
}

function byPerson({ chance, startMs, ip, network }: Making): Planned {
  // Whoever it is has one browser: the address decides, not chance.
  const { agent, ja4 } = new Chance("browser", ip).weighted(BROWSERS);
  const { asn, country } = network;
  const client = clientOf({ ip, asn, country, ja4, botScore: 70 + chance.below(29) });
  const headers: [string, string][] = [
    ["user-agent", agent],
    ["accept", "text/html,application/xhtml+xml,*/*;q=0.8"],
    ["accept-language", country.toLowerCase()],
  ];
  const made = {
    atMs: startMs + chance.below(1_000),
    group: "people",
    client,
    solves: true,
  } as const;
  if (chance.is(0.012)) {
    // One in eight mistypes.
    const password = chance.is(0.125) ? "correct-house" : PASSWORD;
    return { ...made, method: "POST", uri: "/login", ...form(headers, { name: ip, password }) };
  }
  if (chance.is(0.01))
    return { ...made, method: "POST", uri: "/checkout", ...form(headers, { card: "none" }) };
  return { ...made, method: "GET", uri: chance.weighted(PAGES)(chance), headers, body: "" };
}

function form(headers: readonly [string, string][], values: Readonly<Record<string, string>>) {
  const body = new URLSearchParams(values).toString();
  return {
    headers: [...headers, ["content-type", "application/x-www-form-urlencoded"]] as const,
    body,
  } satisfies Pick<Planned, "headers" | "body">;
}

function byApp({ chance, startMs, ip, network: { asn, country } }: Making): Planned {
  const isOrder = chance.is(0.03);
  return {
    atMs: startMs + chance.below(1_000),
    group: "app",
    client: clientOf({ ip, asn, country, ja4: APP.ja4, botScore: 30 }),
    method: isOrder ? "POST" : "GET",
    uri: isOrder
      ? "/api/v1/orders"
      : chance.one([`/api/v1/books/${1 + chance.below(4_000)}`, "/api/v1/stock", "/api/v1/books"]),
    headers: [
      ["user-agent", APP.agent],
      ["accept", "application/json"],
    ],
    body: isOrder ? '{"book":7,"count":1}' : "",
    solves: false,
  };
}

interface Machine {
  readonly startMs: number;
  readonly rate: number;
}

/** Two machines, in bursts: a page of the catalogue each, all at once in every fifth second. */
function byPartner(chance: Chance, { startMs, rate }: Machine): readonly Planned[] {
  const isBurst = Math.floor(startMs / 1_000) % 5 === 0;
  const count = isBurst ? chance.count(rate * SHARES.partner * 5) : 0;
  const { asn, country } = PARTNER;
  return Array.from({ length: count }, (_, index) => ({
    atMs: startMs + Math.floor((index * 900) / Math.max(1, count)),
    group: "partner" as const,
    client: clientOf({ ip: addressIn(PARTNER, index % 2), asn, country, ja4: PARTNER_CLIENT.ja4 }),
    method: "GET",
    uri: `/api/v1/catalogue/${chance.below(10_000)}`,
    headers: [
      ["user-agent", PARTNER_CLIENT.agent],
      ["accept", "application/json"],
    ],
    body: "",
    solves: false,
  }));
}

function byCrawler(chance: Chance, { startMs, rate }: Machine): readonly Planned[] {
  const { asn, country } = SEARCH_ENGINE;
  return Array.from({ length: chance.count(rate * SHARES.search_engine) }, () => ({
    atMs: startMs + chance.below(1_000),
    group: "search_engine" as const,
    client: clientOf({
      ip: addressIn(SEARCH_ENGINE, chance.below(40)),
      asn,
      country,
      ja4: CRAWLER.ja4,
      verifiedBot: "Search Engine Crawler",
    }),
    method: "GET",
    uri: chance.weighted([
      [8, `/books/${1 + chance.below(4_000)}`],
      [1, "/sitemap.xml"],
      [1, "/robots.txt"],
    ]),
    headers: [["user-agent", CRAWLER.agent]],
    body: "",
    solves: false,
  }));
}

function byMonitoring(chance: Chance, { startMs, rate }: Machine): readonly Planned[] {
  const { asn, country } = MONITORING;
  return Array.from({ length: chance.count(rate * SHARES.monitoring) }, (_, index) => ({
    atMs: startMs + chance.below(1_000),
    group: "monitoring" as const,
    client: clientOf({ ip: addressIn(MONITORING, index % 4), asn, country, ja4: MONITOR.ja4 }),
    method: "GET",
    uri: "/healthz",
    headers: [["user-agent", MONITOR.agent]],
    body: "",
    solves: false,
  }));
}
