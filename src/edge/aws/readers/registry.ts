import type { Reader } from "../../../core/reader.ts";
import { route53Records } from "./route53-records.ts";
import { s3Buckets } from "./s3-buckets.ts";

export const READERS: readonly Reader[] = [s3Buckets, route53Records];
