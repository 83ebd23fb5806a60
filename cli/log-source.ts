/** Where a log's files come from: a folder, or an address. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./failure.ts";

/** One file of one log is never larger: 256 entries of 64 KiB. */
const FILE_BYTES_MAX = 17_000_000;
const TRIES = 4;
const TIMEOUT_MS = 30_000;

export interface LogSource {
  readonly name: string;
  /** Null: it is not there. */
  read(path: string): Promise<Uint8Array | null>;
  /** Every file; null: nobody can list an address. */
  list(): Promise<readonly string[] | null>;
}

export function folderSource(folder: string): LogSource {
  return {
    name: folder,
    async read(path) {
      try {
        return new Uint8Array(await readFile(join(folder, path)));
      } catch (fault) {
        if ((fault as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw fault;
      }
    },
    async list() {
      const found = await readdir(folder, { recursive: true, withFileTypes: true });
      return found
        .filter((one) => one.isFile())
        .map((one) => relative(folder, join(one.parentPath, one.name)).split(sep).join("/"))
        .toSorted();
    },
  };
}

/** `fetch` itself says no more than that it failed. */
function unanswered(base: string, fault: unknown): unknown {
  if (!(fault instanceof TypeError)) return fault;
  const cause = fault.cause instanceof Error ? fault.cause : fault;
  const why = "code" in cause ? String(cause.code) : cause.message;
  return new Failure(`${base} does not answer: ${why}`);
}

export function urlSource(url: string, token: string | null): LogSource {
  const base = url.replace(/\/+$/, "");
  const headers: Record<string, string> =
    token === null ? {} : { authorization: `Bearer ${token}` };
  const once = async (path: string): Promise<Uint8Array | null> => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${base}/${path}`, { headers, signal, redirect: "error" });
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`${base}/${path}: status ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length > FILE_BYTES_MAX)
      throw new Error(`${base}/${path} is too large for a log's file`);
    return bytes;
  };
  return {
    name: base,
    async read(path) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await once(path);
        } catch (fault) {
          if (tries === TRIES) throw unanswered(base, fault);
          await sleep(200 * 2 ** tries);
        }
      }
    },
    list: () => Promise.resolve(null),
  };
}

/** What stands below a prefix, which ends in a slash or is empty. */
export const within = (source: LogSource, prefix: string): LogSource =>
  prefix === ""
    ? source
    : {
        name: `${source.name}/${prefix.slice(0, -1)}`,
        read: (path) => source.read(prefix + path),
        async list() {
          const files = await source.list();
          return (
            files?.flatMap((file) => (file.startsWith(prefix) ? file.slice(prefix.length) : [])) ??
            null
          );
        },
      };
