import type { Reader } from "../reader.ts";
import { dnsRecords } from "./dns-records.ts";
import { zoneSettings } from "./zone-settings.ts";

export const READERS: readonly Reader[] = [dnsRecords, zoneSettings];
