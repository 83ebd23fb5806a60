/** Whose signatures are in a bundle: read out of it again by whoever verifies it, who has nothing else. */
import { z } from "zod";
import type { Passkey } from "../passkey-register.ts";
import type { Notary } from "../ports.ts";
import { err, ok, type Result } from "../result.ts";
import type { PublicKeys } from "../signing.ts";
import type { SignedEntry } from "../voter-register.ts";

export interface EvidenceKeys {
  /** They seal plans. */
  readonly notaries: readonly Notary[];
  /** It signs the voters' register. */
  readonly register_root: PublicKeys;
  /** The register of each scope that has a change in the sample. */
  readonly voters: readonly SignedEntry[];
  /** Passkeys of those who approved. */
  readonly people: readonly Passkey[];
  readonly relying_party: { readonly id: string; readonly origins: readonly string[] };
}

const keys = z.object({ suite: z.string(), keys: z.record(z.string(), z.string()) });
const form = z.object({
  notaries: z.array(z.object({ log: z.string(), keys })),
  register_root: keys,
  voters: z.array(
    z.object({
      entry: z.looseObject({ registration: z.looseObject({ type: z.string() }) }),
      signature: z.object({ suite: z.string(), signatures: z.record(z.string(), z.string()) }),
    }),
  ),
  people: z.array(z.looseObject({ id: z.string(), person: z.string(), publicKey: z.string() })),
  relying_party: z.object({ id: z.string(), origins: z.array(z.string()) }),
});

export function parseKeys(text: string): Result<EvidenceKeys, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err("is not JSON");
  }
  const parsed = form.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return err(`\`${issue?.path.join(".") ?? ""}\`: ${issue?.message ?? "is malformed"}`);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- judged where signatures are verified: what does not fit verifies nothing
  return ok(parsed.data as unknown as EvidenceKeys);
}
