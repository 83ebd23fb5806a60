/** Sets the lock rules of the record's bucket, and reads them back. */
import { z } from "zod";
import { sameJson } from "../src/core/canonical.ts";
import { type LockRule, lockRulesOf } from "../src/core/log/retention.ts";
import { Failure } from "./failure.ts";

const TIMEOUT_MS = 30_000;

export interface LockInput {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly apiBase: string;
  readonly token: string;
  readonly accountId: string;
  readonly bucket: string;
  readonly months: number;
  readonly shards: number;
}

const rule = z.looseObject({ id: z.string(), prefix: z.string().optional() });
const envelope = z.looseObject({
  success: z.boolean(),
  errors: z.array(z.looseObject({ message: z.string() })).default([]),
  result: z.looseObject({ rules: z.array(rule).optional() }).nullish(),
});
type Rule = z.infer<typeof rule>;

async function call(input: LockInput, rules?: readonly unknown[]): Promise<readonly Rule[]> {
  const { fetch, apiBase, accountId, bucket, token } = input;
  const url = `${apiBase}/accounts/${accountId}/r2/buckets/${bucket}/lock`;
  const response = await fetch(
    new Request(url, {
      method: rules === undefined ? "GET" : "PUT",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(rules === undefined ? {} : { body: JSON.stringify({ rules }) }),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }),
  );
  const answered = envelope.safeParse(await response.json());
  if (!answered.success) throw new Failure(`${bucket}: the answer is not Cloudflare's`);
  const { success, errors, result } = answered.data;
  if (!success) throw new Failure(`${bucket}: ${errors.map(({ message }) => message).join("; ")}`);
  return result?.rules ?? [];
}

/** The list is replaced as a whole: rules of others stay in it, and a rule of ours never becomes weaker. */
export async function lockRecord(
  input: LockInput,
): Promise<{ readonly changed: boolean; readonly rules: readonly Rule[] }> {
  const before = await call(input);
  const wanted = lockRulesOf(input.months, input.shards);
  const ours = new Set(wanted.map(({ id }) => id));
  const weaker = wanted.find((one) => secondsOf(before, one) > one.condition.maxAgeSeconds);
  if (weaker)
    throw new Failure(`\`${weaker.prefix}\` is locked for longer already; locks are not shortened`);
  const next = [...before.filter(({ id }) => !ours.has(id)), ...wanted];
  if (sameSet(before, next)) return { changed: false, rules: before };
  await call(input, next);
  const after = await call(input);
  if (!sameSet(after, next)) throw new Failure("the rules that were read back are not those set");
  return { changed: true, rules: after };
}

const byId = (rules: readonly { readonly id: string }[]) =>
  rules.toSorted((a, b) => (a.id < b.id ? -1 : 1));

const sameSet = (a: readonly { readonly id: string }[], b: readonly { readonly id: string }[]) =>
  sameJson(byId(a), byId(b));

function secondsOf(rules: readonly Rule[], { id }: LockRule): number {
  const condition = rules.find((one) => one.id === id)?.["condition"];
  const age = z.object({ maxAgeSeconds: z.number() }).safeParse(condition);
  return age.success ? age.data.maxAgeSeconds : 0;
}

/** The same rules as a declaration, so that Driftless itself notices when they are gone. */
export const lockDeclaration = (bucket: string, months: number, shards: number): string =>
  [
    "r2_bucket:",
    `  - name: ${bucket}`,
    "    lock:",
    ...lockRulesOf(months, shards).map(
      ({ id, prefix, condition }) =>
        `      - { id: ${id}, prefix: ${prefix}, condition: { type: Age, maxAgeSeconds: ${condition.maxAgeSeconds} } }`,
    ),
    "",
  ].join("\n");
