/** Writes that the API takes on and carries out later: what became of one of them. */
import { isObject, type Json, textOf } from "../../core/canonical.ts";
import type { ApiRequest } from "../../core/resource.ts";
import type { Answer, ProviderApi } from "../../core/provider-api.ts";

/** With the pauses below about ten seconds: most are done in one, and whoever waits is called again (I12). */
const POLLS_MAX = 20;
const PAUSE_MS = 250;
const LONGER_MS = 25;
/** An error is for people to read; it comes from outside. */
const DETAIL_MAX = 200;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Where one can ask about the operation that `request` began, or null when it has been carried out already. */
function placeOf({ path }: ApiRequest, result: Json): string | null {
  const [, lists] = /^(\/accounts\/[^/]+\/rules\/lists)\/[^/]+\/items$/.exec(path) ?? [];
  const id = isObject(result) ? textOf(result["operation_id"]) : "";
  return lists !== undefined && /^[\w-]{1,100}$/.test(id) ? `${lists}/bulk_operations/${id}` : null;
}

/**
 * The answer to a write, once it has been carried out. One that failed was refused. One of which nothing is known yet
 * is unavailable: it may still happen, and only reading can tell.
 */
export async function finished(
  api: Pick<ProviderApi, "get">,
  { request, answer }: { readonly request: ApiRequest; readonly answer: Answer },
  wait = pause,
): Promise<Answer> {
  const place = answer.type === "ok" ? placeOf(request, answer.result) : null;
  if (place === null) return answer;
  for (let poll = 0; poll < POLLS_MAX; poll += 1) {
    const told = await api.get(place);
    const state = told.type === "ok" && isObject(told.result) ? told.result : {};
    if (state["status"] === "completed") return answer;
    if (state["status"] === "failed") return failed(textOf(state["error"]));
    await wait(PAUSE_MS + LONGER_MS * poll);
  }
  return { type: "unavailable", detail: "an operation is still running", retryAfterMs: null };
}

/** The request itself was fine, so there is no status that says what was wrong. */
const failed = (error: string): Answer => ({
  type: "refused",
  status: 200,
  codes: [],
  detail: error.replace(/[^\x20-\x7e]/g, "?").slice(0, DETAIL_MAX),
});
