/** The record as a transparency log (c2sp.org/tlog-tiles): for verifiers, which know nothing else of this product. */
import { z } from "zod";
import { err, type Result } from "../../../core/result.ts";
import { parseTilePath } from "../../../core/log/tile.ts";
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

const INDEX = /^(?:0|[1-9]\d{0,14})$/;

const malformed = (detail: string): Result<never, Problem> =>
  err({ slug: "bad-query", errors: [{ pointer: pointerTo("?", ["index"]), detail }] });

const text = z.string().meta({ description: "a text file" });

export const logRoutes = [
  defineRoute({
    method: "GET",
    path: "/log/checkpoint",
    id: "logCheckpoint",
    summary: "The published tree head, signed with Ed25519 and ML-DSA-44 (tlog-checkpoint)",
    right: "published",
    out: text,
    gives: { "text/plain": z.string() },
    async handle({ ports }) {
      const bytes = await ports.log.object("checkpoint");
      return bytes === null ? err(notFound("nothing is published yet")) : file(bytes, TEXT);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/log/tile/{path}",
    id: "logTile",
    summary: "A tile or an entry bundle (tlog-tiles)",
    right: "published",
    out: text,
    gives: { "application/octet-stream": z.string() },
    async handle({ ports, param }) {
      const path = `tile/${param("path")}`;
      const bytes = parseTilePath(path) === null ? null : await ports.log.object(path);
      return bytes === null
        ? err(notFound("there is no such tile"))
        : file(bytes, TILE, ports.log.isPublic ? FOR_EVER : "private, no-store");
    },
  }),
  defineRoute({
    method: "GET",
    path: "/log/keys",
    id: "logKeys",
    summary: "The keys that sign or signed checkpoints, one vkey a line (signed-note)",
    right: "published",
    out: text,
    gives: { "text/plain": z.string() },
    async handle({ ports }) {
      return file(`${(await ports.log.keys()).join("\n")}\n`, TEXT);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/log/proof/{index}",
    id: "logProof",
    summary:
      "A proof that the entry is in the published tree (tlog-proof); waits for its publication",
    right: "published",
    out: text,
    gives: { "text/plain": z.string() },
    async handle({ ports, param }) {
      if (!INDEX.test(param("index"))) return malformed("must be the index of an entry");
      const query = { index: Number(param("index")), waitMs: PUBLICATION_MS_MAX };
      const proof = await ports.log.proof(query);
      return proof === null ? err(notFound("no such entry is published")) : file(proof, TEXT);
    },
  }),
];
