/**
 * Amendments: observed drift as the next golden state. What is proposed and what is applied are made by the same steps,
 * and an ETag over the text says whether they still are the same.
 */
import { ADOPTED_MAX, amendedOf, type Edit, editsFor, unsettled } from "../../core/adoption.ts";
import {
  digestOfText,
  isObject,
  type Json,
  type JsonObject,
  sameJson,
} from "../../core/canonical.ts";
import { type GoldenState, parseGolden } from "../../core/golden.ts";
import type { Digest, HoldId, ScopeId } from "../../core/ids.ts";
import type { Drifted } from "../../core/ports.ts";
import type { Amended, Subject } from "../../core/proposal.ts";
import { subjectKey } from "../../core/recurrence.ts";
import type { Change } from "../../core/resource.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { editValue, editYaml } from "./golden-edit.ts";
import { type GoldenText, readGoldenText } from "./golden-text.ts";
import { ofGoldenRefusal, ofUnknown, type Problem } from "./problem.ts";
import type { RawCall } from "./route.ts";

/** Which drift is meant. */
export type Choice =
  | { readonly of: "all" }
  | { readonly of: "subjects"; readonly subjects: readonly Subject[] }
  | { readonly of: "hold"; readonly hold: HoldId }
  /** What routing rules hold of an incident. */
  | { readonly of: "routed"; readonly subjects: readonly Subject[] };

export interface Proposed {
  readonly generation: number;
  readonly mediaType: string;
  readonly text: string;
  readonly changes: readonly Amended[];
  readonly etag: string;
}

/** What would be declared if the drift that is meant were adopted now. */
export async function propose(
  { ports }: RawCall,
  scope: ScopeId,
  choice: Choice,
): Promise<Result<Proposed, Problem>> {
  const made = make(await ports.reconciler(scope).drifted(), scope, choice);
  return made.ok ? ok(made.value.proposed) : made;
}

export interface Applied {
  readonly generation: number;
  readonly digest: Digest;
  readonly changes: readonly Amended[];
}

/** Declares what was proposed under the ETag in `If-Match`, and nothing else. */
export async function amend(
  { ports, request, principal }: RawCall,
  scope: ScopeId,
  choice: Choice,
): Promise<Result<Applied, Problem>> {
  const seen = request.headers.get("if-match")?.trim();
  if (seen === undefined) {
    const detail = "send `If-Match` with the ETag of the preview that you have read";
    return err({ slug: "precondition-required", detail });
  }
  const reconciler = ports.reconciler(scope);
  const made = make(await reconciler.drifted(), scope, choice);
  if (!made.ok) return made;
  const { proposed, read } = made.value;
  const { text, mediaType, changes, generation, etag } = proposed;
  if (changes.length === 0) return err({ slug: "not-adoptable", detail: "nothing has drifted" });
  if (seen !== etag) return err({ slug: "proposal-moved", headers: { etag } });
  const put = await reconciler.putGolden({
    document: read.value,
    text,
    mediaType,
    expected: generation,
    by: principal.name,
    amends: changes,
  });
  if (!put.ok) return err(ofGoldenRefusal(put.error, read.locate));
  return ok({ ...put.value, changes });
}

type Found = Awaited<ReturnType<ReturnType<RawCall["ports"]["reconciler"]>["drifted"]>>;

function make(
  found: Found,
  scope: ScopeId,
  choice: Choice,
): Result<{ readonly proposed: Proposed; readonly read: GoldenText }, Problem> {
  if (!found.ok) return err(ofUnknown(found.error));
  if (found.value === null) return err({ slug: "no-golden-state" });
  const { golden, live } = found.value;
  const changes = chosen(found.value, choice);
  if (!changes.ok) return changes;
  const read = edited(found.value, changes.value);
  if (!read.ok) return read;
  const { text, value, locate } = read.value;
  const before = parseGolden(golden.document, scope, live.site);
  const after = parseGolden(value, scope, live.site);
  if (!before.ok || !after.ok) {
    const problems = after.ok ? [] : after.error;
    return err(ofGoldenRefusal({ reason: "invalid", problems }, locate));
  }
  const flaw = flawOf(changes.value, { before: before.value, after: after.value }, found.value);
  if (flaw) return err(flaw);
  const { generation, mediaType } = golden;
  const etag = `"${generation}-${digestOfText(text).slice(7, 23)}"`;
  const amended = changes.value.map(amendedOf);
  return ok({
    proposed: { generation, mediaType, text, changes: amended, etag },
    read: read.value,
  });
}

