/** The record as a transparency log (c2sp.org/tlog-tiles): for verifiers, which know nothing else of this product. */
import { z } from "zod";
import type { Place } from "../../../core/log/shards.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { keyIdOf } from "../../../core/signing.ts";
import { parseTilePath } from "../../../core/log/tile.ts";
import type { ApiPorts } from "../api-ports.ts";
import { notFound, type Problem, pointerTo } from "../problem.ts";
import { defineRoute } from "../route.ts";

const TEXT = "text/plain; charset=utf-8";
const TILE = "application/octet-stream";
/** A tile never changes. */
const FOR_EVER = "public, max-age=604800, immutable";
const PUBLICATION_MS_MAX = 10_000;

/** Verifiers in a browser ask from another origin; who may read has been decided before. */
const file = (body: string | Uint8Array, type: string, cacheControl = "no-store"): Response =>
  new Response(body, {
    headers: {
      "content-type": type,
      "cache-control": cacheControl,
      "access-control-allow-origin": "*",
    },
  });

/** Entries are text and become a fifth; hashes do not. The runtime compresses what this header is on. */
function compressed(response: Response, request: Request): Response {
  response.headers.set("vary", "accept-encoding");
  const accepts = (request.headers.get("accept-encoding") ?? "").split(",");
  if (accepts.some((coding) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(coding)))
    response.headers.set("content-encoding", "gzip");
  return response;
}

const INDEX = /^(?:0|[1-9]\d{0,14})$/;

const malformed = (detail: string): Result<never, Problem> =>
  err({ slug: "bad-query", errors: [{ pointer: pointerTo("?", ["index"]), detail }] });

const text = z.string().meta({ description: "a text file" });

/** What a log has below its address; `place` says which log is meant. */
const treeOf = ({ base, id, of, place }: LogAddress) => [
  defineRoute({
    method: "GET",
    path: `${base}/checkpoint`,
    id: `${id}Checkpoint`,
    summary: `The published tree head of ${of}, signed with Ed25519 and ML-DSA-44 (tlog-checkpoint)`,
    right: "published",
    out: text,
    gives: { "text/plain": z.string() },
    async handle({ ports, param }) {
      const at = await placed(ports, place(param));
      const bytes = at === null ? null : await ports.log.object("checkpoint", at);
      return bytes === null ? err(notFound("nothing is published yet")) : file(bytes, TEXT);
    },
  }),
  defineRoute({
    method: "GET",
    path: `${base}/tile/{path}`,
    id: `${id}Tile`,
    summary: `A tile or an entry bundle of ${of} (tlog-tiles)`,
    right: "published",
    out: text,
    gives: { "application/octet-stream": z.string() },
    async handle({ ports, param, request }) {
      const path = `tile/${param("path")}`;
      const tile = parseTilePath(path);
      const at = tile === null ? null : await placed(ports, place(param));
      const bytes = at === null ? null : await ports.log.object(path, at);
      if (bytes === null) return err(notFound("there is no such tile"));
      const response = file(bytes, TILE, ports.log.isPublic ? FOR_EVER : "private, no-store");
      return tile?.level === "entries" ? compressed(response, request) : response;
    },
  }),
];

const textsOf = ({ base, id, of, place }: LogAddress) => [
  defineRoute({
    method: "GET",
    path: `${base}/keys`,
    id: `${id}Keys`,
    summary: `The keys that sign or signed checkpoints of ${of}, one vkey a line (signed-note)`,
    right: "published",
    out: text,
    gives: { "text/plain": z.string() },
    async handle({ ports, param }) {
      const at = await placed(ports, place(param));
      if (at === null) return err(notFound("there is no such log"));
      return file(`${(await ports.log.keys(at)).join("\n")}\n`, TEXT);
    },
  }),
  defineRoute({
    method: "GET",
    path: `${base}/notary`,
    id: `${id}Notary`,
    summary: `The keys of ${of} that seal plans (DSSE): raw, hex, by algorithm`,
    right: "published",
    out: z.object({
      log: z.string(),
      key: z.string(),
      suite: z.string(),
      keys: z.record(z.string(), z.string()),
    }),
    async handle({ ports, param }) {
      const at = await placed(ports, place(param));
      if (at === null) return err(notFound("there is no such log"));
      const { log, keys } = await ports.log.notary(at);
      return ok({ body: { log, key: keyIdOf(keys), suite: keys.suite, keys: { ...keys.keys } } });
    },
  }),
  defineRoute({
    method: "GET",
    path: `${base}/proof/{index}`,
    id: `${id}Proof`,
    summary: `A proof that the entry is in the published tree of ${of} (tlog-proof); waits for its publication`,
    right: "published",
    out: text,
    gives: { "text/plain": z.string() },
    async handle({ ports, param }) {
      if (!INDEX.test(param("index"))) return malformed("must be the index of an entry");
      const at = await placed(ports, place(param));
      const query = { index: Number(param("index")), waitMs: PUBLICATION_MS_MAX };
      const proof = at === null ? null : await ports.log.proof({ ...query, place: at });
      return proof === null ? err(notFound("no such entry is published")) : file(proof, TEXT);
    },
  }),
];

interface LogAddress {
  readonly base: `/${string}`;
  readonly id: string;
  readonly of: string;
  readonly place: (param: (name: string) => string) => Place | null;
}

/** Null: there is no such log. The first is always there, and not asked about. */
async function placed({ log }: ApiPorts, place: Place | null): Promise<Place | null> {
  if (place === null || place === 0) return place;
  const shards = await log.shards();
  return shards > 1 && (place === "root" || place < shards) ? place : null;
}

const shardIn = (param: (name: string) => string): number | null =>
  INDEX.test(param("shard")) ? Number(param("shard")) : null;

const ADDRESSES: readonly LogAddress[] = [
  { base: "/log", id: "log", of: "the record", place: () => 0 },
  { base: "/log/root", id: "rootLog", of: "the root log", place: () => "root" },
  { base: "/log/shard/{shard}", id: "shardLog", of: "a shard", place: shardIn },
];

export const logRoutes = [
  ...ADDRESSES.flatMap((address) => [...treeOf(address), ...textsOf(address)]),
  defineRoute({
    method: "GET",
    path: "/log/shard/{shard}/anchored/{index}",
    id: "anchoredProof",
    summary: "Proofs that the entry is in its shard, and that shard's checkpoint in the root log",
    right: "published",
    out: z.object({ entry: z.string(), checkpoint: z.string() }),
    async handle({ ports, param }) {
      if (!INDEX.test(param("index"))) return malformed("must be the index of an entry");
      const shard = await placed(ports, shardIn(param));
      const query = { index: Number(param("index")), waitMs: PUBLICATION_MS_MAX };
      const proofs =
        typeof shard === "number" ? await ports.log.anchored({ ...query, shard }) : null;
      return proofs === null
        ? err(notFound("no checkpoint over such an entry is in the root log"))
        : ok({ body: { ...proofs } });
    },
  }),
];
