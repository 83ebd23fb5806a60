/**
 * What NIST's JSON schema of OSCAL 1.1.2 demands of the parts of assessment results that we write, in short: which members
 * there have to be, that there are no others, that no list is empty, and how ids, tokens, instants and references look.
 * The file itself was validated against the whole schema when this was written (docs/audit-log.md).
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { CONTROLS, type Verdict } from "../../src/core/evidence/controls.ts";
import { oscalOf, uuidOf } from "../../src/core/evidence/oscal.ts";
import { isInstant, mint } from "../../src/core/ids.ts";

const uuid = z
  .string()
  .regex(
    /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$/,
  );
const token = z.string().regex(/^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$/u);
const line = z.string().regex(/^\S(.*\S)?$/);
const moment = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const reference = z.string().regex(/^(?:[a-z]+:\/\/)?[\w./~-]+(?:#[\w-]+)?$/);
const some = <T extends z.ZodType>(item: T) => z.array(item).min(1);

const property = z.strictObject({ name: token, value: line, ns: z.url(), uuid: uuid.optional() });
const observation = z.strictObject({
  uuid,
  title: z.string().optional(),
  description: z.string(),
  methods: some(z.enum(["EXAMINE", "INTERVIEW", "TEST", "UNKNOWN"])),
  "relevant-evidence": some(
    z.strictObject({ href: reference, description: z.string() }),
  ).optional(),
  collected: moment,
});
const finding = z.strictObject({
  uuid,
  title: z.string(),
  description: z.string(),
  target: z.strictObject({
    type: z.enum(["statement-id", "objective-id"]),
    "target-id": token,
    status: z.strictObject({
      state: z.enum(["satisfied", "not-satisfied"]),
      reason: z.enum(["pass", "fail", "other"]),
      remarks: z.string().optional(),
    }),
  }),
  "related-observations": some(z.strictObject({ "observation-uuid": uuid })),
});
const demanded = z.strictObject({
  "assessment-results": z.strictObject({
    uuid,
    metadata: z.strictObject({
      title: z.string(),
      "last-modified": moment,
      version: line,
      "oscal-version": z.literal("1.1.2"),
    }),
    "import-ap": z.strictObject({ href: reference }),
    results: some(
      z.strictObject({
        uuid,
        title: z.string(),
        description: z.string(),
        start: moment,
        end: moment,
        props: some(property),
        "reviewed-controls": z.strictObject({
          "control-selections": some(
            z.strictObject({ "include-controls": some(z.strictObject({ "control-id": token })) }),
          ),
        }),
        observations: some(observation),
        findings: some(finding),
      }),
    ),
  }),
});

const at = (text: string) => mint(isInstant, text);
const VERDICTS: readonly Verdict[] = ["satisfied", "not_satisfied", "not_assessable"];
const results = (verdict: (place: number) => Verdict) =>
  oscalOf(
    {
      record: "example.com/log",
      checkpoint: { origin: "example.com/log", size: 500, root: new Uint8Array(32).fill(3) },
      period: { from: at("2026-03-01T12:00:00.000Z"), to: at("2026-03-02T12:00:00.000Z") },
      madeAt: at("2026-03-03T12:00:00.000Z"),
    },
    CONTROLS.map((control, place) => ({
      control,
      looked: {
        verdict: verdict(place),
        finding: "what was found",
        evidence: verdict(place) === "not_assessable" ? [] : [{ index: 1 }, { index: 2, shard: 3 }],
      },
    })),
  );

describe("the assessment results", () => {
  it("have the members that OSCAL 1.1.2 demands and no others, whatever was found", () => {
    for (const verdict of VERDICTS)
      expect(demanded.safeParse(results(() => verdict)).error).toBeUndefined();
    const mixed = demanded.parse(results((place) => VERDICTS[place % 3] ?? "satisfied"));
    const [result] = mixed["assessment-results"].results;
    expect(result?.findings).toHaveLength(CONTROLS.length);
    const observed = new Set(result?.observations.map((one) => one.uuid));
    for (const { "related-observations": related } of result?.findings ?? [])
      for (const { "observation-uuid": id } of related) expect(observed).toContain(id);
  });

  it("say of what cannot be assessed that it is not satisfied for another reason, with no evidence", () => {
    const [result] = demanded.parse(results(() => "not_assessable"))["assessment-results"].results;
    expect(result?.findings[0]?.target.status).toMatchObject({
      state: "not-satisfied",
      reason: "other",
    });
    expect(result?.observations[0]).not.toHaveProperty("relevant-evidence");
  });

  it("name the same thing alike, and another one otherwise", () => {
    expect(uuid.parse(uuidOf("a"))).toBe(uuidOf("a"));
    expect(uuidOf("a")).not.toBe(uuidOf("b"));
  });
});