function flawOf(
  changes: readonly Change[],
  states: { readonly before: GoldenState; readonly after: GoldenState },
  { live }: Drifted,
): Problem | null {
  const [first] = unsettled(changes, states, live);
  return first === undefined
    ? null
    : { slug: "not-adoptable", detail: `the edited document would say otherwise of \`${first}\`` };
}

function chosen(
  { changes, others, heldBack }: Drifted,
  choice: Choice,
): Result<readonly Change[], Problem> {
  const taken = ((): readonly Change[] => {
    switch (choice.of) {
      case "all":
        return changes;
      case "hold":
        return heldBack.flatMap(({ by, change }) =>
          by.type === "hold" && by.id === choice.hold ? [change] : [],
        );
      case "routed": {
        const named = new Set(choice.subjects.map(nameOf));
        return heldBack.flatMap(({ by, change }) =>
          by.type === "routing" && named.has(subjectKey(change)) ? [change] : [],
        );
      }
      case "subjects": {
        const named = new Set(choice.subjects.map(nameOf));
        return [...changes, ...others].filter((change) => named.has(subjectKey(change)));
      }
    }
  })();
  if (taken.length > ADOPTED_MAX)
    return err({ slug: "not-adoptable", detail: `at most \`${ADOPTED_MAX}\` resources at once` });
  if (choice.of !== "subjects") return ok(taken);
  const found = new Set(taken.map(subjectKey));
  const errors = choice.subjects.flatMap((subject, index) =>
    found.has(nameOf(subject))
      ? []
      : [{ pointer: `#/subjects/${index}`, detail: "has not drifted" }],
  );
  return errors.length === 0 ? ok(taken) : err({ slug: "not-adoptable", errors });
}

const nameOf = ({ kind, identity }: Subject): string => `${kind} ${identity}`;

const RESOURCES = ["spec", "resources"];

/** The text with the edits, which has to say what the edited document says. */
function edited(
  { golden, live }: Drifted,
  changes: readonly Change[],
): Result<GoldenText & { readonly text: string }, Problem> {
  const document = golden.document as JsonObject;
  const spec = document["spec"];
  const resources = isObject(spec) ? spec["resources"] : undefined;
  const edits = editsFor(changes, isObject(resources) ? resources : {}, live);
  if (!edits.ok)
    return err({
      slug: "not-adoptable",
      errors: edits.error.map(({ identity, problem }) => ({
        pointer: "#/subjects",
        detail: `\`${identity}\`: ${problem}`,
      })),
    });
  const below = edits.value.map((edit): Edit => ({ ...edit, path: [...RESOURCES, ...edit.path] }));
  const wanted = editValue(document, below);
  const json = golden.mediaType === "application/json";
  const text = textWith(golden.text, below, json ? wanted : null);
  const read = text.ok ? readGoldenText(text.value, json) : null;
  // Whoever wrote the document shares parts of it between resources, say: then it takes a person to change it.
  if (!text.ok || !read?.ok || !sameJson(read.value.value, wanted))
    return err({ slug: "not-adoptable", detail: "the document is not plain enough to be edited" });
  return ok({ ...read.value, text: text.value });
}

/** JSON has no comments to keep, and is written anew. */
const textWith = (text: string, edits: readonly Edit[], json: Json): Result<string, string> =>
  edits.length === 0
    ? ok(text)
    : json === null
      ? editYaml(text, edits)
      : ok(`${JSON.stringify(json, null, 2)}\n`);
