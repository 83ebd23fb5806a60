/** Secrets that are planted where ours could lie, and a reader of whatever goes out that knows them in every dress. */
import { gunzipSync } from "node:zlib";
import { env } from "cloudflare:workers";
import { logOf } from "../../durable-objects/bindings.ts";
import { said } from "./watched-console.mjs";

/** With characters that encodings treat differently. In env it stands as a variable (vitest.config.ts). */
const valueOf = (place: string): string => `hny+${place}/k7Qz~9f=Xw2 ${place}#8Jd`;
export const PLACES = ["env", "kv", "d1", "log", "account"] as const;
export type Place = (typeof PLACES)[number];
export const honeytoken: Readonly<Record<Place, string>> = {
  env: valueOf("env"),
  kv: valueOf("kv"),
  d1: valueOf("d1"),
  log: valueOf("log"),
  account: valueOf("account"),
};

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin1 = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** What of base64 depends on the value alone, with `before` bytes of something else in front of it. */
function base64(value: Uint8Array, before: 0 | 1 | 2): string {
  const text = btoa(latin1(new Uint8Array([...new Uint8Array(before), ...value])));
  const spoiled = (before + value.length) % 3;
  const end = text.replaceAll("=", "").length - (spoiled === 0 ? 0 : 1);
  return text.slice([0, 2, 3][before], end);
}

const utf16 = (text: string, bigEndian: boolean): string =>
  Array.from(text, (one) => (bigEndian ? `\0${one}` : `${one}\0`)).join("");

/** The value in every dress, by the name of the dress. Hex and percent codes in lower case. */
export function dressesOf(value: string): ReadonlyMap<string, string> {
  const bytes = bytesOf(value);
  const plain = ([0, 1, 2] as const).map(
    (before) => [`base64 +${before}`, base64(bytes, before)] as const,
  );
  return new Map([
    ["plain", value],
    ["reversed", Array.from(value).toReversed().join("")],
    ["hex", hexOf(bytes)],
    ...plain,
    ...plain.map(
      ([name, text]) => [`${name}, url`, text.replaceAll("+", "-").replaceAll("/", "_")] as const,
    ),
    ["percent codes of some", encodeURIComponent(value).toLowerCase()],
    [
      "percent codes of all",
      [...hexOf(bytes).matchAll(/../g)].map(([code]) => `%${code}`).join(""),
    ],
    ["form", new URLSearchParams({ v: value }).toString().slice(2).toLowerCase()],
    [
      "escapes",
      Array.from(value, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
    ],
    ["utf-16 little", utf16(value, false)],
    ["utf-16 big", utf16(value, true)],
  ]);
}

const CASELESS = /^(?:hex|percent|form|escapes)/;

/** Each of them in two cases, ready to be looked for. */
const SOUGHT = PLACES.flatMap((place) =>
  [...dressesOf(honeytoken[place])].map(([dress, text]) => ({ place, dress, text })),
);

/** Which secrets `output` has, and in which dress. */
export function leaksIn(output: string): readonly string[] {
  const lower = output.toLowerCase();
  return SOUGHT.filter(({ dress, text }) =>
    CASELESS.test(dress) ? lower.includes(text) : output.includes(text),
  ).map(({ place, dress }) => `${place}, ${dress}`);
}

/** As long as a piece has to be to be known for one of a secret. */
const PIECE = 12;
/** Parts of what all secrets have in common stand for none of them. */
const PIECES = PLACES.flatMap((place) => {
  const value = honeytoken[place];
  return Array.from({ length: value.length - PIECE + 1 }, (_, at) => value.slice(at, at + PIECE))
    .filter((piece) => piece.includes(place))
    .map((text) => ({ place, text }));
});

/** Which secrets stand in `output` in pieces: cut in two, one of the halves is long enough. */
export const piecesIn = (output: string): readonly string[] =>
  [...new Set(PIECES.filter(({ text }) => output.includes(text)).map(({ place }) => place))].map(
    (place) => `${place}, a piece`,
  );

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Bytes as they are, and what is in them when they are packed. */
export function sawBytes(channel: string, bytes: Uint8Array): void {
  saw(channel, latin1(bytes));
  if (isGzip(bytes)) saw(`${channel}, unpacked`, latin1(gunzipSync(bytes)));
}

/** What was found since the tests of this file began: where, what, in which dress. */
export const leaks = new Set<string>();

export function saw(channel: string, output: string): void {
  for (const leak of [...leaksIn(output), ...piecesIn(output)]) leaks.add(`${channel}: ${leak}`);
}

/** Longer than a secret in any dress. */
const CARRIED_CHARS = 1_000;

/** Text that comes in pieces, each looked at with the end of what came before it. */
function watching(channel: string): TransformStream<Uint8Array, Uint8Array> {
  let carried = "";
  return new TransformStream({
    transform(chunk, controller) {
      carried += latin1(chunk);
      saw(channel, carried);
      carried = carried.slice(-CARRIED_CHARS);
      controller.enqueue(chunk);
    },
  });
}

/** What our API answers. A stream is read with whoever reads it: it has no end. */
export async function watchedAnswer(path: string, response: Response): Promise<Response> {
  const channel = `answer of ${path}`;
  saw(channel, JSON.stringify([...response.headers]));
  if (response.headers.get("content-type")?.startsWith("text/event-stream") && response.body)
    return new Response(response.body.pipeThrough(watching(channel)), response);
  saw(channel, await response.clone().text());
  return response;
}

/** What the Workers have said on their consoles: ours in this isolate, and the vault's and the sandbox's in theirs. */
export async function sawConsoles(): Promise<void> {
  for (const line of said()) saw("console", line);
  for (const line of await env.VAULT_CONSOLE.said()) saw("console of the vault", line);
  for (const line of await env.SANDBOX_CONSOLE.said()) saw("console of the sandbox", line);
}

const CALLS_PAGE = 5_000;

/** What our tokens have sent to Cloudflare since the journal was last cleared. */
export async function sawCalls(): Promise<void> {
  for (let after = 0; ;) {
    const url = `http://sandbox/sandbox/journal?limit=${CALLS_PAGE}&after=${after}`;
    const response = await env.CF_API.fetch(new Request(url));
    const { entries } = await response.json<{
      entries: readonly {
        readonly seq: number;
        readonly token_name: string | null;
        readonly path: string;
      }[];
    }>();
    for (const call of entries)
      if (call.token_name?.startsWith("driftless-"))
        saw(`call to ${call.path}`, JSON.stringify(call));
    const last = entries.at(-1);
    if (last === undefined || entries.length < CALLS_PAGE) return;
    after = last.seq;
  }
}

/** Whatever this isolate sends to an address: models, feeds, witnesses, keys. Stubs of tests stand behind it. */
export function watchedFetch(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const headers = [...request.headers].filter(([name]) => name !== "authorization");
    const body = new Uint8Array(await request.clone().arrayBuffer());
    saw(`request to ${request.url}`, JSON.stringify([request.url, headers]));
    sawBytes(`request to ${request.url}`, body);
    return send(request);
  };
}

