/** A Worker as stored and as shown, and the metadata of an upload. */
import { z } from "zod";
import { digestId, uuid } from "../model/identifiers.ts";
import type { Kind } from "../store.ts";
import { Bindings, byName, type StoredBinding } from "./bindings.ts";
import { invalidScript } from "./refusal.ts";

const flag = z.boolean().nullish();
const texts = z.array(z.string()).nullish();
const object = z.record(z.string(), z.unknown()).nullish();
const objects = z.array(z.record(z.string(), z.unknown())).nullish();

/** What settings and upload have in common. */
export const SettingsInput = z.object({
  bindings: Bindings,
  compatibility_date: z.string().nullish(),
  compatibility_flags: texts,
  usage_model: z.enum(["standard", "bundled", "unbound"]).nullish(),
  logpush: flag,
  tags: texts,
  tail_consumers: objects,
  observability: object,
  placement: object,
  limits: object,
  cache_options: object,
  annotations: object,
  migrations: object,
});
export type SettingsInput = z.infer<typeof SettingsInput>;

export const Metadata = SettingsInput.extend({
  main_module: z.string().nullish(),
  body_part: z.string().nullish(),
  keep_bindings: texts,
});
export type Metadata = z.infer<typeof Metadata>;

export interface Settings {
  readonly compatibility_date?: string;
  readonly compatibility_flags: readonly string[];
  readonly usage_model: string;
  readonly logpush: boolean;
  readonly tags: readonly string[];
  readonly tail_consumers: readonly unknown[] | null;
  readonly observability: Readonly<Record<string, unknown>>;
  readonly placement?: Readonly<Record<string, unknown>>;
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly cache_options?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly migration_tag?: string;
}

export interface Version {
  readonly id: string;
  readonly number: number;
  readonly created_on: string;
  readonly source: string;
  readonly author: { readonly id: string; readonly email: string };
  readonly etag: string;
}

/** What of the traffic goes to which version; the newest one is in force. */
export interface Deployment {
  readonly id: string;
  readonly created_on: string;
  readonly source: string;
  readonly author: Version["author"];
  readonly versions: readonly { readonly version_id: string; readonly percentage: number }[];
  readonly annotations: Readonly<Record<string, unknown>>;
}

export interface Schedule {
  readonly cron: string;
  readonly created_on: string;
  readonly modified_on: string;
}

export interface StoredWorker {
  /** The name. */
  readonly id: string;
  readonly tag: string;
  readonly etag: string;
  readonly entry: string;
  readonly has_modules: boolean;
  readonly handlers: readonly string[];
  readonly classes: readonly string[];
  readonly bindings: readonly StoredBinding[];
  readonly settings: Settings;
  /** The newest first; older ones are forgotten. */
  readonly versions: readonly Version[];
  /** The newest first. */
  readonly deployments: readonly Deployment[];
  readonly schedules: readonly Schedule[];
  readonly subdomain: { readonly enabled: boolean; readonly previews_enabled: boolean };
  readonly created_on: string;
  readonly modified_on: string;
}

export const WORKER: Kind<StoredWorker> = { name: "worker" };

const NAME = /^[a-z0-9_][a-z0-9_-]{0,62}$/i;
export const isWorkerName = (name: string): boolean => NAME.test(name);

const VERSIONS_KEPT = 20;

const INITIAL: Settings = {
  compatibility_flags: [],
  usage_model: "standard",
  logpush: false,
  tags: [],
  tail_consumers: null,
  observability: { enabled: false },
};

/** What an upload says; what it does not say is as in the beginning. */
export const uploadedSettings = (input: SettingsInput, now: number): Settings =>
  changedSettings(INITIAL, input, now);

/** What a PATCH says over what stood before. */
export function changedSettings(before: Settings, input: SettingsInput, now: number): Settings {
  const { bindings: _bindings, migrations, ...said } = input;
  if (typeof said.compatibility_date === "string") refuseBadDate(said.compatibility_date, now);
  const kept = Object.fromEntries(
    Object.entries(said).filter(
      ([name, value]) => name in SettingsInput.shape && value !== undefined && value !== null,
    ),
  );
  const tag = migrations?.["new_tag"];
  return { ...before, ...kept, ...(typeof tag === "string" ? { migration_tag: tag } : {}) };
}

function refuseBadDate(date: string, now: number): void {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(date) : Number.NaN;
  if (!Number.isFinite(time)) {
    throw invalidScript(`Invalid compatibility date: "${date}"`);
  }
  if (time <= now) return;
  throw invalidScript(`Can't set compatibility date in the future: "${date}"`);
}

interface Maker {
  readonly timestamp: string;
  readonly author: Version["author"];
  /** What made it: `wrangler`, or the API. */
  readonly source: string;
}

/** A version of the Worker as it stands here; the newest of all, and deployed by nobody yet. */
export function versionOf(
  worker: StoredWorker,
  { author, source, timestamp }: Maker,
): { readonly version: Version; readonly versions: readonly Version[] } {
  const number = (worker.versions[0]?.number ?? 0) + 1;
  const { etag } = worker;
  const version = { id: uuid(), number, created_on: timestamp, source, author, etag };
  return { version, versions: [version, ...worker.versions].slice(0, VERSIONS_KEPT) };
}

/** All of the traffic to one version. */
export const wholly = (version: string): Deployment["versions"] => [
  { version_id: version, percentage: 100 },
];

export function withDeployment(
  worker: StoredWorker,
  { author, source, timestamp }: Maker,
  said: Pick<Deployment, "versions" | "annotations">,
): StoredWorker {
  const deployment = { id: uuid(), created_on: timestamp, source, author, ...said };
  const deployments = [deployment, ...worker.deployments].slice(0, VERSIONS_KEPT);
  return { ...worker, deployments, modified_on: timestamp };
}

/** A namespace has an id of its own, which depends on the class alone. */
function shownBinding(worker: string, binding: StoredBinding): StoredBinding {
  if (binding.type !== "durable_object_namespace" || "namespace_id" in binding) return binding;
  const { script_name: owner = worker, class_name: name = "" } = binding;
  return { ...binding, namespace_id: digestId("namespace", JSON.stringify([owner, name])) };
}

export const shownBindings = ({ id, bindings }: StoredWorker): StoredBinding[] =>
  byName(bindings.map((binding) => shownBinding(id, binding)));

/** The script in lists and in the answer to an upload. */
export function shownScript(worker: StoredWorker): Record<string, unknown> {
  const { settings } = worker;
  const { annotations: _annotations, limits: _limits, ...members } = settings;
  return {
    id: worker.id,
    tag: worker.tag,
    etag: worker.etag,
    handlers: worker.handlers,
    named_handlers: worker.classes.map((name) => ({ name, handlers: ["class"] })),
    has_assets: false,
    has_modules: worker.has_modules,
    last_deployed_from: worker.deployments[0]?.source ?? "api",
    ...members,
    created_on: worker.created_on,
    modified_on: worker.modified_on,
  };
}

export function shownSettings(worker: StoredWorker): Record<string, unknown> {
  return { ...worker.settings, bindings: shownBindings(worker) };
}
