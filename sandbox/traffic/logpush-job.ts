/** A Logpush job: which dataset goes where, and how it is written. */
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { ApiError } from "../envelope.ts";
import type { Kind } from "../store.ts";
import { Stamp, type LogLine } from "./log-lines.ts";

export const ZONE_DATASETS = ["http_requests", "firewall_events"] as const;
export const ACCOUNT_DATASETS = ["gateway_dns", "gateway_http", "gateway_network"] as const;
export type Dataset = (typeof ZONE_DATASETS)[number] | (typeof ACCOUNT_DATASETS)[number];

const TIMESTAMPS = ["unixnano", "unix", "rfc3339", "rfc3339ms", "rfc3339ns"] as const;

const OutputOptions = z.looseObject({
  field_names: z.array(z.string().max(100)).max(500).optional(),
  output_type: z.literal("ndjson").optional(),
  timestamp_format: z.enum(TIMESTAMPS).optional(),
  sample_rate: z.number().min(0).max(1).optional(),
});

export const JobInput = z.object({
  dataset: z.string().optional(),
  destination_conf: z.string().max(4096).optional(),
  enabled: z.boolean().optional(),
  name: z.string().max(512).nullish(),
  output_options: OutputOptions.nullish(),
  max_upload_bytes: z.number().int().min(0).nullish(),
  max_upload_records: z.number().int().min(0).nullish(),
  max_upload_interval_seconds: z.number().int().min(0).max(300).nullish(),
});
export type JobInput = z.infer<typeof JobInput>;

export interface StoredJob {
  /** A number as text: ids of jobs are integers. */
  readonly id: string;
  readonly dataset: Dataset;
  readonly destination_conf: string;
  readonly enabled: boolean;
  readonly name: string;
  readonly output_options: z.infer<typeof OutputOptions> | null;
  readonly max_upload_bytes: number | null;
  readonly max_upload_records: number | null;
  readonly max_upload_interval_seconds: number | null;
  readonly last_complete: string | null;
  readonly last_error: string | null;
  readonly error_message: string | null;
}

/** On the shelf of a zone or of the account. */
export const LOGPUSH_JOB: Kind<StoredJob> = { name: "logpush_job" };

export const invalidJob = (message: string): ApiError => new ApiError(400, { code: 1002, message });

export interface Destination {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `https://host/path?header_NAME=value`: those parameters become headers, the others stay. */
export function destinationOf(conf: string): Destination {
  const url = URL.parse(conf);
  if (url === null || url.protocol !== "https:")
    throw invalidJob("invalid destination_conf: only https destinations are imitated");
  const headers: Record<string, string> = {};
  const names = [...url.searchParams.keys()].filter((name) => name.startsWith("header_"));
  for (const name of names) {
    headers[name.slice("header_".length).toLowerCase()] = url.searchParams.get(name) ?? "";
    url.searchParams.delete(name);
  }
  return { url: url.href, headers };
}

/** Gzipped NDJSON. The default of the API for times are nanoseconds. */
export function packed(
  lines: readonly LogLine[],
  job: Pick<StoredJob, "output_options">,
): Uint8Array {
  const { field_names: names, timestamp_format: format = "unixnano" } = job.output_options ?? {};
  const text = lines
    .map((line) => {
      const members = names === undefined ? line : picked(line, names);
      return `${written(members, format)}\n`;
    })
    .join("");
  return gzipSync(text);
}

const picked = (line: LogLine, names: readonly string[]): LogLine =>
  Object.fromEntries(names.flatMap((name) => (name in line ? [[name, line[name]]] : [])));

function written(line: LogLine, format: (typeof TIMESTAMPS)[number]): string {
  const parts = Object.entries(line).map(([name, value]) => {
    const text = value instanceof Stamp ? stampText(value, format) : JSON.stringify(value);
    return `${JSON.stringify(name)}:${text}`;
  });
  return `{${parts.join(",")}}`;
}

/** Nanoseconds do not fit into a JavaScript number: they are digits, not arithmetic. */
function stampText({ ms }: Stamp, format: (typeof TIMESTAMPS)[number]): string {
  const iso = new Date(ms).toISOString();
  if (format === "unixnano") return `${Math.floor(ms)}000000`;
  if (format === "unix") return `${Math.floor(ms / 1_000)}`;
  if (format === "rfc3339") return JSON.stringify(`${iso.slice(0, 19)}Z`);
  return JSON.stringify(format === "rfc3339ms" ? iso : `${iso.slice(0, -1)}000000Z`);
}

export const TEST_FILE = '{"content":"tests"}';
