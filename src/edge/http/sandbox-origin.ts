/**
 * Whether `base`, where the Cloudflare API is, can only be a sandbox. The text itself has to have
 * one of a few plain forms: a URL that needs interpreting (userinfo, other spellings of an address,
 * a trailing dot) is never one, because a mistake here would let the development tokens in.
 */
const HOST = String.raw`127\.0\.0\.1|localhost|\[::1\]`;
const PLAIN = new RegExp(String.raw`^https?:\/\/(${HOST})(?::\d{1,5})?(?:\/[\w./~-]*)?$`);

export function isSandboxOrigin(base: string): boolean {
  const host = PLAIN.exec(base)?.[1];
  // What the platform makes of it decides where requests go, so it has to agree.
  return host !== undefined && URL.canParse(base) && new URL(base).hostname === host;
}
