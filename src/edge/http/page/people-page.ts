/**
 * The page for people: a passkey is registered and a plan approved there. One file without anything from elsewhere; its
 * policy lets no other script, style or address in than the ones that stand in it, each by its digest.
 */
import page from "./people.html";

async function sourceOf(element: "script" | "style"): Promise<string> {
  const text = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(page)?.[1];
  if (text === undefined) throw new Error(`the page has no ${element}`);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${Buffer.from(digest).toString("base64")}'`;
}

let headers: Promise<Readonly<Record<string, string>>> | undefined;

async function pageHeaders(): Promise<Readonly<Record<string, string>>> {
  const [script, style] = await Promise.all([sourceOf("script"), sourceOf("style")]);
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": [
      "default-src 'none'",
      `script-src ${script}`,
      `style-src ${style}`,
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join("; "),
    "permissions-policy":
      "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
  };
}

export const PEOPLE_PAGE = "/people";

export async function peoplePage(): Promise<Response> {
  headers ??= pageHeaders();
  return new Response(page, { headers: await headers });
}
