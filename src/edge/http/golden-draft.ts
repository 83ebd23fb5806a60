/** The text of a golden state with the edits of an amendment; comments and order of what is there stay. */
import { Document } from "yaml";
import type { Edit } from "../../core/adoption.ts";
import { type JsonObject, sameJson } from "../../core/canonical.ts";
import type { ScopeId } from "../../core/ids.ts";
import type { StoredGolden } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { editValue, editYaml } from "./golden-edit.ts";
import { readGoldenText } from "./golden-text.ts";

export interface GoldenDraft {
  readonly document: unknown;
  readonly text: string;
  readonly mediaType: string;
}

/** A golden state that declares nothing yet, for a scope that has none. */
const bare = (scope: ScopeId): JsonObject => ({
  apiVersion: "driftless.dev/v1",
  kind: "GoldenState",
  metadata: { scope },
  spec: { resources: {} },
});

/** `edits` are below `spec`. The document may be too clever to be edited: then a person has to. */
export function golden(
  { scope, stored }: { readonly scope: ScopeId; readonly stored: StoredGolden | null },
  edits: readonly Edit[],
): Result<GoldenDraft, string> {
  const below = edits.map((edit): Edit => ({ ...edit, path: ["spec", ...edit.path] }));
  const before = (stored?.document ?? bare(scope)) as JsonObject;
  const wanted = editValue(before, below);
  if (stored === null)
    return ok({ document: wanted, text: yamlOf(wanted), mediaType: "application/yaml" });
  const { mediaType } = stored;
  if (mediaType === "application/json")
    return ok({ document: wanted, text: `${JSON.stringify(wanted, null, 2)}\n`, mediaType });
  const text = editYaml(stored.text, below);
  const read = text.ok ? readGoldenText(text.value, false) : null;
  return text.ok && read?.ok && sameJson(read.value.value, wanted)
    ? ok({ document: wanted, text: text.value, mediaType })
    : err("the document is not plain enough to be edited");
}

const yamlOf = (document: unknown): string =>
  new Document(document, { aliasDuplicateObjects: false, compat: "yaml-1.1" }).toString({
    lineWidth: 0,
  });
