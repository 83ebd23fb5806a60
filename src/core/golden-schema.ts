/** The golden document as JSON Schema, for editors: draft-07 is what the YAML language server understands. */
import { z } from "zod";
import { goldenDocument } from "./golden.ts";

/**
 * What a document may look like. Narrower than nothing, wider than what is accepted: contradictions between members and
 * the forms of values are judged when the document is declared.
 */
export function goldenSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(goldenDocument, {
    target: "draft-07",
    io: "input",
    unrepresentable: "any",
  });
  return {
    $schema,
    title: "Driftless golden state",
    description: "What a team declares for one zone or account; Driftless keeps it that way.",
    ...schema,
  };
}
