/** Route 53 takes changes on and tells its servers: whether all of them know of one. */
import { isObject, type Json, textOf } from "../../core/canonical.ts";
import type { Answer, ProviderApi } from "../../core/provider-api.ts";
import type { ApiRequest } from "../../core/resource.ts";

/** With the pauses about ten seconds; AWS says a minute at most. Whoever waits is called again, and then reads (I12). */
const POLLS_MAX = 20;
const PAUSE_MS = 250;
const LONGER_MS = 25;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const infoIn = (result: Json): Readonly<Record<string, Json>> => {
  const info = isObject(result) ? (result["ChangeInfo"] ?? null) : null;
  return isObject(info) ? info : {};
};

/** The answer to a write once every server has it. One of which that is not known is unavailable: only reading can tell. */
export async function inSync(
  api: ProviderApi,
  { request, answer }: { readonly request: ApiRequest; readonly answer: Answer },
  wait = pause,
): Promise<Answer> {
  if (answer.type !== "ok" || !request.path.endsWith("/rrset")) return answer;
  const id = textOf(infoIn(answer.result)["Id"]).replace(/^\/change\//, "");
  const root = /^\/aws\/\d{12}\/route53/.exec(request.path)?.[0] ?? "";
  if (infoIn(answer.result)["Status"] === "INSYNC" || !/^[A-Z0-9]{1,32}$/.test(id)) return answer;
  for (let poll = 0; poll < POLLS_MAX; poll += 1) {
    const told = await api.get(`${root}/change/${id}`);
    if (told.type === "ok" && infoIn(told.result)["Status"] === "INSYNC") return answer;
    await wait(PAUSE_MS + LONGER_MS * poll);
  }
  return { type: "unavailable", detail: "a change is not everywhere yet", retryAfterMs: null };
}
