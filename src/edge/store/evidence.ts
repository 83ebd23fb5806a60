/** R2: golden snapshots and dossiers. Keys name their content, so everything is written once and never changed. */
import { digestOfText } from "../../core/canonical.ts";
import type { Digest, ScopeId } from "../../core/ids.ts";
import type { EvidencePort, StoredGolden } from "../../core/ports.ts";

const ONCE = {
  onlyIf: { etagDoesNotMatch: "*" },
  httpMetadata: { contentType: "application/json" },
};

const dossierKey = (digest: Digest): string => `dossiers/${digest.slice("sha256:".length)}.json`;
const goldenKey = (scope: ScopeId, generation: number, digest: Digest): string =>
  `golden/${scope}/${String(generation).padStart(8, "0")}-${digest.slice("sha256:".length)}.json`;

export class Evidence implements EvidencePort {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  async putDossier(text: string): Promise<Digest> {
    const digest = digestOfText(text);
    // Null means that it is there already, under the digest of the same bytes.
    await this.#bucket.put(dossierKey(digest), text, ONCE);
    return digest;
  }

  async dossier(digest: Digest): Promise<string | null> {
    const text = await (await this.#bucket.get(dossierKey(digest)))?.text();
    if (text === undefined) return null;
    if (digestOfText(text) !== digest)
      throw new Error(`dossier ${digest} has other bytes than its name says`);
    return text;
  }

  async putGolden(scope: ScopeId, golden: StoredGolden): Promise<void> {
    await this.#bucket.put(
      goldenKey(scope, golden.generation, golden.digest),
      JSON.stringify(golden),
      ONCE,
    );
  }

  async golden(
    scope: ScopeId,
    { generation, digest }: Pick<StoredGolden, "generation" | "digest">,
  ): Promise<StoredGolden | null> {
    const object = await this.#bucket.get(goldenKey(scope, generation, digest));
    return object ? await object.json<StoredGolden>() : null;
  }
}
