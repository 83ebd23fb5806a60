import { z } from "zod";
import { err, ok, type Result } from "../../../core/result.ts";
import { mediaTypeOf, readText } from "../body.ts";
import { GOLDEN_BYTES_MAX, readGoldenText } from "../golden-text.ts";
import { ofGoldenRefusal, type Problem } from "../problem.ts";
import { defineRoute, scopeOf } from "../route.ts";

const PATH = "/api/v1/scopes/{scope}/golden";
const JSON_TYPE = "application/json";
const YAML_TYPES = ["application/yaml", "text/yaml"];

const yamlText = z.string().meta({ description: "YAML 1.2, or JSON" });
const document = z.record(z.string(), z.unknown()).meta({ description: "the document, parsed" });

const etagOf = (generation: number): string => `"${generation}"`;

/** The generation that the writer has seen; 0: none. */
function expectedOf(request: Request): Result<number, Problem> {
  const match = request.headers.get("if-match");
  const noneMatch = request.headers.get("if-none-match");
  if (match === null && noneMatch === null) {
    const detail =
      "send `If-Match` with the ETag you have seen, or `If-None-Match: *` for the first";
    return err({ slug: "precondition-required", detail });
  }
  if (match === null) {
    return noneMatch?.trim() === "*"
      ? ok(0)
      : err({ slug: "bad-request", detail: "`If-None-Match` can only be `*` here" });
  }
  const [, generation] = /^\s*"([1-9]\d{0,8})"\s*$/.exec(match) ?? [];
  return generation !== undefined && noneMatch === null
    ? ok(Number(generation))
    : err({ slug: "bad-request", detail: "`If-Match` must be one ETag, as it was sent" });
}

const wantsJson = (request: Request): boolean =>
  /\bapplication\/json\b/.test(request.headers.get("accept") ?? "");

const getGolden = defineRoute({
  method: "GET",
  path: PATH,
  id: "getGolden",
  summary: "The golden state in force, as it was sent; with Accept: application/json, parsed",
  right: "read",
  out: document,
  gives: { "application/yaml": yamlText },
  async handle(call) {
    const row = await scopeOf(call);
    if (!row.ok) return row;
    const golden = await call.ports.reconciler(row.value.scope).golden();
    if (!golden) return err<Problem>({ slug: "no-golden-state" });
    const headers = { etag: etagOf(golden.generation), vary: "accept" };
    if (wantsJson(call.request)) {
      return ok({ body: golden.document as Record<string, unknown>, headers });
    }
    return new Response(golden.text, { headers: { ...headers, "content-type": golden.mediaType } });
  },
});

const putGolden = defineRoute({
  method: "PUT",
  path: PATH,
  id: "putGolden",
  summary: "Declares the next golden state; refused whole when anything in it is wrong",
  right: "operate",
  takes: { "application/yaml": yamlText, "text/yaml": yamlText, [JSON_TYPE]: document },
  headers: {
    "If-Match": "ETag of the generation that the writer has seen",
    "If-None-Match": "`*`: there is none yet",
  },
  out: z.object({ scope: z.string(), generation: z.int(), digest: z.string() }),
  async handle(call) {
    const row = await scopeOf(call);
    if (!row.ok) return row;
    const { request, ports, principal } = call;
    const mediaType = mediaTypeOf(request);
    if (mediaType === null || ![JSON_TYPE, ...YAML_TYPES].includes(mediaType)) {
      const detail = `send \`${[...YAML_TYPES, JSON_TYPE].join("`, `")}\` in UTF-8`;
      return err<Problem>({ slug: "unsupported-media-type", detail });
    }
    const expected = expectedOf(request);
    if (!expected.ok) return expected;
    const sent = await readText(request, GOLDEN_BYTES_MAX);
    if (!sent.ok) return sent;
    const read = readGoldenText(sent.value, mediaType === JSON_TYPE);
    if (!read.ok) return err<Problem>({ slug: "invalid-golden-state", errors: read.error });
    const put = await ports.reconciler(row.value.scope).putGolden({
      document: read.value.value,
      text: sent.value,
      mediaType,
      expected: expected.value,
      by: principal.name,
    });
    if (!put.ok) return err(ofGoldenRefusal(put.error, read.value.locate));
    const { generation, digest } = put.value;
    const headers = { etag: etagOf(generation) };
    return ok({ body: { scope: row.value.scope, generation, digest }, headers });
  },
});

export const goldenRoutes = [getGolden, putGolden];