export async function plant(): Promise<void> {
  await env.BLACKBOARD.put("secrets/honeytoken", honeytoken.kv);
  await env.DB.prepare("create table if not exists honeytoken (value text)").run();
  await env.DB.prepare("insert into honeytoken values (?)").bind(honeytoken.d1).run();
}

const RECORD_PAGE = 500;

async function keysIn(bucket: R2Bucket): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page: R2Objects = await bucket.list(cursor === undefined ? {} : { cursor });
    keys.push(...page.objects.map(({ key }) => key));
    if (!page.truncated) return keys;
    cursor = page.cursor;
  }
}

/** Everything that was written down: calls, evidence in R2, the record, the blackboard, the shared record. */
export async function sawStores(): Promise<void> {
  await sawCalls();
  for (const bucket of [env.EVIDENCE, env.RECORD])
    for (const key of await keysIn(bucket))
      sawBytes(`R2 ${key}`, new Uint8Array((await (await bucket.get(key))?.arrayBuffer()) ?? []));
  const log = logOf(env);
  for (let after = -1; ;) {
    const entries = await log.read({ after, limit: RECORD_PAGE, waitMs: 0 });
    const last = entries.at(-1);
    if (!last) break;
    saw("record", JSON.stringify(entries));
    after = last.index;
  }
  for (const { name } of (await env.BLACKBOARD.list()).keys)
    if (name !== "secrets/honeytoken") saw(`KV ${name}`, (await env.BLACKBOARD.get(name)) ?? "");
  const tables = await env.DB.prepare(
    "select name from sqlite_master where type = 'table' and name not like '\\_%' escape '\\' and name <> 'honeytoken'",
  ).all<{ name: string }>();
  for (const { name } of tables.results) {
    if (/^(?:sqlite|d1)_/.test(name)) continue;
    saw(
      `D1 ${name}`,
      JSON.stringify((await env.DB.prepare(`select * from "${name}"`).all()).results),
    );
  }
}
