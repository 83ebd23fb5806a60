/** Which paths a text may be about, and which of them come with another one. */
import { PATH_READINGS } from "./path-reading.ts";
import type { PathReading } from "./path-rules.ts";
import type { Reading } from "./reading.ts";

export interface Candidate {
  readonly of: PathReading;
  readonly confidence: number;
  readonly because: readonly string[];
}

/** The surest first. */
export const candidatesIn = (reading: Reading): readonly Candidate[] =>
  PATH_READINGS.flatMap((of) => {
    const evidence = of.recognise(reading);
    return evidence === null ? [] : [{ of, ...evidence }];
  }).toSorted((a, b) => b.confidence - a.confidence);

/** What a path covers by itself is no second path: scaling brings the WAF, PCI DSS brings TLS and sign-in. */
const COVERS: Readonly<Record<string, readonly string[]>> = {
  "pci-dss-baseline": ["secure-api-edge", "api-service"],
  "scale-with-waf": ["api-service"],
  "secure-api-edge": ["api-service"],
  "maintenance-page": ["api-service", "secure-api-edge", "static-site"],
  "email-authentication": ["secure-api-edge", "zero-trust-egress", "geo-restriction"],
  "static-site": ["api-service"],
  "api-service": ["static-site"],
  "geo-restriction": ["secure-api-edge", "zero-trust-egress"],
  "zero-trust-egress": ["secure-api-edge", "geo-restriction"],
  "credential-rotation": ["api-service", "secure-api-edge"],
};

/** Beside these an API is protected already, unless floods, bots or a cache are named too. */
const BRINGS_A_WAF: ReadonlySet<string> = new Set(["scale-with-waf", "pci-dss-baseline"]);

/** Countries and networks by name are a wish of their own, whatever else is kept out. */
const namesPlaces = (path: string, { countries, places }: Reading): boolean =>
  path === "geo-restriction" && countries.codes.length + places.asns.length > 0;

/** Whether a path is no wish of its own beside `whole`. */
export const isWithin = (path: string, whole: string, reading: Reading): boolean =>
  path === whole ||
  (path === "secure-api-edge" && BRINGS_A_WAF.has(whole)
    ? !reading.any("ddos", "bot", "cache")
    : (COVERS[whole]?.includes(path) ?? false) && !namesPlaces(path, reading));
