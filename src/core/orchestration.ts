/**
 * `swarm.yaml`: which agents there are, with which model and rights, and what makes a quorum. Read once, whole or not at
 * all. It can ask for more care than the code does and never for less: an auditor cannot be left out.
 */
import { z } from "zod";
import { AUDITS } from "./auditors/registry.ts";
import { isVoterId, mint, type ScopeId, type VoterId } from "./ids.ts";
import type { Fault } from "./resource.ts";
import { err, ok, type Result } from "./result.ts";
import type { Tier } from "./risk.ts";

export const STRATEGIES = ["consensus_voting", "unanimous"] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** What each role may do. Nobody both proposes and votes, nobody both votes and executes. */
const RIGHTS = {
  sentinel: ["read_state"],
  architect: ["read_state", "propose"],
  auditor: ["read_state", "vote"],
  reviewer: ["read_state", "veto"],
  executor: ["execute_certified_plan"],
} as const;
/** What makes the role: without it the agent would have nothing to do. */
const DUTY = {
  sentinel: "read_state",
  architect: "propose",
  auditor: "vote",
  reviewer: "veto",
  executor: "execute_certified_plan",
} as const;
export type Role = keyof typeof RIGHTS;
const ROLES = ["sentinel", "architect", "auditor", "reviewer", "executor"] as const;
const THINKING: readonly Role[] = ["sentinel", "architect", "reviewer"];

/** `rules` is the built-in deterministic model; others are `<provider>/<model>`. */
const MODEL = /^(?:rules|(?:workers-ai|openai-compatible|ai-gateway)\/\S{1,200})$/;

export interface Orchestration {
  readonly strategy: Strategy;
  /** The model of each role that has one. */
  readonly models: Readonly<Record<"sentinel" | "architect" | "reviewer", string>>;
  readonly hasReviewer: boolean;
  /** The least risk that any plan is treated with. */
  readonly floor: Tier;
}

/** Who votes. A `veto` never counts towards a quorum. */
export interface Seat {
  readonly id: VoterId;
  readonly power: "vote" | "veto";
}

/** The voters of a scope: one for each check, and the reviewer where there is one. */
export const seatsOf = ({ hasReviewer }: Orchestration, scope: ScopeId): readonly Seat[] => [
  ...[...AUDITS.keys()].map((check) => ({ id: voterIdOf(check, scope), power: "vote" }) as const),
  ...(hasReviewer ? [{ id: voterIdOf("reviewer", scope), power: "veto" } as const] : []),
];

export const voterIdOf = (check: string, scope: ScopeId): VoterId =>
  mint(isVoterId, `${check}@${scope}`);

/** `<check>@<scope>`: the check. */
export const checkOf = (voter: string): string => voter.slice(0, voter.indexOf("@"));

const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
const oneOf = <const T extends readonly [string, ...string[]]>(names: T) =>
  z.enum(names, { error: `must be one of ${list(names)}` });

const agent = z.strictObject({
  role: oneOf(ROLES),
  check: z.string().optional(),
  model: z
    .string()
    .regex(MODEL, "must be `rules`, `workers-ai/<model>` or `openai-compatible/<model>`")
    .optional(),
  permissions: z.array(z.string(), { error: "must be a list of permissions" }).max(10),
});
type Agent = z.output<typeof agent>;

const rail = z.strictObject({
  type: oneOf(["human_in_the_loop"]),
  trigger: oneOf(["high_risk_operation", "every_operation"]),
});

const document = z.strictObject({
  agent_orchestrator: z.strictObject({
    strategy: oneOf(STRATEGIES),
    agents: z.array(agent).max(20),
    safety_rails: z.array(rail).max(10),
  }),
});

