// The Worker of the bench `policy-decisions`: answers `?n=` questions from the bundle with 60 policies.
import { bundleOf } from "../src/core/policy/bundle.ts";
import { decideWith } from "../src/edge/cedar/isolate.ts";
import { SHIPPED } from "../src/edge/cedar/shipped.ts";
import { bundleOfSixty, question } from "./policy-questions.mjs";

export default {
  async fetch(request) {
    const count = Number(new URL(request.url).searchParams.get("n"));
    const decide = await decideWith(bundleOfSixty({ bundleOf, SHIPPED }));
    let allowed = 0;
    for (let index = 0; index < count; index += 1) if (decide(question(index)).allow) allowed += 1;
    return Response.json({ allowed });
  },
};
