/**
 * The sandbox's entry. All state lives in one `Account` object; this file only forwards to it, and
 * turns the faults that cut a connection into a thrown error, so that the caller's fetch rejects.
 */
import { CUT_HEADER } from "./faults.ts";
import type { SandboxEnv } from "./env.ts";

export { Account } from "./account.ts";

export default {
  async fetch(request, env) {
    const answer = await env.ACCOUNT.getByName("sandbox").fetch(request);
    const fault = answer.headers.get(CUT_HEADER);
    if (fault !== null) throw new Error(`connection cut by the sandbox fault \`${fault}\``);
    return answer;
  },
} satisfies ExportedHandler<SandboxEnv>;
