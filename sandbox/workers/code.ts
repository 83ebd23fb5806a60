/** The code of a Worker: its modules as bytes, and how they leave again. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { FormPart } from "../api-request.ts";
import type { Raw } from "../envelope.ts";
import { hexId } from "../model/identifiers.ts";
import type { Kind, Shelf } from "../store.ts";
import { refusedUpload } from "./refusal.ts";

export interface Module {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** SQLite rows end at 2 MB: a module is stored in pieces, as base64. */
interface StoredPiece {
  readonly id: string;
  readonly module: string;
  readonly type: string;
  readonly base64: string;
}

export const WORKER_CODE: Kind<StoredPiece> = { name: "worker_code" };

const PIECE_BYTES = 1024 * 1024;

export function writeCode(shelf: Shelf<StoredPiece>, modules: readonly Module[]): void {
  for (const piece of shelf.list()) shelf.delete(piece.id);
  for (const [index, { name, type, bytes }] of modules.entries()) {
    for (let start = 0; start === 0 || start < bytes.length; start += PIECE_BYTES) {
      const base64 = Buffer.from(bytes.subarray(start, start + PIECE_BYTES)).toString("base64");
      shelf.put({ id: `${index}/${start}`, module: name, type, base64 });
    }
  }
}

export function readCode(shelf: Shelf<StoredPiece>): Module[] {
  const modules = new Map<string, { name: string; type: string; pieces: Buffer[] }>();
  for (const { module: name, type, base64 } of shelf.list()) {
    const entry = modules.get(name) ?? { name, type, pieces: [] };
    entry.pieces.push(Buffer.from(base64, "base64"));
    modules.set(name, entry);
  }
  return [...modules.values()].map(({ name, type, pieces }) => {
    return { name, type, bytes: new Uint8Array(Buffer.concat(pieces)) };
  });
}

/** Depends on the content alone. */
export function etagOf(modules: readonly Module[]): string {
  const hash = createHash("sha256");
  for (const { name, type, bytes } of modules) {
    hash.update(`${name}\n${type}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}

export function refuseLarge(modules: readonly Module[], bytesMax: number): void {
  const size = modules.reduce((sum, { bytes }) => sum + gzipSync(bytes).length, 0);
  if (size <= bytesMax) return;
  const message = `Your Worker exceeded the size limit of ${bytesMax} bytes after compression.`;
  throw refusedUpload(10027, message);
}

export const moduleOf = ({ name, filename, type, bytes }: FormPart): Module => ({
  name: filename === "" || filename === "blob" ? name : filename,
  type: type === "" ? "application/javascript+module" : type,
  bytes,
});

/** Modules leave as a form whose header names the entry; a script without modules as JavaScript. */
export function rawCode(
  modules: readonly Module[],
  worker: { readonly entry: string; readonly etag: string; readonly has_modules: boolean },
): Raw {
  const headers = { etag: worker.etag, "cf-entrypoint": worker.entry };
  const [script] = modules;
  if (!worker.has_modules && script !== undefined) {
    return { type: "application/javascript", body: new Uint8Array(script.bytes), headers };
  }
  const boundary = `sandbox-${hexId()}`;
  const body = modules.flatMap(({ name, type, bytes }) => {
    const disposition = `form-data; name="${quoted(name)}"; filename="${quoted(name)}"`;
    const head = `--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: ${type}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(bytes), Buffer.from("\r\n")];
  });
  const whole = new Uint8Array(Buffer.concat([...body, Buffer.from(`--${boundary}--\r\n`)]));
  return { type: `multipart/form-data; boundary=${boundary}`, body: whole, headers };
}

const quoted = (name: string): string =>
  name.replace(/["\r\n]/g, (found) => encodeURIComponent(found));
