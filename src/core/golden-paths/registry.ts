import { apiService } from "./api-service.ts";
import { credentialRotation } from "./credential-rotation.ts";
import { emailAuthentication } from "./email-authentication.ts";
import { geoRestriction } from "./geo-restriction.ts";
import type { GoldenPath } from "./golden-path.ts";
import { maintenancePage } from "./maintenance-page.ts";
import { pciDssBaseline } from "./pci-dss-baseline.ts";
import { scaleWithWaf } from "./scale-with-waf.ts";
import { secureApiEdge } from "./secure-api-edge.ts";
import { staticSite } from "./static-site.ts";
import { zeroTrustEgress } from "./zero-trust-egress.ts";

/** Every golden path, by name. Adding one is one file and one line. */
export const GOLDEN_PATHS: ReadonlyMap<string, GoldenPath> = new Map(
  [
    secureApiEdge,
    scaleWithWaf,
    pciDssBaseline,
    zeroTrustEgress,
    staticSite,
    apiService,
    emailAuthentication,
    maintenancePage,
    geoRestriction,
    credentialRotation,
  ].map((path) => [path.name, path] as const),
);