export function parseOrchestration(value: unknown): Result<Orchestration, readonly Fault[]> {
  const parsed = document.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => ({
      path: issue.path.map((key) => (typeof key === "symbol" ? String(key) : key)),
      problem: said(issue),
    }));
    return err(faults);
  }
  const { strategy, agents, safety_rails: rails } = parsed.data.agent_orchestrator;
  const faults = [
    ...agents.flatMap(faultsOf),
    ...doubles(agents),
    ...missing(agents),
    ...open(rails),
  ];
  if (faults.length > 0) return err(faults);
  const modelOf = (role: Role): string => agents.find((one) => one.role === role)?.model ?? "rules";
  return ok({
    strategy,
    models: {
      sentinel: modelOf("sentinel"),
      architect: modelOf("architect"),
      reviewer: modelOf("reviewer"),
    },
    hasReviewer: agents.some(({ role }) => role === "reviewer"),
    floor: rails.some(({ trigger }) => trigger === "every_operation") ? 2 : 0,
  });
}

/** With the remedy, where the library's words have none. */
function said(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys")
    return `has ${list(issue.keys)}, which means nothing here: take it out`;
  return issue.message.replace(
    /^Invalid input: expected (\w+), received undefined$/,
    "is missing: it must be a $1",
  );
}

const AGENTS = ["agent_orchestrator", "agents"] as const;

function faultsOf({ role, check, model, permissions }: Agent, index: number): Fault[] {
  const at = (...path: string[]): readonly (string | number)[] => [...AGENTS, index, ...path];
  const rights: readonly string[] = RIGHTS[role];
  const faults: Fault[] = permissions.flatMap((permission, position) =>
    rights.includes(permission)
      ? []
      : [
          {
            path: [...at("permissions"), position],
            problem: `\`${permission}\` is not for a ${role}, which may have ${list(rights)}`,
          },
        ],
  );
  if (!permissions.includes(DUTY[role]))
    faults.push({
      path: at("permissions"),
      problem: `must have \`${DUTY[role]}\`, or take the ${role} out`,
    });
  if (role === "auditor" && !AUDITS.has(check ?? ""))
    faults.push({
      path: at(check === undefined ? "role" : "check"),
      problem: `an auditor needs a \`check\`, one of ${list([...AUDITS.keys()])}`,
    });
  if (role !== "auditor" && check !== undefined)
    faults.push({ path: at("check"), problem: `only an auditor has a check: take it out` });
  if (model !== undefined && !THINKING.includes(role))
    faults.push({
      path: at("model"),
      problem: `${role === "auditor" ? "an auditor" : "the executor"} decides without a model: take it out`,
    });
  return faults;
}

const nameOf = ({ role, check }: Agent): string =>
  check === undefined ? role : `${role} ${check}`;

const doubles = (agents: readonly Agent[]): Fault[] =>
  agents.flatMap((one, index) =>
    agents.findIndex((other) => nameOf(other) === nameOf(one)) === index
      ? []
      : [{ path: [...AGENTS, index], problem: `there is a second ${nameOf(one)}: take one out` }],
  );

/** Two quorums of one epoch must share a voter that is honest; with three auditors, one of them faulty, that takes all. */
function missing(agents: readonly Agent[]): Fault[] {
  const needed = [...[...AUDITS.keys()].map((check) => `auditor ${check}`), "executor"];
  const there = agents.map(nameOf);
  return needed
    .filter((name) => !there.includes(name))
    .map((name) => ({
      path: AGENTS,
      problem: `the ${name} is missing, and nothing works without: add ${lineOf(name)}`,
    }));
}

const lineOf = (name: string): string =>
  name === "executor"
    ? "`{ role: executor, permissions: [execute_certified_plan] }`"
    : `\`{ role: auditor, check: ${name.slice("auditor ".length)}, permissions: [read_state, vote] }\``;

const open = (rails: readonly z.output<typeof rail>[]): Fault[] =>
  rails.length > 0
    ? []
    : [
        {
          path: ["agent_orchestrator", "safety_rails"],
          problem:
            "must have a person in the loop: add `{ type: human_in_the_loop, trigger: high_risk_operation }`",
        },
      ];
