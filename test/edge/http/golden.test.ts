import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeSwarm, GOLDEN_YAML, problemOf, SCOPE } from "./fake-swarm.ts";

const PATH = `/api/v1/scopes/${SCOPE}/golden`;
const YAML = "application/yaml";
const FIRST = { "if-none-match": "*" };

let swarm: FakeSwarm;
beforeEach(() => {
  swarm = new FakeSwarm();
});

const put = (body: BodyInit, headers: Record<string, string> = FIRST, type = YAML) =>
  swarm.ask(PATH, {
    method: "PUT",
    token: "dev-operator",
    body,
    headers: { "content-type": type, ...headers },
  });

describe("GET golden", () => {
  it("is 404 while there is none", async () => {
    const problem = await problemOf(await swarm.ask(PATH));
    expect(problem).toMatchObject({ slug: "no-golden-state", status: 404, instance: PATH });
  });

  it("gives the text back as it was sent, comments and all", async () => {
    await put(GOLDEN_YAML);
    const response = await swarm.ask(PATH);
    expect(response.headers.get("content-type")).toBe(YAML);
    expect(response.headers.get("etag")).toBe('"1"');
    expect(await response.text()).toBe(GOLDEN_YAML);
  });

  it("gives the parsed document to whom asks for JSON", async () => {
    await put(GOLDEN_YAML);
    const response = await swarm.ask(PATH, { headers: { accept: "application/json" } });
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("etag")).toBe('"1"');
    expect(await response.json()).toMatchObject({ metadata: { scope: SCOPE } });
  });
});

describe("PUT golden", () => {
  it("takes the first and the next generation", async () => {
    const first = await put(GOLDEN_YAML);
    expect(first.status).toBe(200);
    expect(first.headers.get("etag")).toBe('"1"');
    expect(await first.json()).toEqual({
      scope: SCOPE,
      generation: 1,
      digest: swarm.stored?.digest,
    });
    expect(swarm.puts).toMatchObject([{ expected: 0, by: "dev-operator", mediaType: YAML }]);
    // The same again: whether that is a new generation is for the reconciler to say.
    const again = await put(GOLDEN_YAML, { "if-match": '"1"' });
    expect(again.headers.get("etag")).toBe('"2"');
  });

  it("takes JSON, and text/yaml", async () => {
    await put(GOLDEN_YAML, FIRST, "Text/YAML; charset=UTF-8");
    const json = JSON.stringify(swarm.stored?.document, null, 2);
    const response = await put(json, { "if-match": '"1"' }, "application/json");
    expect(response.status).toBe(200);
    expect(swarm.stored).toMatchObject({ text: json, mediaType: "application/json" });
    expect(swarm.puts[1]?.document).toEqual(JSON.parse(json));
  });
});

describe("the media type and precondition of a golden state", () => {
  it.each(["text/plain", "application/xml", "", "application/yaml; charset=latin1"])(
    "refuses the media type %j",
    async (type) => {
      const problem = await problemOf(await put(GOLDEN_YAML, FIRST, type));
      expect(problem).toMatchObject({ slug: "unsupported-media-type", status: 415 });
      const zipped = await put(GOLDEN_YAML, { ...FIRST, "content-encoding": "gzip" });
      expect(zipped.status).toBe(415);
    },
  );

  it.each<[Record<string, string>, number, string]>([
    [{}, 428, "precondition-required"],
    [{ "if-match": "*" }, 400, "bad-request"],
    [{ "if-match": "1" }, 400, "bad-request"],
    [{ "if-match": 'W/"1"' }, 400, "bad-request"],
    [{ "if-match": '"0"' }, 400, "bad-request"],
    [{ "if-match": '"1", "2"' }, 400, "bad-request"],
    [{ "if-match": '"1"', "if-none-match": "*" }, 400, "bad-request"],
    [{ "if-none-match": '"1"' }, 400, "bad-request"],
  ])("refuses the precondition %j", async (headers, status, slug) => {
    expect(await problemOf(await put(GOLDEN_YAML, headers))).toMatchObject({ status, slug });
    expect(swarm.puts).toEqual([]);
  });

  it("says which generation is in force when another was seen", async () => {
    const early = await put(GOLDEN_YAML, { "if-match": '"4"' });
    expect(early.headers.get("etag")).toBeNull();
    expect(await problemOf(early)).toMatchObject({ status: 412, generation: 0 });
    await put(GOLDEN_YAML);
    for (const headers of [FIRST, { "if-match": '"7"' }]) {
      const moved = await put(GOLDEN_YAML, headers);
      expect(moved.headers.get("etag")).toBe('"1"');
      expect(await problemOf(moved)).toMatchObject({
        slug: "generation-moved",
        status: 412,
        generation: 1,
      });
    }
  });
});

