// What the bench `policy-decisions` asks, and of which policies.

export const POLICIES = 60;

/** Of the form that teams write: a name, a framework and an effect are looked at, and none of them is met. */
const filler = (index) => `@id("team-filler-${index}")
forbid (principal, action in Driftless::Action::"Mutate", resource is Driftless::DnsRecord)
when {
  resource.name like "*.internal-${index}.example" &&
  context.effects.contains("exposes_origin") &&
  context.approvals.humans < 1
};`;

/** The bundle, made with the product's own functions. */
export function bundleOfSixty({ bundleOf, SHIPPED }) {
  const shipped = must(bundleOf(SHIPPED, { policies: "", frameworks: {} }));
  const missing = POLICIES - shipped.policies.length;
  const policies = Array.from({ length: missing }, (_, index) => filler(index)).join("\n");
  return must(bundleOf(SHIPPED, { policies, frameworks: { soc2: ["*"], "pci-dss": ["*"] } }));
}

/** One revert of one record, as the planner asks about it; another name each time. */
export function question(index) {
  const agent = { type: "Agent", id: "reverter@zone:harbor-books.example" };
  const name = `host-${index}.harbor-books.example`;
  const record = { type: "DnsRecord", id: `A ${name}` };
  const zone = { type: "Zone", id: "harbor-books.example" };
  const account = { type: "Account", id: "a0" };
  return {
    principal: agent,
    action: "drift.revert",
    resource: record,
    context: CONTEXT,
    entities: [
      {
        uid: agent,
        attrs: { runtime: "deterministic", quarantined: false },
        parents: [{ type: "Role", id: "reverter" }],
      },
      {
        uid: record,
        attrs: { name, rtype: "A", proxied: true, protected: false },
        parents: [zone],
      },
      { uid: zone, attrs: {}, parents: [account] },
      { uid: account, attrs: {}, parents: [] },
    ],
  };
}

const CONTEXT = {
  risk: { score: 20, tier: 1, direction: "neutral", reversible: true, verified: true },
  quorum: { required: 3, yes: 3, no: 0, domains: 3, deterministicYes: 3, bound: true },
  approvals: { humans: 0, selfApproved: false, maxAgeSec: 0, bound: true },
  window: { open: true, frozen: false },
  budget: { inFlightAndRecent: 1, limit: 1_000, errorBudgetPct: 100 },
  provenanceFloor: 3,
  simulated: true,
  violations: 0,
  canary: false,
  criticality: 2,
  effects: [],
  frameworks: ["soc2", "pci-dss"],
};

function must(result) {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
