/** The one Durable Object of the sandbox: a Cloudflare account with its own control plane. */
import { DurableObject } from "cloudflare:workers";
import { controlPlane } from "./control-plane.ts";
import { API_ROOT } from "./api-request.ts";
import { Pipeline } from "./pipeline.ts";
import { seedOnce } from "./seed/seeds.ts";
import { World } from "./world.ts";

export class Account extends DurableObject {
  readonly #pipeline: Pipeline;
  readonly #control: ReturnType<typeof controlPlane>;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    const world = new World(state.storage);
    seedOnce(world);
    this.#pipeline = new Pipeline(world);
    this.#control = controlPlane(world);
  }

  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const isApi = pathname === API_ROOT || pathname.startsWith(`${API_ROOT}/`);
    return isApi ? this.#pipeline.handle(request) : this.#control.fetch(request);
  }
}
