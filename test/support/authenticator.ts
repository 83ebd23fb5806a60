/** An authenticator in software: real keys, real signatures, and knobs for everything that can be wrong with them. */

const text = new TextEncoder();
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
const sha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** As much CBOR as WebAuthn needs. */
function cbor(value: unknown): Uint8Array {
  const head = (major: number, length: number): number[] =>
    length < 24
      ? [major * 32 + length]
      : length < 256
        ? [major * 32 + 24, length]
        : [major * 32 + 25, Math.floor(length / 256), length % 256];
  if (typeof value === "number")
    return new Uint8Array(value >= 0 ? head(0, value) : head(1, -1 - value));
  if (typeof value === "string") {
    const bytes = text.encode(value);
    return new Uint8Array([...head(3, bytes.length), ...bytes]);
  }
  if (value instanceof Uint8Array) return new Uint8Array([...head(2, value.length), ...value]);
  if (value instanceof Map)
    return new Uint8Array([
      ...head(5, value.size),
      ...[...value].flatMap(([key, member]) => [...cbor(key), ...cbor(member)]),
    ]);
  throw new Error("not needed");
}

/** WebCrypto signs raw, WebAuthn wants DER. */
function der(raw: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array): number[] => {
    const from = bytes.findIndex((byte) => byte !== 0);
    const short = [...bytes.subarray(from < 0 ? bytes.length - 1 : from)];
    const padded = (short[0] ?? 0) > 127 ? [0, ...short] : short;
    return [2, padded.length, ...padded];
  };
  const body = [...integer(raw.subarray(0, 32)), ...integer(raw.subarray(32))];
  return new Uint8Array([48, body.length, ...body]);
}

export interface Ceremony {
  readonly challenge: string;
  readonly origin?: string;
  readonly rpId?: string;
  /** Whether the person was verified, by a fingerprint or the like. */
  readonly verified?: boolean;
  readonly type?: string;
  readonly counter?: number;
}

const PRESENT = 1;
const VERIFIED = 4;
const ATTESTED = 64;

export class Authenticator {
  readonly id: string;
  readonly #rawId: Uint8Array;
  readonly #keys: CryptoKeyPair;
  #counter = 0;

  private constructor(keys: CryptoKeyPair, rawId: Uint8Array) {
    this.#keys = keys;
    this.#rawId = rawId;
    this.id = base64url(rawId);
  }

  static async make(): Promise<Authenticator> {
    const curve = { name: "ECDSA", namedCurve: "P-256" };
    const keys = (await crypto.subtle.generateKey(curve, true, [
      "sign",
      "verify",
    ])) as CryptoKeyPair;
    return new Authenticator(keys, crypto.getRandomValues(new Uint8Array(32)));
  }

  /** What `navigator.credentials.create` gives, as far as the API asks for it. */
  async register(ceremony: Ceremony) {
    const point = new Uint8Array(
      (await crypto.subtle.exportKey("raw", this.#keys.publicKey)) as ArrayBuffer,
    );
    const cose = cbor(
      new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, point.subarray(1, 33)],
        [-3, point.subarray(33)],
      ]),
    );
    const data = new Uint8Array([
      ...(await this.#data(ceremony, ATTESTED)),
      ...new Uint8Array(16),
      0,
      this.#rawId.length,
      ...this.#rawId,
      ...cose,
    ]);
    const attestation = new Map<string, unknown>([
      ["fmt", "none"],
      ["attStmt", new Map()],
      ["authData", data],
    ]);
    return {
      id: this.id,
      response: {
        attestationObject: base64url(cbor(attestation)),
        clientDataJSON: base64url(client({ type: "webauthn.create", ...ceremony })),
      },
    };
  }

  /** What `navigator.credentials.get` gives. */
  async sign(ceremony: Ceremony) {
    this.#counter = ceremony.counter ?? this.#counter + 1;
    const data = await this.#data(ceremony, 0);
    const clientData = client({ type: "webauthn.get", ...ceremony });
    const signature = await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      this.#keys.privateKey,
      new Uint8Array([...data, ...(await sha256(clientData))]),
    );
    return {
      id: this.id,
      response: {
        authenticatorData: base64url(data),
        clientDataJSON: base64url(clientData),
        signature: base64url(der(new Uint8Array(signature))),
      },
    };
  }

  async #data(
    { rpId = "localhost", verified = true }: Ceremony,
    flags: number,
  ): Promise<Uint8Array> {
    const hash = await sha256(text.encode(rpId));
    const counter = [24, 16, 8, 0].map((shift) => Math.floor(this.#counter / 2 ** shift) % 256);
    return new Uint8Array([...hash, PRESENT + (verified ? VERIFIED : 0) + flags, ...counter]);
  }
}

const client = ({ type, challenge, origin = "http://localhost:8787" }: Ceremony): Uint8Array =>
  text.encode(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
