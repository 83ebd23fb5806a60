/** Golden states as files: several of them as one, and the commands that bring them to the API and back. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
// @ts-expect-error plain JavaScript, a script for people
import { filesAt, mergeFiles } from "../scripts/golden/files.mjs";
// @ts-expect-error plain JavaScript, a script for people
import { main } from "../scripts/golden.mjs";
import { FakeSwarm } from "./edge/http/fake-swarm.ts";

interface Merged {
  readonly document: unknown;
  readonly placeOf: (pointer: string) => string | undefined;
}

const HEAD = `apiVersion: driftless.dev/v1
kind: GoldenState
metadata: { scope: "zone:example.com" }
spec:
  resources:
`;
const merge = (...texts: string[]): Promise<Merged> =>
  mergeFiles(texts.map((text, index) => ({ file: `${index}.yaml`, text: HEAD + text })));

describe("several files", () => {
  const www = "    dns_record:\n      - { name: www, type: A, content: 192.0.2.1 }\n";
  const api = "    dns_record:\n      - { name: api, type: A, content: 192.0.2.2 }\n";

  it("are one golden state: lists together, maps merged", async () => {
    const { document, placeOf } = await merge(
      `${www}    zone_setting: { ssl: strict }\n`,
      `${api}    zone_setting: { http3: "on" }\n`,
    );
    expect(document).toEqual({
      apiVersion: "driftless.dev/v1",
      kind: "GoldenState",
      metadata: { scope: "zone:example.com" },
      spec: {
        resources: {
          dns_record: [
            { name: "www", type: "A", content: "192.0.2.1" },
            { name: "api", type: "A", content: "192.0.2.2" },
          ],
          zone_setting: { ssl: "strict", http3: "on" },
        },
      },
    });
    expect(placeOf("#/spec/resources/dns_record/1/content")).toBe("1.yaml:7:40");
    expect(placeOf("/spec/resources/dns_record/1/ttl")).toBe("1.yaml:7:9");
    expect(placeOf("#/spec/resources/zone_setting/ssl")).toBe("0.yaml:8:26");
  });

  const refusals: [string, string[], string][] = [
    ["the same record", [www, www], "1.yaml:7:9: stands twice, see 0.yaml:7:9"],
    [
      "the same setting",
      ["    zone_setting: { ssl: strict }", "    zone_setting: { ssl: full }"],
      "1.yaml:6:26: `spec/resources/zone_setting/ssl` stands in two files, see 0.yaml:6:26",
    ],
    [
      "parts of one setting",
      ["    zone_setting: { nel: { a: 1 } }", "    zone_setting: { nel: { b: 1 } }"],
      "1.yaml:6:26: `spec/resources/zone_setting/nel` stands in two files, see 0.yaml:6:26",
    ],
    [
      "a list and a map",
      ["    dns_record: []", "    dns_record: {}"],
      "1.yaml:6:17: `spec/resources/dns_record` stands in two files, see 0.yaml:6:17",
    ],
    ["what is no YAML", ["    dns_record: [", ""], "0.yaml:"],
  ];
  it.each(refusals)("with %s are refused, with both places", async (_, texts, problem) => {
    await expect(merge(...texts)).rejects.toThrow(problem);
  });

  it("of two scopes are refused", async () => {
    const other = HEAD.replace("example.com", "example.org");
    const files = [HEAD, other].map((text, index) => ({
      file: `${index}.yaml`,
      text: `${text}    {}\n`,
    }));
    await expect(mergeFiles(files)).rejects.toThrow(
      "1.yaml:3:20: `metadata/scope` differs in the two files, see 0.yaml:3:20",
    );
  });
});

const swarmServer = async (swarm: FakeSwarm): Promise<Server> => {
  const bodyOf = async (request: IncomingMessage): Promise<string> =>
    Buffer.concat(await request.toArray()).toString();
  const server = createServer((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
      const answer = await swarm.ask(request.url ?? "", {
        token: null,
        method: request.method ?? "GET",
        headers: Object.fromEntries(headers) as Record<string, string>,
        ...(body === "" ? {} : { body }),
      });
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(await answer.text());
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
};

describe("the command", () => {
  let swarm: FakeSwarm;
  let server: Server;
  let folder: string;
  let said: string[];
  const golden = async (...args: string[]): Promise<number> => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const say = (line: string): void => void said.push(line);
    const [command = "", ...rest] = args;
    return main([command, "zone:example.com", ...rest], {
      env: { DRIFTLESS_API: url },
      say,
      write: say,
    });
  };
  const file = (name: string, text: string): string => {
    const full = path.join(folder, name);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
    return full;
  };

  beforeEach(async () => {
    swarm = new FakeSwarm();
    server = await swarmServer(swarm);
    folder = mkdtempSync(path.join(tmpdir(), "golden-"));
    said = [];
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await new Promise((resolve) => server.close(resolve));
  });

  it("puts a folder as one golden state, over the generation in force", async () => {
    file(
      "b/dns.yaml",
      `${HEAD}    dns_record:\n      - { name: www, type: A, content: 192.0.2.1 }\n`,
    );
    file("a.json", JSON.stringify({ spec: { resources: { zone_setting: { ssl: "strict" } } } }));
    file(".hidden.yaml", "never: read");
    expect(filesAt(folder).map((one: string) => path.relative(folder, one))).toEqual([
      "a.json",
      "b/dns.yaml",
    ]);
    expect(await golden("put", folder)).toBe(0);
    expect(await golden("put", folder)).toBe(0);
    expect(swarm.puts.map(({ expected }) => expected)).toEqual([0, 1]);
    expect(said[1]).toMatch(/^generation 2, sha256:/);
  });

  it("puts a single file as it is, with its comments", async () => {
    const text = `# mine\n${HEAD}    zone_setting: { ssl: strict }\n`;
    await golden("put", file("one.yaml", text));
    expect(swarm.puts[0]?.text).toBe(text);
  });

  it("puts over a generation that somebody has read, and over no other", async () => {
    const one = file("one.yaml", `${HEAD}    zone_setting: { ssl: strict }\n`);
    await expect(golden("put", one, "--generation", "7")).rejects.toThrow("HTTP 412");
  });

  it("says where in which file the problems are", async () => {
    file("a.yaml", `${HEAD}    zone_setting: { ssl: strict }\n`);
    file("b.yaml", `${HEAD}    dns_record:\n      - { name: www, type: A, content: nowhere }\n`);
    await expect(golden("put", folder)).rejects.toThrow(
      /b\.yaml:7:40: `nowhere` must be an IPv4 address/,
    );
  });

  it("checks: fits the schema, is in force, is in sync", async () => {
    file(
      "a.yaml",
      `${HEAD}    dns_record:\n      - { name: www, type: A, content: 192.0.2.1, ttl: 5 }\n`,
    );
    expect(await golden("check", folder)).toBe(1);
    expect(said.join("\n")).toMatch(/a\.yaml:7:\d+: must be/);
    expect(said).toContain("no golden state is in force");
    expect(said.at(-1)).toBe("the scope is drifted: one resource differs");
  });

  it("names what is missing, and says each complaint once", async () => {
    file("a.yaml", `${HEAD}    dns_record:\n      - { name: www, type: A, contnt: 192.0.2.1 }\n`);
    await expect(golden("put", folder)).rejects.toThrow(
      /a\.yaml:7:9: `content` is missing: it is a string[^]*a\.yaml:7:\d+: is not a known member/,
    );
    await golden("check", folder);
    expect(new Set(said).size).toBe(said.length);
    expect(said.join("\n")).toContain("must NOT have additional properties `contnt`");
  });

  it("says what was not understood, and what to do", async () => {
    const env = { DRIFTLESS_API: "http://127.0.0.1:1" };
    const words: string[] = [];
    const say = (line: string) => void words.push(line);
    expect(await main(["imprt", "zone:x"], { env, say })).toBe(2);
    expect(await main(["import"], { env, say })).toBe(2);
    expect(words).toEqual([
      "`imprt` is not a command: import, export, put, check; see --help",
      "import: of which scope? zone:<name> or account:<id>; see --help",
    ]);
    const nowhere = { env: { DRIFTLESS_API: "localhost" }, say };
    await expect(main(["import", "zone:x"], nowhere)).rejects.toThrow("is no address");
    await expect(main(["import", "zone:x"], { env, say })).rejects.toThrow("does not answer");
  });

  it("never writes over a file unless it is told to", async () => {
    const one = file("one.yaml", "precious");
    await expect(golden("import", one)).rejects.toThrow("503");
    expect(readFileSync(one, "utf8")).toBe("precious");
  });

  it("sends no development token to another machine", async () => {
    const elsewhere = main(["import", "zone:x"], { env: { DRIFTLESS_API: "https://example.com" } });
    await expect(elsewhere).rejects.toThrow("DRIFTLESS_TOKEN is not set");
  });
});
