import { type Diagnose, justBefore } from "./facts.ts";

/** Names lead elsewhere. If somebody changed them here, that is drift; if not, it is the registrar's or a route's. */
export const dnsHijack: Diagnose = (facts) => {
  if (!facts.topics.has("dns") || facts.isOver) return null;
  const changes = justBefore(facts, /dns|zone|name_?server/i);
  return {
    cause: "dns_hijack",
    facts: { changes: changes.length },
    remedy:
      changes.length > 0
        ? {
            type: "revert",
            why: "names were changed just before: what differs from the golden state is put back",
          }
        : { type: "person", why: "nobody changed a name here: ask the registrar" },
  };
};
