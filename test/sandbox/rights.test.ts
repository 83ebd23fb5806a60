/** The fixed tokens: who may read and who may write the products of an account. */
import { beforeEach, expect, it } from "vitest";
import { ACCOUNT, api, BOOKS, reset } from "./client.ts";

const account = `/accounts/${ACCOUNT}`;

/** A write that is refused for its body shows that it would have been allowed. */
const AREAS: readonly (readonly [area: string, read: string, write: string])[] = [
  ["gateway", `${account}/gateway/rules`, `POST ${account}/gateway/rules`],
  ["access", `${account}/access/apps`, `POST ${account}/access/apps`],
  ["workers", `${account}/workers/scripts`, `PUT ${account}/workers/domains`],
  ["routes", `/zones/${BOOKS}/workers/routes`, `POST /zones/${BOOKS}/workers/routes`],
  ["notifications", `${account}/alerting/v3/policies`, `POST ${account}/alerting/v3/policies`],
  ["tokens", `${account}/tokens`, `POST ${account}/tokens`],
];

const RIGHTS: Readonly<Record<string, (area: string) => [read: boolean, write: boolean]>> = {
  "sandbox-dashboard": () => [true, true],
  "sandbox-terraform": () => [true, true],
  "sandbox-swarm-read": () => [true, false],
  "sandbox-vault-write": (area) => [true, area !== "tokens"],
  "sandbox-vault-mint": (area) => [area === "tokens", area === "tokens"],
};

beforeEach(reset);

it.each(Object.keys(RIGHTS))("%s may do what it is for", async (token) => {
  for (const [area, read, write] of AREAS) {
    const answers = [
      (await api(`GET ${read}`, { token })).status !== 403,
      (await api(write, { token, body: {}, isUndescribed: true })).status !== 403,
    ];
    expect(answers, area).toEqual(RIGHTS[token]?.(area));
  }
});
