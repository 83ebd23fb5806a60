/** What the visitor gets to see of a passage: bodies and headers as Cloudflare writes them. */
import { factsOfVisit } from "./facts.ts";
import type { Passage, Result } from "./edge.ts";
import type { Rulebook } from "./rulebook.ts";
import type { CustomAnswer } from "./firewall.ts";
import { CLEARANCE_PATH } from "./clearance.ts";
import { TEAM_DOMAIN } from "./sign-on.ts";
import { withResponseHeaders } from "./transforms.ts";
import { headerOf, type Visit } from "./visit.ts";

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const RAY_SUFFIX = "SBX";
/** Statuses that carry no body. */
const BODILESS = new Set([204, 304]);

export function responseOf(passage: Passage, book: Rulebook): Response {
  const { visit } = passage;
  const answer = answerOf(passage);
  const headers = new Headers({
    date: new Date(visit.atMs).toUTCString(),
    "content-type": answer.type,
    server: "cloudflare",
    "cf-ray": `${visit.ray}-${RAY_SUFFIX}`,
    ...answer.headers,
  });
  if (passage.cache !== "none") headers.set("cf-cache-status", passage.cache.toUpperCase());
  // Rules about response headers see what comes from the site, not Cloudflare's own pages.
  if (passage.result.kind === "served")
    withResponseHeaders(book, factsOfVisit(visit, visit.uri, book.lists), headers);
  const isEmpty = visit.method === "HEAD" || BODILESS.has(answer.status);
  return new Response(isEmpty ? null : answer.body, { status: answer.status, headers });
}

function answerOf({ result, visit, status }: Passage): Answer {
  switch (result.kind) {
    case "served": {
      const { type, body, location } = result.page;
      const headers: Record<string, string> = location === undefined ? {} : { location };
      return { status, type, body, headers };
    }
    case "redirected":
      return {
        status,
        type: "text/html",
        body: "",
        headers: { location: result.redirect.location },
      };
    case "signed_out":
      return {
        status,
        type: "text/html",
        body: "",
        headers: { location: signInAt(visit, result.aud), "cache-control": "private, max-age=0" },
      };
    case "refused":
      return page(visit, status, {
        title: "Forbidden",
        says: "You don't have access to this page.",
        code: 403,
      });
    case "error":
      return ofCloudflare(visit, status, result.code);
    case "stopped":
      return stopped(result, visit, status);
  }
}

const PRIVATE = {
  "cache-control":
    "private, max-age=0, no-store, no-cache, must-revalidate, post-check=0, pre-check=0",
  expires: "Thu, 01 Jan 1970 00:00:01 GMT",
  "x-frame-options": "SAMEORIGIN",
  "referrer-policy": "same-origin",
};

function stopped(
  { stop }: Extract<Result, { kind: "stopped" }>,
  visit: Visit,
  status: number,
): Answer {
  if (stop.kind === "challenge") {
    return {
      status,
      type: "text/html; charset=UTF-8",
      body: challengePage(visit),
      headers: {
        ...PRIVATE,
        "cf-mitigated": "challenge",
        "accept-ch":
          "Sec-CH-UA-Bitness, Sec-CH-UA-Arch, Sec-CH-UA-Full-Version, Sec-CH-UA-Mobile, Sec-CH-UA-Model, Sec-CH-UA-Platform",
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
      },
    };
  }
  if (stop.custom !== undefined) return customised(stop.custom, status);
  if (stop.kind === "limited") {
    const limited = ofCloudflare(visit, status, 1015);
    return { ...limited, headers: { ...limited.headers, "retry-after": String(stop.retryAfterS) } };
  }
  return page(visit, status, {
    title: "Attention Required! | Cloudflare",
    says: "Sorry, you have been blocked. This website is using a security service to protect itself from online attacks.",
    code: 1020,
  });
}

const customised = ({ contentType, content }: CustomAnswer, status: number): Answer => ({
  status,
  type: contentType,
  body: content,
  headers: PRIVATE,
});

const ERRORS: Readonly<Record<number, readonly [title: string, says: string]>> = {
  1001: ["DNS resolution error", "This name leads to nothing behind Cloudflare's network."],
  1010: [
    "Access denied",
    "The owner of this website has banned your access based on your browser's signature.",
  ],
  1015: [
    "You are being rate limited",
    "The owner of this website has banned you temporarily from accessing it.",
  ],
  522: ["Connection timed out", "The origin web server does not answer."],
};

function ofCloudflare(visit: Visit, status: number, code: number): Answer {
  const [title = "", says = ""] = ERRORS[code] ?? [];
  return page(visit, status, { title, says, code });
}

/** Browsers get a page, everybody else one line. */
function page(
  visit: Visit,
  status: number,
  { title, says, code }: { readonly title: string; readonly says: string; readonly code: number },
): Answer {
  if (!headerOf(visit, "accept").includes("text/html"))
    return {
      status,
      type: "text/plain; charset=UTF-8",
      body: `error code: ${code}`,
      headers: PRIVATE,
    };
  const body = `<!DOCTYPE html>
<html lang="en-US"><head><title>${title}</title><meta charset="UTF-8"></head>
<body><h1>${title}</h1><p>${says}</p><p>Error ${code} · Cloudflare Ray ID: <strong>${visit.ray}</strong></p></body></html>
`;
  return { status, type: "text/html; charset=UTF-8", body, headers: PRIVATE };
}

/** A browser does the sum and comes back with the cookie; whoever runs no script stays here. */
function challengePage({ ray, uri }: Visit): string {
  const back = JSON.stringify(uri).replaceAll("<", "\\u003c");
  return `<!DOCTYPE html>
<html lang="en-US"><head><title>Just a moment...</title><meta charset="UTF-8"><meta name="robots" content="noindex,nofollow"></head>
<body><h1>Verifying you are human</h1><noscript>Enable JavaScript and cookies to continue</noscript>
<script>
const ray = "${ray}";
let sum = 0;
for (const character of ray) sum = (sum * 31 + character.charCodeAt(0)) % 1000003;
location.replace("${CLEARANCE_PATH}?ray=" + ray + "&sum=" + sum + "&to=" + encodeURIComponent(${back}));
</script></body></html>
`;
}

function signInAt({ host, uri }: Visit, aud: string): string {
  const back = encodeURIComponent(`https://${host}${uri}`);
  return `https://${TEAM_DOMAIN}/cdn-cgi/access/login/${host}?kid=${aud}&redirect_url=${back}`;
}
