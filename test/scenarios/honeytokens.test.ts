/** Secrets that lie in the account, in the environment and in our own stores: none goes out, whatever is done. */
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import golden from "../../examples/harbor-books.example.yaml?raw";
import {
  dressesOf,
  honeytoken,
  leaks,
  leaksIn,
  PLACES,
  piecesIn,
  sawBytes,
  sawConsoles,
  sawStores,
  watchedAnswer,
  watchedFetch,
} from "../support/honeytokens.ts";
import {
  api,
  BOOKS,
  cloudflare,
  control,
  drift,
  putGolden,
  reconcile,
  record,
  settled,
  tick,
} from "../support/world.ts";

const ACCOUNT = "8d6e3f0a5c1b4927a0f4c2d9b7e61835";
const zone = `/zones/${BOOKS.zoneId}`;
const account = `/accounts/${ACCOUNT}`;

describe("the reader", () => {
  it.each(PLACES)(
    "finds the secret of %s in every dress, in the midst of something else",
    (place) => {
      for (const [dress, text] of dressesOf(honeytoken[place]))
        expect(leaksIn(`{"a":"${text}"}`), dress).toContain(`${place}, ${dress}`);
      const bytes = (before: string) => btoa(`${before}${honeytoken[place]}, and more`);
      for (const before of ["", "x", "xy", "xyz", '{"token":"'])
        expect(leaksIn(bytes(before)).length, before).toBeGreaterThan(0);
      expect(leaksIn(encodeURIComponent(`q=${honeytoken[place]}`)).length).toBeGreaterThan(0);
    },
  );

  it("finds it in two pieces, and packed", async () => {
    for (const place of PLACES)
      for (let at = 0; at < honeytoken[place].length; at += 1) {
        const [head, tail] = [honeytoken[place].slice(0, at), honeytoken[place].slice(at)];
        expect(piecesIn(`{"a":"${head}","b":"${tail}"}`), `${place} ${at}`).toHaveLength(1);
      }
    expect(piecesIn("hny+env/k7Q, 9f=Xw2 env")).toEqual([]);
    const packed = new Blob([`{"a":"${honeytoken.kv}"}`])
      .stream()
      .pipeThrough(new CompressionStream("gzip"));
    sawBytes("packed", new Uint8Array(await new Response(packed).arrayBuffer()));
    expect([...leaks]).toContain("packed, unpacked: kv, plain");
    leaks.clear();
  });

  it("reads every answer, every request to an address and every line of the console", async () => {
    const path = `/api/v1/scopes/${encodeURIComponent(honeytoken.env)}`;
    const asked = new Request(`https://driftless.test${path}`, {
      headers: { authorization: "Bearer dev-viewer" },
    });
    // A refusal names the address that was asked for, and this is one way to have a secret in an answer.
    expect((await exports.default.fetch(asked)).status).toBe(404);
    await watchedFetch(() => Promise.resolve(new Response("")))("https://model.example/", {
      method: "POST",
      body: JSON.stringify({ prompt: btoa(honeytoken.d1) }),
    });
    console.debug(honeytoken.log);
    console.error(new Error(`in ${honeytoken.kv}`));
    await env.VAULT_CONSOLE.say(honeytoken.account);
    await env.SANDBOX_CONSOLE.say(btoa(honeytoken.env));
    await sawConsoles();
    const found = [...leaks].join("\n");
    leaks.clear();
    expect(found).toMatch(/answer of .*: env, percent/);
    expect(found).toContain("request to https://model.example/: d1, base64 +0");
    expect(found).toContain("console: log, plain");
    expect(found).toContain("console: kv, plain");
    expect(found).toContain("console of the vault: account, plain");
    expect(found).toContain("console of the sandbox: env, base64 +0");
  });

  it("reads a stream as it comes, also what is cut in two", async () => {
    const pieces = [
      `event: x\ndata: {"a":"${honeytoken.d1.slice(0, 9)}`,
      `${honeytoken.d1.slice(9)}"}\n\n`,
    ];
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces.shift();
        // It stays open, as a stream of events does.
        if (piece !== undefined) controller.enqueue(new TextEncoder().encode(piece));
      },
    });
    const headers = { "content-type": "text/event-stream" };
    const watched = await watchedAnswer("/api/v1/events", new Response(stream, { headers }));
    const reader = watched.body?.getReader();
    await reader?.read();
    await reader?.read();
    await reader?.cancel();
    expect([...leaks]).toContain("answer of /api/v1/events: d1, plain");
    leaks.clear();
  });

  it("finds nothing where there is nothing, and knows what the environment has", () => {
    expect(leaksIn("hny+env/k7Qz~9f=Xw2 en and more")).toEqual([]);
    expect(env.HONEYTOKEN).toBe(honeytoken.env);
  });
});

