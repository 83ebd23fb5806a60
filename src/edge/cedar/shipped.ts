/** The policies of this build. Text only: the vault works out the bundle's digest from it and needs no engine for that. */
import baseline from "../../../policies/baseline.cedar";
import inference from "../../../policies/inference.cedar";
import pci from "../../../policies/pci-dss.cedar";
import schema from "../../../policies/schema.cedarschema";
import soc2 from "../../../policies/soc2.cedar";
import type { Shipped } from "../../core/policy/bundle.ts";

/** Adding a pack is one file and one line here; if scopes are put under it, one more in `FRAMEWORKS`. */
export const SHIPPED: Shipped = { schema, packs: { baseline, inference, soc2, "pci-dss": pci } };
