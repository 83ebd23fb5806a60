import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/core/canonical.ts";
import {
  admitted,
  contentOf,
  type LessonBundle,
  lessonBundle,
  type TrustedKey,
} from "../../../src/core/experience/bundle.ts";
import type { Statistic } from "../../../src/core/experience/statistic.ts";
import { keyIdOf, signedBytes } from "../../../src/core/signing.ts";
import { newSeeds, openKeyPair, verify } from "../../../src/edge/signing/key-pair.ts";
import { NOW } from "../harbor.ts";

const pair = await openKeyPair(newSeeds());
const key = keyIdOf(pair.publicKeys);
const own = digestOf("our own key");
const STATISTICS: readonly Statistic[] = [
  { cause: "intent", about: { of: "path", path: "static-site" }, well: 3, badly: 1 },
  {
    cause: "l7_flood",
    about: { of: "rung", template: "block_source", mode: "challenge" },
    well: 0,
    badly: 2,
  },
  {
    cause: "out_of_band_change",
    about: { of: "shape", changes: ["dns_record update", "zone_setting update"] },
    well: 9,
    badly: 0,
  },
];
const trusted = (version: number | null): TrustedKey => ({
  id: key,
  keys: pair.publicKeys,
  label: "them",
  by: "ana",
  at: NOW,
  bundle: version === null ? null : { version, digest: own, statistics: 1, at: NOW },
});

async function bundled(statistics = STATISTICS, version = 2): Promise<LessonBundle> {
  const content = contentOf(statistics, { version, at: NOW, key });
  return { content, signature: await pair.sign(signedBytes("lessons/v1", content)) };
}

const isSigned = ({ content, signature }: LessonBundle): Promise<boolean> =>
  verify(signedBytes("lessons/v1", content), signature, pair.publicKeys);

describe("a bundle", () => {
  it("survives the way through JSON, signed with both algorithms", async () => {
    const bundle = await bundled();
    const back = lessonBundle.parse(JSON.parse(JSON.stringify(bundle))) as LessonBundle;
    expect(back).toEqual(bundle);
    expect(Object.keys(bundle.signature.signatures)).toEqual(["ed25519", "ml-dsa-44"]);
    expect(await isSigned(back)).toBe(true);
    expect(admitted(back, { own, of: trusted(1), isSigned: true })).toEqual({
      ok: true,
      value: { statistics: STATISTICS, leftOut: 0 },
    });
  });

  it("is refused of a key that nobody named, of our own, and where it is not newer", async () => {
    const bundle = await bundled();
    const of = (more: Partial<Parameters<typeof admitted>[1]>) =>
      admitted(bundle, { own, of: trusted(1), isSigned: true, ...more });
    expect(of({ of: null })).toMatchObject({ error: { reason: "key_not_trusted" } });
    expect(of({ own: key })).toMatchObject({ error: { reason: "own_bundle" } });
    expect(of({ of: trusted(2) })).toMatchObject({
      error: { reason: "version_not_newer", last: 2 },
    });
    expect(of({ isSigned: false })).toMatchObject({ error: { reason: "signature_invalid" } });
  });

  it("is refused when any bit of what was signed is another", async () => {
    const { content, signature } = await bundled();
    const [first] = STATISTICS;
    if (!first) throw new Error("there is one");
    const counted = { ...content, statistics: [{ ...first, well: 4 }, ...STATISTICS.slice(1)] };
    expect(
      admitted({ content: counted, signature }, { own, of: trusted(1), isSigned: true }),
    ).toMatchObject({
      error: { reason: "digest_differs" },
    });
    // With a digest that fits, the signature does not.
    const fitted = { ...counted, digest: digestOf(counted.statistics) };
    expect(await isSigned({ content: fitted, signature })).toBe(false);
    const half = { ...signature, signatures: { ed25519: signature.signatures.ed25519 ?? "" } };
    expect(await isSigned({ content, signature: half })).toBe(false);
  });

  it("counts one thing once", async () => {
    const twice = await bundled([...STATISTICS, ...STATISTICS.slice(0, 1)]);
    expect(admitted(twice, { own, of: trusted(1), isSigned: true })).toMatchObject({
      error: { reason: "counted_twice", index: 3 },
    });
  });

  it("keeps nothing about what does not exist here, so that no text comes in as a name", async () => {
    const strange: Statistic[] = [
      { cause: "intent", about: { of: "path", path: "acme-internal-portal" }, well: 1, badly: 0 },
      { cause: "acme_outage", about: { of: "path", path: "static-site" }, well: 1, badly: 0 },
      {
        cause: "intent",
        about: { of: "shape", changes: ["acme_thing create"] },
        well: 1,
        badly: 0,
      },
      {
        cause: "l7_flood",
        about: { of: "rung", template: "block_source", mode: "apply" },
        well: 1,
        badly: 0,
      },
    ];
    const bundle = await bundled([...strange, ...STATISTICS]);
    expect(admitted(bundle, { own, of: trusted(1), isSigned: true })).toEqual({
      ok: true,
      value: { statistics: STATISTICS, leftOut: strange.length },
    });
  });

  it("is read without an exception, whatever comes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(lessonBundle.safeParse(value).success).toBe(false);
      }),
    );
  });
});
