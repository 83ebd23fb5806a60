/** People with authenticators, as the API sees them. */
import { expect } from "vitest";
import { Authenticator } from "./authenticator.ts";
import { api } from "./world.ts";

export interface Asked {
  readonly statement: object;
  readonly public_key: {
    readonly challenge: string;
    readonly allowCredentials?: readonly { readonly id: string }[];
  };
}
export interface Passkey {
  readonly id: string;
  readonly person: string;
  readonly confirmed_by: string | null;
}

export const post = (path: string, token: string, body: unknown = {}): Promise<Response> =>
  api(path, token, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

export async function json<T>(answer: Promise<Response>): Promise<T> {
  const response = await answer;
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json<T>();
}

export const slug = async (answer: Promise<Response>): Promise<string> =>
  (await (await answer).json<{ type: string }>()).type.split("/").at(-1) ?? "";

/** A passkey of this person, registered and not yet confirmed. */
export async function registered(person: string): Promise<Authenticator> {
  const authenticator = await Authenticator.make();
  const { statement, public_key } = await json<Asked>(post("/api/v1/passkeys/challenge", person));
  const credential = await authenticator.register({ challenge: public_key.challenge });
  const passkey = await json<Passkey>(post("/api/v1/passkeys", person, { statement, credential }));
  expect(passkey).toMatchObject({ id: authenticator.id, person, confirmed_by: null });
  return authenticator;
}
