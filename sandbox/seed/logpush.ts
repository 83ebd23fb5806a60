/** Where the logs of the default account go: to the swarm. */
import { ACCOUNT_ID } from "../identities.ts";
import { digestId } from "../model/identifiers.ts";
import { SWARM_HOST } from "../traffic/courier.ts";
import {
  ACCOUNT_DATASETS,
  LOGPUSH_JOB,
  ZONE_DATASETS,
  type Dataset,
} from "../traffic/logpush-job.ts";
import type { World } from "../world.ts";
import { HARBOR_API } from "./harbor-api.ts";
import { HARBOR_BOOKS } from "./harbor-books.ts";

/** The secret of sandbox mode, which the swarm refuses as soon as the account is a real one. */
const SECRET = "dev-webhook-secret";

export function plantLogpush(world: World): void {
  for (const { id = "", name } of [HARBOR_BOOKS, HARBOR_API])
    for (const dataset of ZONE_DATASETS) plantJob(world, id, { dataset, scope: `zone:${name}` });
  for (const dataset of ACCOUNT_DATASETS)
    plantJob(world, ACCOUNT_ID, { dataset, scope: `account:${ACCOUNT_ID}` });
}

function plantJob(
  world: World,
  place: string,
  { dataset, scope }: { readonly dataset: Dataset; readonly scope: string },
): void {
  const url = `https://${SWARM_HOST}/webhooks/cloudflare/logpush/${dataset}`;
  world.store.shelf(LOGPUSH_JOB, place).put({
    id: String(Number.parseInt(digestId("logpush job", place, dataset).slice(0, 8), 16)),
    dataset,
    destination_conf: `${url}?scope=${scope}&header_cf-webhook-auth=${SECRET}`,
    enabled: true,
    name: `${dataset} to Driftless`,
    output_options: { timestamp_format: "rfc3339ms" },
    max_upload_bytes: null,
    max_upload_records: null,
    max_upload_interval_seconds: 30,
    last_complete: null,
    last_error: null,
    error_message: null,
  });
}
