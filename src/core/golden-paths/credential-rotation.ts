import { z } from "zod";
import type { JsonObject } from "../canonical.ts";
import { defineGoldenPath, listOf, said } from "./golden-path.ts";
import { email } from "./parameters.ts";

const TOKENS_MAX = 50;
const SECONDS = "2026-11-20T00:00:00".length;

const parameters = z.strictObject({
  expires_on: z.iso.datetime().meta({
    description: "after this instant no token may be valid any more: renewing is a new date",
  }),
  tokens: z
    .array(z.string().min(1).max(120))
    .max(TOKENS_MAX)
    .default([])
    .meta({ description: "by name, as they are declared; none: every token that is declared" }),
  notify: z
    .array(email)
    .max(20)
    .default([])
    .meta({ description: "who is told before a service token of Access runs out" }),
});

/** The tokens that the path is about; names that nobody has declared are told apart by the invariant. */
const chosen = (declared: readonly JsonObject[], names: readonly string[]): readonly JsonObject[] =>
  declared.filter(({ name }) => names.length === 0 || names.includes(said(name)));

export const credentialRotation = defineGoldenPath({
  name: "credential-rotation",
  version: 1,
  title: { en: "Credential rotation", ko: "자격 증명 교체" },
  summary: {
    en: "Declares until when the account's API tokens may be valid, and has people told before a service token of Access runs out. The tokens are watched, never written.",
    ko: "API 토큰의 유효 기한을 선언하고, Access 서비스 토큰이 만료되기 전에 알립니다. 토큰은 감시만 하고 쓰지 않습니다.",
  },
  needs: "account",
  parameters,
  instance: () => "",
  refuses: ({ expires_on: end }, { now }) =>
    // To the second: one of them may have fractions.
    now !== null && end.slice(0, SECONDS) <= now.slice(0, SECONDS)
      ? [`\`expires_on: ${end}\` is over: name an instant that is still to come`]
      : [],
  expand(given, { declared }) {
    const all = listOf(declared["api_token"]);
    const tokens = chosen(all, given.tokens);
    const renewed = tokens.map((token): JsonObject => ({ ...token, expires_on: given.expires_on }));
    return {
      declares: {
        ...(renewed.length === 0 ? {} : { api_token: renewed }),
        ...(given.notify.length === 0
          ? {}
          : {
              notification_policy: [
                {
                  name: "Credentials run out soon",
                  alert_type: "expiring_service_token_alert",
                  enabled: true,
                  mechanisms: { email: [...new Set(given.notify)].toSorted() },
                },
              ],
            }),
      },
      retires: tokens.length === 0 ? {} : { api_token: tokens },
      notes: [
        ...renewed.map(
          ({ name }) =>
            `roll \`${said(name)}\` before ${given.expires_on}; until then it shows as drift`,
        ),
        ...(renewed.length > 0
          ? ["Cloudflare has no notice before an API token runs out: the drift is what tells of it"]
          : []),
        ...(all.length === 0
          ? ["no token is declared: import the tokens to have them watched"]
          : []),
      ],
    };
  },
  invariants: [
    {
      name: "there is a token to watch, or somebody to tell",
      holds: (declares) => Object.keys(declares).length > 0,
    },
    {
      name: "every token that is named is declared",
      holds: (declares, { tokens }) => {
        const names = listOf(declares["api_token"]).map(({ name }) => name);
        return tokens.every((name) => names.includes(name));
      },
    },
  ],
  cost: [],
  risk: ["a token that nobody rolls stops working on the date"],
});
