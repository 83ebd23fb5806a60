/** The findings as OSCAL 1.1 assessment results, for tools that collect them. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { JsonObject } from "../canonical.ts";
import { placeText } from "../log/entry.ts";
import { originAt } from "../log/shards.ts";
import type { Assessed, EvidenceInput } from "./bundle.ts";

const OSCAL_VERSION = "1.1.2";
/** OSCAL's own names of properties are NIST's; ours stand in a name space of ours. */
const NAMES = "https://driftless.dev/ns/oscal";

/** The same contents have the same ids. In the form of a version 5 UUID, which OSCAL asks for. */
export function uuidOf(name: string): string {
  const hex = bytesToHex(sha256(utf8ToBytes(`driftless:oscal\n${name}`)));
  const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** OSCAL ids are tokens: no dots at the front, no spaces. */
const tokenOf = ({ control: { framework, id } }: Assessed): string =>
  `${framework.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}-${id.toLowerCase()}`;

/** OSCAL knows no third state: what cannot be assessed is not satisfied, for another reason than a failure. */
function statusOf({ looked: { verdict, finding } }: Assessed): JsonObject {
  switch (verdict) {
    case "satisfied":
      return { state: "satisfied", reason: "pass" };
    case "not_satisfied":
      return { state: "not-satisfied", reason: "fail" };
    case "not_assessable":
      return { state: "not-satisfied", reason: "other", remarks: `not assessable: ${finding}` };
  }
}

const property = (name: string, value: string): JsonObject => ({ name, ns: NAMES, value });

/** A list that is there has at least one item: without evidence there is no list. */
const evidenceOf = (record: string, { looked: { evidence } }: Assessed): JsonObject =>
  evidence.length === 0
    ? {}
    : {
        "relevant-evidence": evidence.map((place) => ({
          href: `https://${originAt(record, place.shard ?? 0)}#${place.index}`,
          description: `entry ${placeText(place)} of the record`,
        })),
      };

export function oscalOf(
  input: Pick<EvidenceInput, "checkpoint" | "record" | "period" | "madeAt">,
  assessed: readonly Assessed[],
): JsonObject {
  const { checkpoint, record, period, madeAt } = input;
  const base = `${checkpoint.origin}/${checkpoint.size}/${period.from}/${period.to}`;
  return {
    "assessment-results": {
      uuid: uuidOf(base),
      metadata: {
        title: "Driftless change evidence",
        "last-modified": madeAt,
        version: "1",
        "oscal-version": OSCAL_VERSION,
      },
      // There is no plan of an assessment in OSCAL: what was looked at and how is described in the bundle itself.
      "import-ap": { href: "./README.txt" },
      results: [
        {
          uuid: uuidOf(`${base}/result`),
          title: `Changes from ${period.from} to ${period.to}`,
          description: `Sampled from the record ${checkpoint.origin} under a tree of ${checkpoint.size} entries.`,
          start: period.from,
          end: period.to,
          props: [
            property("log-origin", checkpoint.origin),
            property("log-size", String(checkpoint.size)),
            property("log-root", bytesToHex(checkpoint.root)),
          ],
          "reviewed-controls": {
            "control-selections": [
              { "include-controls": assessed.map((one) => ({ "control-id": tokenOf(one) })) },
            ],
          },
          observations: assessed.map((one) => ({
            uuid: uuidOf(`${base}/observation/${tokenOf(one)}`),
            description: one.looked.finding,
            methods: ["EXAMINE"],
            collected: madeAt,
            ...evidenceOf(record, one),
          })),
          findings: assessed.map((one) => ({
            uuid: uuidOf(`${base}/finding/${tokenOf(one)}`),
            title: `${one.control.framework} ${one.control.id}`,
            description: one.control.title,
            target: { type: "objective-id", "target-id": tokenOf(one), status: statusOf(one) },
            "related-observations": [
              { "observation-uuid": uuidOf(`${base}/observation/${tokenOf(one)}`) },
            ],
          })),
        },
      ],
    },
  };
}
