import { createHash, createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  checkpointText,
  parseCheckpoint,
  signatureChecks,
  subtreeMessage,
} from "../../../src/core/log/checkpoint.ts";
import { fromBase64, toBase64 } from "../../../src/core/log/base64.ts";
import {
  formatNote,
  NOTE_TYPES,
  noteKey,
  parseNote,
  parseVkey,
  vkeyOf,
} from "../../../src/core/log/note.ts";
import { EMPTY_ROOT } from "../../../src/core/log/merkle.ts";
import { formatProof, parseProof } from "../../../src/core/log/tlog-proof.ts";
import { meetsQuorum, parseTrustFile } from "../../../src/core/log/trust-file.ts";
import {
  formatAddCheckpoint,
  parseAddCheckpoint,
  witnessAnswer,
} from "../../../src/core/log/witness.ts";

/** The example of golang.org/x/mod/sumdb/note. */
const VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const LINE =
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

const checkpoint = { origin: "example.com/log", size: 5, root: EMPTY_ROOT };
const mlDsa = noteKey("example.com/log", NOTE_TYPES.mlDsa44, new Uint8Array(1_312).fill(7));

describe("signed notes", () => {
  it("of another implementation are read, and its key verifies", () => {
    const key = parseVkey(VKEY);
    const note = parseNote(`${TEXT}\n${LINE}`);
    if (!key.ok || !note.ok) throw new Error("refused");
    expect(vkeyOf(key.value)).toBe(VKEY);
    const [signature] = note.value.signatures;
    expect(signature?.keyId).toBe(key.value.id);
    const spki = Buffer.concat([
      Buffer.from("302a300506032b6570032100", "hex"),
      key.value.publicKey,
    ]);
    const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
    expect(
      verify(null, Buffer.from(note.value.text), publicKey, signature?.blob ?? Buffer.of()),
    ).toBe(true);
    expect(formatNote(note.value)).toBe(`${TEXT}\n${LINE}`);
  });

  it("have key ids over name, type and key", () => {
    const digest = createHash("sha256")
      .update("example.com/log\n")
      .update(Buffer.from([6]))
      .update(Buffer.alloc(1_312, 7))
      .digest("hex");
    expect(mlDsa.id).toBe(digest.slice(0, 8));
    expect(parseVkey(vkeyOf(mlDsa))).toMatchObject({ ok: true });
    expect(parseVkey(vkeyOf(mlDsa).replace(mlDsa.id, "00000000"))).toMatchObject({ ok: false });
  });

  it.each([
    ["no blank line", TEXT],
    ["no signature", `${TEXT}\n`],
    ["a line that is none", `${TEXT}\n${LINE}- x\n`],
    ["a hyphen for the dash", `${TEXT}\n${LINE.replace("—", "-")}`],
    ["no line feed at the end", `${TEXT}\n${LINE}`.slice(0, -1)],
    ["base64 with loose bits", `${TEXT}\n${LINE.replace("JnAM=", "JnAN=")}`],
    ["a carriage return", `${TEXT}\r\n\n${LINE}`],
    ["a space of Unicode in a name", `${TEXT}\n${LINE.replace(/^— \S+/, "— a\u00a0b")}`],
    ["a plus in a name", `${TEXT}\n${LINE.replace(/^— \S+/, "— a+b")}`],
  ])("are refused with %s", (_, bytes) => {
    expect(parseNote(bytes)).toMatchObject({ ok: false });
  });
});

describe("checkpoints", () => {
  const signed = (text: string): string =>
    formatNote({
      text,
      signatures: [{ name: "example.com/log", keyId: "00000000", blob: new Uint8Array(64) }],
    });
  const body = checkpointText(checkpoint);

  it("are three lines", () => {
    expect(body).toBe("example.com/log\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    expect(parseCheckpoint(signed(body))).toMatchObject({
      ok: true,
      value: { checkpoint: { size: 5 } },
    });
  });

  it.each([
    ["a leading zero", body.replace("\n5\n", "\n05\n")],
    ["a sign", body.replace("\n5\n", "\n+5\n")],
    ["an extension", `${body}more\n`],
    ["an empty line", body.replace("\n5\n", "\n\n5\n")],
    ["a short root", "example.com/log\n5\nAAAA\n"],
    ["a root over nothing", `example.com/log\n0\n${toBase64(new Uint8Array(32))}\n`],
    ["a size that no number holds", body.replace("\n5\n", "\n9999999999999999\n")],
    ["a space in the origin", body.replace("example.com/log", "example com")],
  ])("are refused with %s", (_, text) => {
    expect(parseCheckpoint(signed(text))).toMatchObject({ ok: false });
  });

  it("of other products may have extension lines and any origin, and nothing else that is malformed", () => {
    const others = [
      `${body}more\nand more\n`,
      body.replace("example.com/log", "a log of ours - 7"),
    ];
    for (const text of others)
      expect(parseCheckpoint(signed(text), "foreign")).toMatchObject({
        ok: true,
        value: { checkpoint: { size: 5 }, note: { text } },
      });
    for (const text of [`${body}\nmore\n`, body.replace("\n5\n", "\n05\n"), "example.com/log\n5\n"])
      expect(parseCheckpoint(signed(text), "foreign")).toMatchObject({ ok: false });
  });

  it("give ML-DSA keys the bytes of the specification to sign", () => {
    const message = Buffer.from(
      subtreeMessage("witness.example", { ...checkpoint, size: 0x01_02 }, 3),
    );
    const expected = Buffer.concat([
      Buffer.from("subtree/v1\n\0"),
      Buffer.from([15]),
      Buffer.from("witness.example"),
      Buffer.from("0000000000000003", "hex"),
      Buffer.from([15]),
      Buffer.from("example.com/log"),
      Buffer.from("0000000000000000", "hex"),
      Buffer.from("0000000000000102", "hex"),
      EMPTY_ROOT,
    ]);
    expect(message.toString("hex")).toBe(expected.toString("hex"));
  });

  it("are refused when the line of a known key has not its form, and ignore unknown keys", () => {
    const note = (keyId: string) => {
      const line = { name: "example.com/log", keyId, blob: new Uint8Array(64) };
      const parsed = parseCheckpoint(formatNote({ text: body, signatures: [line] }));
      if (!parsed.ok) throw new Error(parsed.error);
      return signatureChecks(parsed.value, [mlDsa]);
    };
    expect(note(mlDsa.id)).toMatchObject({ ok: false });
    expect(note("00000000")).toEqual({ ok: true, value: [] });
  });
});

