/** A proxied record hides its origin and puts the firewall before it. */
import { perhaps, type Protection } from "./invariant.ts";

export const proxiedRecords: Protection = {
  kind: "dns_record",
  weakened: (before, after) =>
    before?.["proxied"] === true && after?.["proxied"] === false
      ? [perhaps("requests no longer pass the firewall")]
      : [],
};
