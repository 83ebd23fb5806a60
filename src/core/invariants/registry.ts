import { accessClosed } from "./access-applications.ts";
import { certificateAuthorities } from "./certificate-authorities.ts";
import { everybodyBlocked } from "./everybody-blocked.ts";
import type { Invariant } from "./invariant.ts";
import { mailServers } from "./mail-servers.ts";
import { ownWorkers } from "./own-workers.ts";
import { reachableNames } from "./reachable-names.ts";
import { references } from "./references.ts";
import { weakenedProtection } from "./weakened-protection.ts";

/** Everything that a plan's outcome is held against. Adding one is one line. */
export const INVARIANTS: readonly Invariant[] = [
  weakenedProtection,
  reachableNames,
  mailServers,
  certificateAuthorities,
  everybodyBlocked,
  accessClosed,
  ownWorkers,
  references,
];
