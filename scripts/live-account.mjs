// Live mode: a real Cloudflare account instead of the sandbox. Tokens pass through here and are
// never printed.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { StartError } from "./start-error.mjs";

const CLOUDFLARE_API = "https://api.cloudflare.com/client/v4";

/** The account's settings from the environment, and the environment rid of them. */
export function takeAccount(env) {
  const [readToken, writeToken] = ["CLOUDFLARE_READ_TOKEN", "CLOUDFLARE_WRITE_TOKEN"].map(
    (name) => {
      const token = env[name];
      if (!token) throw new StartError(`--live needs ${name}, which is not set`);
      // Child processes inherit the environment and have no need for it.
      delete env[name];
      return token;
    },
  );
  if (readToken === writeToken)
    throw new StartError("CLOUDFLARE_READ_TOKEN and CLOUDFLARE_WRITE_TOKEN must be two tokens");
  const apiBase = parseBase(env.CF_API_BASE || CLOUDFLARE_API);
  return {
    aws: takeAws(env),
    apiBase,
    isCloudflare: apiBase === CLOUDFLARE_API,
    readToken,
    writeToken,
  };
}

/**
 * The account of AWS beside it, if there is one: what the swarm is given to read with, and the vault to write with. Without
 * one both Workers are told so, whatever their files say.
 */
function takeAws(env) {
  const { AWS_ACCOUNT_ID: account = "", AWS_ACCOUNT_NAME: name = "" } = env;
  const [read, write] = ["READ", "WRITE"].map((role) =>
    ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY"].map((what) => {
      const variable = `AWS_${role}_${what}`;
      const value = env[variable] ?? "";
      // Child processes inherit the environment and have no need for it.
      delete env[variable];
      if (account !== "" && value === "")
        throw new StartError(`AWS_ACCOUNT_ID needs ${variable}, which is not set`);
      return value;
    }),
  );
  if (account !== "" && read[0] === write[0])
    throw new StartError("AWS_READ_ACCESS_KEY_ID and AWS_WRITE_ACCESS_KEY_ID must be two keys");
  const varsOf = ([key, secret]) => ({
    AWS_ACCOUNT_ID: account,
    AWS_ACCESS_KEY_ID: key,
    AWS_SECRET_ACCESS_KEY: secret,
  });
  return { swarm: { ...varsOf(read), AWS_ACCOUNT_NAME: name }, vault: varsOf(write) };
}

/** What the vault may be given beside its write token, in both modes; the environment is rid of it. */
export function takeVaultVars(env) {
  const { CLOUDFLARE_MINT_TOKEN: mint, VAULT_SEAL_KEY: key, TOKEN_ROTATE_DAYS: days } = env;
  for (const name of ["CLOUDFLARE_MINT_TOKEN", "VAULT_SEAL_KEY"]) delete env[name];
  if (key && !/^[0-9a-f]{64}$/i.test(key))
    throw new StartError("VAULT_SEAL_KEY must be 64 hex digits");
  if (days && !(Number(days) >= 0)) throw new StartError("TOKEN_ROTATE_DAYS must be a number");
  return {
    ...(mint && { CF_MINT_TOKEN: mint }),
    ...(key && { VAULT_SEAL_KEY: key }),
    ...(days && { TOKEN_ROTATE_DAYS: days }),
  };
}

function parseBase(text) {
  const url = URL.parse(text);
  const local = ["127.0.0.1", "localhost"].includes(url?.hostname);
  if (text === CLOUDFLARE_API || (local && /^https?:$/.test(url.protocol))) return text;
  // The Workers refuse to send a token anywhere else; said here, nobody has to look for it.
  throw new StartError(
    `CF_API_BASE \`${text}\` must be ${CLOUDFLARE_API} or a sandbox on this machine`,
  );
}

/** Two approvers: what two people have to sign for is nothing that one can do alone. */
const ROLES = { operator: "operator", approver: "approver", "approver-2": "approver" };

/**
 * Who may call our API in live mode: an operator and, apart from him, two approvers. Made once per
 * state directory; the file is the only place where their tokens stand, the swarm gets digests.
 */
export function principals(file) {
  const known = readTokens(file);
  const isWhole = known !== undefined && Object.keys(ROLES).every((name) => known[name]);
  // A file of an earlier version keeps its tokens and gets the one that it lacks.
  const tokens = isWhole ? known : makeTokens(file, known);
  return Object.entries(ROLES).map(([name, role]) => ({
    name,
    role,
    token_sha256: createHash("sha256").update(tokens[name]).digest("hex"),
  }));
}

function readTokens(file) {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw new StartError(`cannot read ${file}: ${error.code}`);
  }
  try {
    const tokens = JSON.parse(text);
    if (tokens.operator && tokens.approver) return tokens;
  } catch {
    // Said below, without the text: a JSON error quotes it, and it holds tokens.
  }
  throw new StartError(`${file} is damaged; delete it to make new tokens`);
}

function makeTokens(file, known = {}) {
  const tokens = Object.fromEntries(
    Object.keys(ROLES).map((name) => [name, known[name] ?? randomBytes(32).toString("base64url")]),
  );
  // Written beside it and moved: a crash leaves the old file or the new one.
  const fresh = `${file}.new`;
  writeFileSync(fresh, `${JSON.stringify(tokens, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, file);
  return tokens;
}
