import { badDeploy } from "./bad-deploy.ts";
import { certificateExpiry } from "./certificate-expiry.ts";
import { credentialStuffing } from "./credential-stuffing.ts";
import { cveExposure } from "./cve-exposure.ts";
import { dnsHijack } from "./dns-hijack.ts";
import type { Diagnose, Diagnosis, Facts } from "./facts.ts";
import { gatewayHits } from "./gateway-hits.ts";
import { l7Flood } from "./l7-flood.ts";
import { originErrors } from "./origin-errors.ts";
import { scanner } from "./scanner.ts";

/** By name, in the order in which they are asked: change first, then what is precise, then what is broad. Adding one is one line. */
export const CAUSES: Readonly<Record<string, Diagnose>> = {
  bad_deploy: badDeploy,
  dns_hijack: dnsHijack,
  certificate_expiry: certificateExpiry,
  credential_stuffing: credentialStuffing,
  scanner,
  l7_flood: l7Flood,
  origin_errors: originErrors,
  gateway_policy_hits: gatewayHits,
  cve_exposure: cveExposure,
};

/** The first cause that fits; why there is nothing to do is an answer, too. */
export function diagnose(facts: Facts): Diagnosis {
  for (const cause of Object.values(CAUSES)) {
    const found = cause(facts);
    if (found) return found;
  }
  const why = facts.isOver
    ? "it is over, as far as anybody can see"
    : "nothing unusual was recorded";
  return {
    cause: facts.isOver ? "recovered" : "no_evidence",
    facts: { requests: facts.recent.length },
    remedy: { type: "nothing", why },
  };
}
