/**
 * The outside systems whose resources can be declared. A kind belongs to a level, and a level to one provider; whatever
 * differs between providers and everybody has to agree on stands here. How one is spoken to (addresses, signatures,
 * forms of bodies and answers) is its own folder's in `edge/`; both meet in `durable-objects/providers.ts`.
 */
import type { ObjectId } from "./ids.ts";

export type ProviderName = "cloudflare" | "aws";

/** What a scope is at its provider. */
export type Level = "zone" | "account" | "aws_account";

interface LevelAt {
  readonly provider: ProviderName;
  /** The word before the colon of a scope's id. */
  readonly prefix: string;
  /** Whether people know it by its name, which then tells it from others; else by its id. */
  readonly named: boolean;
  /** What every path of its resources begins with. */
  readonly root: (id: ObjectId) => string;
}

const LEVELS: Readonly<Record<Level, LevelAt>> = {
  zone: {
    provider: "cloudflare",
    prefix: "zone",
    named: true,
    root: (id) => `/zones/${id}`,
  },
  account: {
    provider: "cloudflare",
    prefix: "account",
    named: false,
    root: (id) => `/accounts/${id}`,
  },
  aws_account: {
    provider: "aws",
    prefix: "aws",
    named: false,
    root: (id) => `/aws/${id}`,
  },
};

/** Of a level that came over RPC, where a type is a promise: nothing begins so, and no scope is called so. */
const NOWHERE: LevelAt = {
  provider: "cloudflare",
  prefix: "nowhere",
  named: false,
  root: () => "/nowhere",
};

export const levelAt = (level: Level): LevelAt => LEVELS[level] ?? NOWHERE;

export const providerOf = (level: Level): ProviderName => levelAt(level).provider;