describe("the size and encoding of a golden state", () => {
  it("counts what is declared and what arrives", async () => {
    const big = "#".repeat(1024 * 1024 + 1);
    expect(await problemOf(await put(big))).toMatchObject({ slug: "too-large", status: 413 });
    const declared = await put("a: 1", { ...FIRST, "content-length": "2000000" });
    expect(declared.status).toBe(413);
    let [made, cancelled] = [0, false];
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        made += 1;
        controller.enqueue(new Uint8Array(64 * 1024).fill(35));
      },
      cancel() {
        cancelled = true;
      },
    });
    const response = await swarm.ask(PATH, {
      method: "PUT",
      token: "dev-operator",
      body: endless,
      headers: { "content-type": YAML, ...FIRST },
      duplex: "half",
    } as RequestInit & { token: string });
    expect(response.status).toBe(413);
    expect(made).toBeLessThan(20);
    expect(cancelled).toBe(true);
    expect(swarm.puts).toEqual([]);
  });

  it("takes a document of just under a megabyte", async () => {
    const padding = "# filler\n".repeat(110_000);
    expect((await put(padding + GOLDEN_YAML)).status).toBe(200);
  });

  it("refuses what is not UTF-8", async () => {
    const problem = await problemOf(await put(new Uint8Array([97, 58, 32, 0xff])));
    expect(problem).toMatchObject({ slug: "bad-request", status: 400 });
  });
});

describe("problems of a golden state", () => {
  it("names every problem with its place, and changes nothing", async () => {
    const text = `apiVersion: driftless.dev/v1
kind: Golden
metadata:
  scope: zone:example.com
spec:
  resources:
    dns_record:
      - type: A
        name: www
        content: 192.0.2.1
        ttl: soon
        colour: red
      - type: CNAME
        name: alias
    zone_setting:
      ssl: strict
  surprise: true
`;
    const problem = await problemOf(await put(text));
    expect(problem).toMatchObject({ slug: "invalid-golden-state", status: 422 });
    expect(problem["errors"]).toMatchObject([
      { pointer: "#/kind", line: 2, column: 7 },
      { pointer: "#/spec/resources/dns_record/0/ttl", line: 11, column: 14 },
      { pointer: "#/spec/resources/dns_record/0/colour", line: 12, column: 17 },
      { pointer: "#/spec/resources/dns_record/1/content", line: 13, column: 9 },
      { pointer: "#/spec/surprise", line: 17, column: 13 },
    ]);
    expect(swarm.stored).toBeNull();
  });

  it("places what only the meaning shows, in JSON too", async () => {
    const text = GOLDEN_YAML.replace("ssl: strict", "ssl: strictest\n      tls_2: on");
    expect((await problemOf(await put(text)))["errors"]).toMatchObject([
      { pointer: "#/spec/resources/zone_setting/ssl", line: 13, column: 12 },
      { pointer: "#/spec/resources/zone_setting/tls_2", line: 14, column: 14 },
    ]);
    const json = '{\n  "apiVersion": "v0",\n  "kind": "GoldenState"\n}';
    const { errors } = await problemOf(await put(json, FIRST, "application/json"));
    expect(errors).toMatchObject([
      { pointer: "#/metadata", line: 1, column: 1 },
      { pointer: "#/spec", line: 1, column: 1 },
      { pointer: "#/apiVersion", line: 2, column: 17 },
    ]);
  });
});

describe("a golden state of any text", () => {
  it("stops at syntax before it asks anybody", async () => {
    const problem = await problemOf(await put("a: [1\nb: }\n"));
    expect(problem).toMatchObject({ slug: "invalid-golden-state", status: 422 });
    expect(swarm.puts).toEqual([]);
    const yaml = await put(GOLDEN_YAML, FIRST, "application/json");
    expect(yaml.status).toBe(422);
    expect(swarm.puts).toEqual([]);
  });

  it("keeps the answer bounded however many problems there are", async () => {
    const records = Array.from({ length: 1500 }, () => "      - {type: A, name: x, bad: 1}").join(
      "\n",
    );
    const text = GOLDEN_YAML.replace("      - type: A", `${records}\n      - type: A`);
    const problem = await problemOf(await put(text));
    expect(problem["errors"]).toHaveLength(1000);
    expect(problem["errors_omitted"]).toBeGreaterThan(499);
  });

  it("turns any text into an answer, and stores none that has problems", async () => {
    const lines = GOLDEN_YAML.split("\n");
    const mangled = fc
      .tuple(fc.nat(lines.length - 1), fc.nat(40), fc.string({ unit: "binary", maxLength: 8 }))
      .map(([line, at, insert]) =>
        lines
          .map((text, index) =>
            index === line ? text.slice(0, at) + insert + text.slice(at) : text,
          )
          .join("\n"),
      );
    const types = fc.constantFrom(YAML, "application/json");
    await fc.assert(
      fc.asyncProperty(fc.oneof(mangled, fc.string(), fc.json()), types, async (text, type) => {
        swarm = new FakeSwarm();
        const response = await put(text, FIRST, type);
        expect([200, 422]).toContain(response.status);
        expect(swarm.stored === null).toBe(response.status === 422);
        if (response.status === 422) {
          const { errors } = await problemOf(response);
          expect((errors as unknown[]).length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 300 },
    );
  });
});
