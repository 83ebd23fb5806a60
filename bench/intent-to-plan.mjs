// From an intent in words to the diff and the rehearsed plans, with the built-in rules: one request, `plan_only`.
import { Failure, JsonClient } from "../scripts/json-client.mjs";
import { timed } from "./distribution.mjs";
import { FEED_AT_REST, inOneInstance } from "./instance.mjs";
import { SCOPE } from "./record-edits.mjs";

const TEXTS = [
  "Secure edge cache for API with DDoS guardrails",
  "Scale prod to 10k RPS with WAF",
  "API용 엣지 캐시를 DDoS 가드레일과 함께 안전하게 구성해줘",
  "prod를 10k RPS로 확장하고 WAF를 적용해줘",
  "Block all traffic from North Korea and Iran",
];
const WARM_UPS = 5;
const INTENTS = 40;
const INTENTS_QUICK = 10;
const BAR_MS = 60;

export const intentToPlan = inOneInstance({
  name: "intent-to-plan",
  about: "words with the built-in rules: from POST intents to the diff and the plans",
  feedSeconds: FEED_AT_REST,
  measure,
});

async function measure({ swarm, url }, { quick, report, signal }) {
  await swarm.inSync({ scope: SCOPE, ms: 20_000 });
  const client = new JsonClient({ who: "the swarm", base: url, token: "dev-operator", signal });
  const sample = [];
  for (let index = 0; index < WARM_UPS + (quick ? INTENTS_QUICK : INTENTS); index += 1) {
    const text = TEXTS[index % TEXTS.length];
    const startedAt = performance.now();
    const body = { scope: SCOPE, text, plan_only: true };
    const intent = await client.call("POST", "/api/v1/intents", { body });
    const ms = performance.now() - startedAt;
    if (intent.phase !== "proposed" || !intent.plans.every((plan) => plan?.plan_digest))
      throw new Failure(`\`${text}\` came to ${intent.phase}, without a plan`);
    if (index >= WARM_UPS) sample.push(ms);
  }
  report(timed({ metric: "intent to plan", sample, bar: BAR_MS }));
}