describe("the other files of C2SP", () => {
  it("proofs are read back, and refused when malformed", () => {
    const proof = { index: 7, path: [EMPTY_ROOT], checkpoint: `${TEXT}\n${LINE}` };
    const text = formatProof(proof);
    expect(text).toBe(
      `c2sp.org/tlog-proof@v1\nindex 7\n${toBase64(EMPTY_ROOT)}\n\n${TEXT}\n${LINE}`,
    );
    expect(parseProof(text)).toEqual({ ok: true, value: proof });
    expect(parseProof(text.replace("index 7", "index 7\nextra AAAA"))).toMatchObject({ ok: false });
    expect(parseProof(text.replace("index 7", "extra AAAA\nindex 7"))).toMatchObject({ ok: true });
    expect(parseProof(text.replace("index 7", "index 07"))).toMatchObject({ ok: false });
    expect(parseProof(text.replace("index 7", "extra A\nindex 7"))).toMatchObject({ ok: false });
    const past = text.replace("index 7", "index 9007199254740993");
    expect(parseProof(past)).toMatchObject({ ok: false });
  });

  it("trust files decide by quorum", () => {
    const witness = (name: string, fill: number) =>
      noteKey(name, NOTE_TYPES.cosignature, new Uint8Array(32).fill(fill));
    const [a, b, c] = [witness("a.example", 1), witness("b.example", 2), witness("c.example", 3)];
    const text = [
      `log ${VKEY} https://log.example/`,
      `witness A ${vkeyOf(a)}`,
      "  # a comment is a line of its own",
      `witness B ${vkeyOf(b)} https://b.example/#near`,
      `witness C ${vkeyOf(c)}`,
      "group inner any B C",
      "group outer 2 A inner",
      "quorum outer",
    ];
    const trust = parseTrustFile(text.join("\n"));
    if (!trust.ok) throw new Error(trust.error);
    const signed = (...by: { name: string }[]) =>
      meetsQuorum(trust.value, new Set([a, b, c].filter((key) => by.includes(key)).map(vkeyOf)));
    expect([signed(a, b), signed(a, c), signed(a), signed(b, c)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    for (const bad of [
      text.slice(0, -1),
      [...text, "quorum none"],
      text.toSpliced(5, 0, "group none any A"),
      text.toSpliced(6, 0, "group again any B"),
      text.toSpliced(1, 0, `witness P ${VKEY}`),
      text.toSpliced(1, 0, `log ${VKEY}`),
      text.toSpliced(6, 1, "group outer 3 A inner"),
      ...["1e0", "0x1", "+1", "2.0", "0", "constructor"].map((count) =>
        text.toSpliced(6, 1, `group outer ${count} A inner`),
      ),
      [...text, "what is this"],
      [...text, "constructor"],
      [`${text[0]} # near`, ...text.slice(1)],
      text.map((line) => `${line}\r`),
      // The same key under another name, and as a key of another type.
      text.toSpliced(1, 0, `witness P ${vkeyOf(witness("p.example", 1))}`),
      text.toSpliced(1, 0, `log ${vkeyOf(noteKey("l.example", 1, new Uint8Array(32).fill(1)))}`),
    ])
      expect(parseTrustFile(bad.join("\n"))).toMatchObject({ ok: false });
  });

  it("witnesses are asked and understood", () => {
    const request = { old: 3, proof: [EMPTY_ROOT], checkpoint: `${TEXT}\n${LINE}` };
    expect(parseAddCheckpoint(formatAddCheckpoint(request))).toEqual({ ok: true, value: request });
    expect(witnessAnswer(200, LINE)).toMatchObject({ type: "cosigned" });
    expect(witnessAnswer(409, "12\n")).toEqual({ type: "has", size: 12 });
    expect(witnessAnswer(422, "")).toEqual({ type: "disagrees" });
    expect(witnessAnswer(200, "")).toMatchObject({ type: "refused" });
    expect(witnessAnswer(404, "")).toEqual({ type: "refused", status: 404 });
  });

  it("base64 is canonical both ways", () => {
    for (const length of [0, 1, 2, 3, 4, 31, 32, 33]) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 37 + 200) % 256);
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }
    for (const bad of ["A", "AA", "AB==", "AAA", "AAB=", "AA=A", "A-A=", " AAA"])
      expect(fromBase64(bad), bad).toBeNull();
  });
});
