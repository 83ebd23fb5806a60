/** The one Durable Object of the sandbox: a Cloudflare account with its own control plane, and the edge before its zones. */
import { DurableObject } from "cloudflare:workers";
import { controlPlane } from "./control-plane.ts";
import { API_ROOT } from "./api-request.ts";
import { AwsPipeline, isForAws } from "./aws/pipeline.ts";
import { Door } from "./edge/door.ts";
import type { SandboxEnv } from "./env.ts";
import { Pipeline } from "./pipeline.ts";
import { seedOnce } from "./seed/seeds.ts";
import { Courier } from "./traffic/courier.ts";
import { World } from "./world.ts";

export class Account extends DurableObject<SandboxEnv> {
  readonly #pipeline: Pipeline;
  readonly #aws: AwsPipeline;
  readonly #control: ReturnType<typeof controlPlane>;
  readonly #door: Door;
  readonly #courier: Courier;
  readonly #world: World;
  /** Whether logs of visits from outside wait to be pushed. */
  #waits = false;

  constructor(state: DurableObjectState, env: SandboxEnv) {
    super(state, env);
    const world = new World(state.storage);
    seedOnce(world);
    this.#world = world;
    this.#pipeline = new Pipeline(world);
    this.#aws = new AwsPipeline(world);
    this.#courier = new Courier(world, env.DELIVER_TO);
    this.#control = controlPlane(world, this.#courier);
    this.#door = new Door(world);
  }

  override async fetch(request: Request): Promise<Response> {
    if (isForAws(request)) return this.#aws.handle(request);
    const zone = this.#door.zoneOf(request);
    if (zone !== undefined) {
      const answer = await this.#door.enter(request, zone);
      this.#pushLater();
      return answer;
    }
    const { pathname } = new URL(request.url);
    const isApi = pathname === API_ROOT || pathname.startsWith(`${API_ROOT}/`);
    const answer = isApi
      ? await this.#pipeline.handle(request)
      : await this.#control.fetch(request);
    // Whoever writes does not wait for what is told about it.
    if (request.method !== "GET") this.ctx.waitUntil(this.#courier.notify());
    return answer;
  }

  #pushLater(): void {
    if (this.#waits) return;
    this.#waits = true;
    setTimeout(() => {
      this.#waits = false;
      this.ctx.waitUntil(this.#courier.push().then(() => this.#courier.notify()));
    }, this.#world.options.get().push_interval_ms);
  }
}
