/** The products of this account. Adding one is its file and one line here. */
import type { Operation } from "../product.ts";
import { ACCOUNTS } from "./accounts.ts";
import { AUDIT_LOGS } from "./audit-logs.ts";
import { DNS_RECORDS } from "./dns-records.ts";
import { IPS } from "./ips.ts";
import { TOKENS } from "./tokens.ts";
import { USER } from "./user.ts";
import { ZONE_SETTINGS } from "./zone-settings.ts";
import { ZONES } from "./zones.ts";

export const OPERATIONS: readonly Operation[] = [
  ...ACCOUNTS,
  ...AUDIT_LOGS,
  ...DNS_RECORDS,
  ...IPS,
  ...TOKENS,
  ...USER,
  ...ZONE_SETTINGS,
  ...ZONES,
];
