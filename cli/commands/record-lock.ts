/** `driftless record lock`: the step of a deployment that makes the record's bucket keep what is written. */
import { parseArgs } from "node:util";
import { RETENTION_MONTHS } from "../../src/core/log/retention.ts";
import { parseShardCount } from "../../src/core/log/shards.ts";
import type { Command } from "../command.ts";
import { Failure } from "../failure.ts";
import { lockDeclaration, lockRecord } from "../lock-record.ts";

const HELP = `Usage: driftless record lock --account ID [options]

Sets R2 lock rules on the record's bucket: tiles and evidence cannot be overwritten or deleted for the
retention time. Rules of others stay. Run it once when you deploy; declare the same rules in the
account's golden state (--declaration), so that their removal is drift.

  --account ID     the account that has the bucket
  --bucket NAME    default: driftless-record
  --months N       retention, at least ${RETENTION_MONTHS} (default: ${RETENTION_MONTHS})
  --shards N       how many logs the record has (LOG_SHARDS; default: 1)
  --declaration    print the declaration for the golden state, and change nothing
  --json           the rules as JSON on stdout
  --help           print this

The token comes from CLOUDFLARE_R2_TOKEN and needs to edit R2; keep it apart from the vault's: whoever
may edit the bucket may take the lock away. CF_API_BASE names another API than Cloudflare's.
Exit code: 0 the rules are set, 1 a fault, 2 wrong usage, 4 the token is missing.
`;

function wantedOf(values: { bucket: string; months: string; shards: string }) {
  const { bucket } = values;
  const months = Number(values.months);
  if (!Number.isInteger(months) || months < RETENTION_MONTHS || months > 1_200)
    throw new Failure(`--months must be a whole number from ${RETENTION_MONTHS} to 1200`, 2);
  if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket))
    throw new Failure(`\`${bucket}\` is not a bucket name`, 2);
  const shards = parseShardCount(values.shards);
  if (!shards.ok) throw new Failure(`--shards ${shards.error}`, 2);
  return { bucket, months, shards: shards.value };
}

export const recordLock: Command = {
  name: "record lock",
  about: "lock the record's bucket for the retention time",
  help: HELP,
  async run(args, { print, env }) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        account: { type: "string" },
        bucket: { type: "string", default: "driftless-record" },
        months: { type: "string", default: String(RETENTION_MONTHS) },
        shards: { type: "string", default: "1" },
        declaration: { type: "boolean" },
        json: { type: "boolean" },
      },
    });
    const { account } = values;
    const { bucket, months, shards } = wantedOf(values);
    if (values.declaration === true) {
      print(lockDeclaration(bucket, months, shards));
      return 0;
    }
    if (account === undefined || !/^[0-9a-f]{32}$/.test(account))
      throw new Failure("--account is needed: 32 hex digits", 2);
    const token = env["CLOUDFLARE_R2_TOKEN"];
    if (!token) throw new Failure("CLOUDFLARE_R2_TOKEN is not set", 4);
    const apiBase = env["CF_API_BASE"] ?? "https://api.cloudflare.com/client/v4";
    const of = { fetch, apiBase, token, accountId: account, bucket, months, shards };
    const { changed, rules } = await lockRecord(of);
    const told = changed ? "locked" : "was locked already";
    print(
      values.json === true
        ? `${JSON.stringify({ bucket, changed, rules }, null, 2)}\n`
        : `${bucket} ${told}: ${rules.length} rules\n`,
    );
    return 0;
  },
};
