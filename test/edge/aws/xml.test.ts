import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/core/canonical.ts";
import { LIFECYCLE, readAs, TAGGING, writeAs } from "../../../src/edge/aws/shapes.ts";
import { parseXml, xmlOf } from "../../../src/edge/aws/xml.ts";

const parsed = (text: string) => {
  const root = parseXml(text);
  if (!root.ok) throw new Error(root.error);
  return root.value;
};

describe("what AWS answers with", () => {
  it("is read: a declaration, a namespace, entities, elements and text", () => {
    const root = parsed(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>a&amp;b</Key><Value>&#x41;&#66;&lt;</Value></Tag></TagSet></Tagging>',
    );
    expect(readAs(TAGGING, root)).toEqual({ TagSet: [{ Key: "a&b", Value: "AB<" }] });
  });

  it.each([
    ["a document type", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ["an entity of its own", "<a>&x;</a>"],
    ["an ampersand by itself", "<a>a & b</a>"],
    ["half of a character", "<a>&#xd800;</a>"],
    ["a comment", "<a><!-- b --></a>"],
    ["CDATA", "<a><![CDATA[b]]></a>"],
    ["an instruction", "<a><?b c?></a>"],
    ["text between elements", "<a>b<c/></a>"],
    ["another end", "<a></b>"],
    ["no end", "<a><b></b>"],
    ["two roots", "<a/><b/>"],
    ["an attribute with a tag in it", '<a b="<c/>"/>'],
    ["nothing", ""],
    ["depth without end", "<a>".repeat(50)],
  ])("is refused with %s", (_, text) => {
    expect(parseXml(text)).toMatchObject({ ok: false });
  });

  it("never throws and takes time in proportion, whatever comes", () => {
    const piece = fc.constantFrom(
      "<",
      ">",
      "/",
      "a",
      "&",
      ";",
      "<a>",
      "</a>",
      "<?xml ",
      '"',
      "=",
      " ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        expect(typeof parseXml(pieces.join("")).ok).toBe("boolean");
      }),
    );
    expect(parseXml(`<a ${'b="c" '.repeat(50_000)}>`)).toMatchObject({ ok: false });
    expect(parseXml(`<a>${"&lt;".repeat(200_000)}</a>`)).toMatchObject({ ok: true });
  });

  it("is never half understood: an element that no shape names stops the reader", () => {
    const text =
      "<LifecycleConfiguration><Rule><ID>x</ID><OfTomorrow>1</OfTomorrow></Rule></LifecycleConfiguration>";
    expect(() => readAs(LIFECYCLE, parsed(text))).toThrow("OfTomorrow");
  });
});

it("what is written is read back as it was, whatever the words", () => {
  const word = fc.string({ unit: "grapheme", maxLength: 20 });
  const tags = fc.array(fc.record<JsonObject>({ Key: word, Value: word }), { maxLength: 5 });
  fc.assert(
    fc.property(tags, (TagSet) => {
      const clean = TagSet.filter(
        ({ Key, Value }) =>
          ![Key, Value].some((one) =>
            /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(one as string),
          ),
      );
      const text = xmlOf(writeAs(TAGGING, "Tagging", { TagSet: clean }), "urn:x");
      expect(readAs(TAGGING, parsed(text))).toEqual({ TagSet: clean });
    }),
  );
});

it("a rule goes out in the order of the schema", () => {
  const rule = { Status: "Enabled", ID: "end", Filter: { Prefix: "" }, Expiration: { Days: 395 } };
  expect(xmlOf(writeAs(LIFECYCLE, "LifecycleConfiguration", { Rules: [rule] }), "urn:x")).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<LifecycleConfiguration xmlns="urn:x"><Rule><Expiration><Days>395</Days></Expiration><ID>end</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status></Rule></LifecycleConfiguration>',
  );
});
