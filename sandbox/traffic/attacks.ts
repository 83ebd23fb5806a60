/** Attacks, deterministic from a seed like everybody else. None of their payloads does anything but look like one. */
import { addressIn, HIJACKED, RENTED, SCANNING, type Network } from "../edge/networks.ts";
import { PASSWORD } from "../edge/shop.ts";
import { CVE_PROBES, type Probe } from "./cve-probes.ts";
import { clientOf, type AttackKind, type Planned } from "./planned.ts";
import { Chance } from "./random.ts";
import { BROWSERS } from "./visitors.ts";

export interface Attack {
  readonly kind: AttackKind;
  readonly per_second: number;
  /** Addresses that it comes from. */
  readonly sources: number;
  /** Of `cve`: which one. */
  readonly cve: string;
  /** Looks like a browser in its TLS, too: nothing but its speed and its networks gives it away. */
  readonly disguised: boolean;
  /** Has somebody, or something, that solves its challenges. */
  readonly solves: boolean;
}

/** What makes it: a program that is nobody's browser. */
const TOOLS: Readonly<Record<AttackKind, { readonly agent: string; readonly ja4: string }>> = {
  flood: { agent: "", ja4: "t13d190900_9dc949149365_97f8aa674fd9" },
  stuffing: { agent: "python-requests/2.32.5", ja4: "t13d4312h1_c7886603b240_b26ce05bbdd6" },
  scan: {
    agent: "Mozilla/5.0 (compatible; probe/1.4)",
    ja4: "t13d3112h1_e8f1e7e78f70_6bebaf5329ac",
  },
  cve: { agent: "Mozilla/5.0 zgrab/0.x", ja4: "t13d2613h1_2802a3db6c62_845d286b0d67" },
  exfiltration: { agent: "", ja4: "" },
};

export function attackVisits(
  attack: Attack,
  { seed, startMs }: { readonly seed: number; readonly startMs: number },
): readonly Planned[] {
  const { kind, per_second: rate } = attack;
  const make = MAKERS[kind];
  if (make === undefined) return [];
  const chance = new Chance(kind, seed, startMs);
  const visits = Array.from({ length: chance.count(rate) }, () => ({
    ...make({ attack, chance, atMs: startMs + chance.below(1_000) }),
    solves: attack.solves,
  }));
  return visits.toSorted((a, b) => a.atMs - b.atMs);
}

interface Making {
  readonly attack: Attack;
  readonly chance: Chance;
  readonly atMs: number;
}

type Unsolved = Omit<Planned, "solves">;

const MAKERS: Readonly<Partial<Record<AttackKind, (making: Making) => Unsolved>>> = {
  flood,
  stuffing,
  scan,
  cve,
};

function clientFrom(networks: readonly Network[], { attack, chance }: Making, ja4: string) {
  const source = chance.below(attack.sources);
  const network = networks[source % networks.length] ?? SCANNING;
  const { asn, country } = network;
  const ip = addressIn(network, Math.floor(source / networks.length));
  return clientOf({ ip, asn, country, ja4, botScore: 1 + (source % 5) });
}

/** Searches that no cache knows, with the user agents of ordinary browsers. */
function flood(making: Making): Unsolved {
  const { attack, chance, atMs } = making;
  const { agent, ja4 } = chance.weighted(BROWSERS);
  const client = attack.disguised
    ? clientFrom(HIJACKED, making, ja4)
    : clientFrom(RENTED, making, TOOLS.flood.ja4);
  return {
    atMs,
    group: "flood",
    client,
    method: "GET",
    uri: `/search?q=${chance.hex(8)}`,
    headers: [
      ["user-agent", agent],
      ["accept", "*/*"],
    ],
    body: "",
  };
}

/** Names and passwords of other sites' leaks; two of a hundred fit. */
function stuffing(making: Making): Unsolved {
  const { chance, atMs } = making;
  const password = chance.is(0.02) ? PASSWORD : chance.hex(10);
  const name = `reader${chance.below(900_000)}@mail.example`;
  return {
    atMs,
    group: "stuffing",
    client: clientFrom(RENTED, making, TOOLS.stuffing.ja4),
    method: "POST",
    uri: "/login",
    headers: [
      ["user-agent", TOOLS.stuffing.agent],
      ["content-type", "application/x-www-form-urlencoded"],
    ],
    body: new URLSearchParams({ name, password }).toString(),
  };
}

const FOLDERS =
  "admin backup old test dev api app config db web site wp-content vendor private tmp".split(" ");
const FILES =
  ".env .git/config .svn/entries wp-login.php phpinfo.php config.php.bak dump.sql backup.zip id_rsa docker-compose.yml server-status actuator/env".split(
    " ",
  );

function scan(making: Making): Unsolved {
  const { chance, atMs } = making;
  const folder = chance.is(0.8)
    ? `/${chance.one(FOLDERS)}${chance.is(0.5) ? chance.below(40) : ""}`
    : "";
  return {
    atMs,
    group: "scan",
    client: clientFrom([SCANNING], making, TOOLS.scan.ja4),
    method: "GET",
    uri: `${folder}/${chance.one(FILES)}`,
    headers: [
      ["user-agent", TOOLS.scan.agent],
      ["accept", "*/*"],
    ],
    body: "",
  };
}

function cve(making: Making): Unsolved {
  const { attack, chance, atMs } = making;
  const probes = CVE_PROBES[attack.cve] ?? [];
  const probe: Probe = probes[chance.below(probes.length)] ?? { uri: "/" };
  return {
    atMs,
    group: "cve",
    client: clientFrom(RENTED, making, TOOLS.cve.ja4),
    method: probe.method ?? "GET",
    uri: probe.uri.replaceAll("{n}", chance.hex(6)),
    headers: [["user-agent", TOOLS.cve.agent], ...Object.entries(probe.headers ?? {})],
    body: probe.body ?? "",
  };
}
