import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { type Motion, motionOf, sameMotion, type SignedBallot } from "../../src/core/ballot.ts";
import type { Dossier } from "../../src/core/dossier.ts";
import { type Digest, isScopeId, mint } from "../../src/core/ids.ts";
import { checkOf } from "../../src/core/orchestration.ts";
import type { AuditorPort, ReviewerModel } from "../../src/core/ports.ts";
import type { Result } from "../../src/core/result.ts";
import { briefOf, judged, type Review, type ReviewBrief, silent } from "../../src/core/review.ts";
import type { RegisterRefusal, SignedIntroduction } from "../../src/core/voter-register.ts";
import { Evidence } from "../../src/edge/store/evidence.ts";
import { registerOf } from "../bindings.ts";
import { InferenceLedger } from "../inference-ledger.ts";
import { tell } from "../inference-notes.ts";
import { ORCHESTRATION } from "../orchestration.ts";
import { Booth } from "./booth.ts";
import { reviewerModel } from "./reviewer-models.ts";

/** Longer than this nobody waits for an opinion that is not needed. */
const OPINION_MS_MAX = 8_000;

/**
 * The voter with a model, named `reviewer@<scope>`. It can stop a plan and make it wait for people; it cannot help one.
 * It signs what it abstained for, so that an outage can be told from an objection.
 */
export class Reviewer extends DurableObject<Env> implements AuditorPort {
  readonly lifecycle = Lifecycle.install(this);
  readonly #booth = new Booth(this.ctx.storage, registerOf(this.env));

  async vote(motion: Motion): Promise<SignedBallot> {
    await this.lifecycle.start();
    return this.#booth.vote(this.lifecycle.name, motion, () => this.#review(motion));
  }

  async permit(): Promise<never> {
    throw new Error("the reviewer reads no policies");
  }

  async rotate(): Promise<Result<{ readonly key: Digest }, RegisterRefusal>> {
    await this.lifecycle.start();
    const { name } = this.lifecycle;
    return this.#booth.rotate(name, mint(isScopeId, name.slice(checkOf(name).length + 1)));
  }

  async enrol(): Promise<SignedIntroduction> {
    await this.lifecycle.start();
    const { name } = this.lifecycle;
    return this.#booth.enrol(name, mint(isScopeId, name.slice(checkOf(name).length + 1)));
  }

  async #review(motion: Motion): Promise<Review> {
    const text = await new Evidence(this.env.EVIDENCE).dossier(motion.dossierDigest);
    if (text === null) throw new Error("the dossier is not there");
    const dossier = JSON.parse(text) as Dossier;
    if (!sameMotion(motionOf(dossier, motion.dossierDigest), motion))
      return { vote: "no", reasons: ["dossier_of_another_motion"], tier: 4 };
    const { scope } = motion;
    const about = motion.planDigest;
    const model = reviewerModel(ORCHESTRATION.models.reviewer, {
      env: this.env,
      memory: new InferenceLedger(this.ctx.storage),
      note: (note) => tell(this.env, { scope, about }, note),
    });
    return model ? opinionOf(model, briefOf(dossier)) : silent("model_missing");
  }
}

/** A model can fail in any way that it likes: none of them is a "yes". */
export async function opinionOf(
  model: ReviewerModel,
  brief: ReviewBrief,
  limitMs = OPINION_MS_MAX,
): Promise<Review> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Review>((resolve) => {
    timer = setTimeout(() => resolve(silent("model_slow")), limitMs);
  });
  try {
    const answer = model.review(brief, limitMs).then(judged, () => silent("model_failed"));
    return await Promise.race([answer, late]);
  } catch {
    return silent("model_failed");
  } finally {
    clearTimeout(timer);
  }
}
