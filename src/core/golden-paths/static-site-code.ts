/** The code of the Worker that serves a static site from its bucket. Nothing of a request or an intent is in it: what differs is bound. */
export const STATIC_SITE_CODE = `const TYPES = {
  html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8",
  json: "application/json", svg: "image/svg+xml", png: "image/png", jpg: "image/jpeg", webp: "image/webp",
  ico: "image/x-icon", woff2: "font/woff2", txt: "text/plain; charset=utf-8", xml: "application/xml",
};

export default {
  async fetch(request, env) {
    if (request.method !== "GET" && request.method !== "HEAD")
      return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    const { pathname } = new URL(request.url);
    const key = decodeURIComponent(pathname.slice(1)) + (pathname.endsWith("/") ? env.INDEX : "");
    const found = (await env.SITE.get(key, { onlyIf: request.headers })) ?? null;
    if (found === null) {
      const page = await env.SITE.get(env.NOT_FOUND);
      return new Response(page?.body ?? "not found", { status: 404, headers: { "content-type": TYPES.html } });
    }
    const extension = key.slice(key.lastIndexOf(".") + 1).toLowerCase();
    const headers = new Headers({
      "content-type": found.httpMetadata?.contentType ?? TYPES[extension] ?? "application/octet-stream",
      "x-content-type-options": "nosniff", etag: found.httpEtag,
    });
    if (!("body" in found)) return new Response(null, { status: 304, headers });
    return new Response(request.method === "HEAD" ? null : found.body, { headers });
  },
};
`;