/** A call of somebody else's, with the secret in what the account's log keeps of it. */
async function logged(path: string, body: object): Promise<void> {
  const request = new Request(`http://sandbox/client/v4${path}`, {
    method: "PATCH",
    body: JSON.stringify(body),
    headers: {
      authorization: "Bearer sandbox-dashboard",
      "content-type": "application/json",
      "user-agent": honeytoken.log,
    },
  });
  expect((await env.CF_API.fetch(request)).ok).toBe(true);
}

beforeAll(async () => {
  await control("POST", "/reset", {});
  await tick();
  await cloudflare("POST", `${account}/alerting/v3/destinations/webhooks`, {
    body: { name: "pager", url: "https://pager.example/hook", secret: honeytoken.account },
  });
  const [script] = await cloudflare<{ id: string }[]>("GET", `${account}/workers/scripts`);
  await cloudflare("PUT", `${account}/workers/scripts/${script?.id}/secrets`, {
    body: { name: "HONEY", text: honeytoken.account, type: "secret_text" },
  });
  const [namespace] = await cloudflare<{ id: string }[]>("GET", `${account}/storage/kv/namespaces`);
  const value = new Request(
    `http://sandbox/client/v4${account}/storage/kv/namespaces/${namespace?.id}/values/honey`,
    {
      method: "PUT",
      body: honeytoken.account,
      headers: { authorization: "Bearer sandbox-dashboard", "content-type": "text/plain" },
    },
  );
  expect((await env.CF_API.fetch(value)).ok).toBe(true);
  expect((await putGolden(golden)).status).toBe(200);
  await settled(BOOKS.scope, ({ status }) => status === "in_sync");
});

it("a heal, a refused write, an import of everything and all that can be read leak none of them", async () => {
  const bastion = await record("A", "bastion.harbor-books.example");
  await logged(`${zone}/dns_records/${bastion?.id}`, { content: "192.0.2.55" });
  await reconcile();
  expect((await drift()).status).toBe("in_sync");
  await logged(`${zone}/dns_records/${bastion?.id}`, { content: "192.0.2.56" });
  await control("PUT", "/faults", {
    rules: [
      {
        id: "no",
        match: { method: "PATCH", token: "driftless-vault-write" },
        times: 1,
        effect: { type: "status", status: 400, code: 1004 },
      },
    ],
  });
  await reconcile();
  const scopes = [BOOKS.scope, `account:${ACCOUNT}`].map((scope) => encodeURIComponent(scope));
  const paths = [
    "/healthz",
    "/nowhere",
    "/api/v1/scopes",
    "/api/v1/incidents",
    "/api/v1/runs",
    "/api/v1/lessons",
    "/api/v1/holds",
    "/api/v1/agents",
    "/api/v1/openapi.json",
    "/log/checkpoint",
    "/log/keys",
    ...scopes.flatMap((scope) => [
      `/api/v1/scopes/${scope}`,
      `/api/v1/scopes/${scope}/drift`,
      `/api/v1/scopes/${scope}/golden`,
    ]),
  ];
  for (const path of paths)
    for (const token of ["dev-viewer", "dev-operator", ""]) await api(path, token);
  for (const scope of scopes)
    for (const path of ["import", "export", "export?format=hcl", "adoptions/preview"])
      for (const method of ["GET", "POST"])
        await api(`/api/v1/scopes/${scope}/${path}`, "dev-operator", { method });
  await streamed("/api/v1/events?after=-1", /"type":"write_result"/);
  await sawStores();
  await sawConsoles();
  expect([...leaks]).toEqual([]);
});

/** Reads a stream until `until` has come. */
async function streamed(path: string, until: RegExp): Promise<void> {
  const reader = (await api(path)).body?.getReader();
  let text = "";
  while (!until.test(text)) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
    expect(done, text.slice(-500)).toBe(false);
    text += new TextDecoder().decode(value);
  }
  await reader?.cancel();
}

it("a secret that is sent to us by mistake is not sent back", async () => {
  const token = honeytoken.account;
  await api(
    `/api/v1/scopes?x=${encodeURIComponent("nothing")}`,
    token.replaceAll(/[^\w+/=~]/g, ""),
  );
  await api("/api/v1/holds", "dev-operator", {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer x" },
    body: "{",
  });
  await sawStores();
  expect([...leaks]).toEqual([]);
});
