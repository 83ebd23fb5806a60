/** Advisories: OSV, GitHub's security advisories (webhook or API), CISA's list of exploited vulnerabilities. Pure. */
import { isObject, type Json, type JsonObject, textOf } from "../canonical.ts";
import { err, ok, type Result } from "../result.ts";
import { CVES_MAX, cvesIn, type Hint, keyOf } from "./hint.ts";

export type AdvisoryFormat = "osv" | "github" | "kev";

export interface Advisory {
  readonly format: AdvisoryFormat;
  readonly cves: readonly string[];
  /** Seen in attacks, as the sender says. */
  readonly isExploited: boolean;
  readonly hint: Hint;
}

/** CISA's whole list has some 1,500; what is new stands first when it is sorted by date added (I12). */
const LISTED_MAX = 5_000;

const listOf = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.slice(0, LISTED_MAX).filter(isObject) : [];
const textsOf = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.map(textOf) : [];

export function parseAdvisory(body: Json): Result<Advisory, string> {
  if (!isObject(body)) return err("the body is not an object");
  const found = kev(body) ?? github(body) ?? osv(body);
  if (!found) return err("neither OSV, nor a GitHub security advisory, nor CISA's list");
  const cves = [...new Set(found.cves)].slice(-CVES_MAX);
  return ok({
    format: found.format,
    isExploited: found.format === "kev",
    cves,
    hint: {
      source: "advisory",
      topic: "advisory",
      event: "once",
      zoneName: null,
      zoneId: null,
      accountId: null,
      cves,
      key: keyOf([found.format, cves]),
      sentAtMs: null,
    },
  });
}

type Found = Pick<Advisory, "format" | "cves">;

function kev(body: JsonObject): Found | null {
  if (!Array.isArray(body["vulnerabilities"])) return null;
  const rows = listOf(body["vulnerabilities"]).toSorted((a, b) =>
    textOf(a["dateAdded"]) < textOf(b["dateAdded"]) ? -1 : 1,
  );
  const cves = rows.flatMap(({ cveID }) => cvesIn([textOf(cveID)]));
  return cves.length === 0 ? null : { format: "kev", cves };
}

function github(body: JsonObject): Found | null {
  const advisory = body["security_advisory"] ?? body["repository_advisory"] ?? body;
  if (
    !isObject(advisory) ||
    !/^GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}$/.test(textOf(advisory["ghsa_id"]))
  )
    return null;
  const listed = listOf(advisory["identifiers"]).map(({ value }) => textOf(value));
  return { format: "github", cves: cvesIn([textOf(advisory["cve_id"]), ...listed]) };
}

function osv(body: JsonObject): Found | null {
  const id = textOf(body["id"]);
  const isOsv = typeof body["modified"] === "string" && /^[A-Z][A-Za-z]+-[\w.:-]{1,80}$/.test(id);
  return isOsv ? { format: "osv", cves: cvesIn([id, ...textsOf(body["aliases"])]) } : null;
}
