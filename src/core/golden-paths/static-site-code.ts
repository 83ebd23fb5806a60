/**
 * The code of the Worker that serves a static site from its bucket. Nothing of a request or an intent is in it: what differs is
 * bound. It caches for itself: cache rules see what a Worker fetches, not what it answers.
 */
export const STATIC_SITE_CODE = `const TYPES = {
  html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8", json: "application/json", svg: "image/svg+xml", png: "image/png", jpg: "image/jpeg",
  jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", avif: "image/avif", ico: "image/x-icon", woff2: "font/woff2",
  txt: "text/plain; charset=utf-8", xml: "application/xml", pdf: "application/pdf", wasm: "application/wasm",
};

const keyOf = (pathname, index) => {
  try {
    return decodeURIComponent(pathname.slice(1)) + (pathname.endsWith("/") ? index : "");
  } catch {
    return null;
  }
};

async function notFound(env, isHead) {
  const page = await env.SITE.get(env.NOT_FOUND);
  const headers = { "content-type": TYPES.html, "cache-control": "no-store", "x-content-type-options": "nosniff" };
  return new Response(isHead ? null : (page?.body ?? "not found"), { status: 404, headers });
}

export default {
  async fetch(request, env, ctx) {
    const isHead = request.method === "HEAD";
    if (request.method !== "GET" && !isHead) return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    const { origin, pathname } = new URL(request.url);
    const key = keyOf(pathname, env.INDEX);
    if (key === null) return new Response("bad request", { status: 400 });
    // Without the query: a file is one file, whatever stands behind the question mark.
    const place = new Request(origin + pathname, { headers: request.headers });
    const isCached = env.CACHE_SECONDS !== "0" && !isHead;
    const hit = isCached ? await caches.default.match(place) : undefined;
    if (hit) return hit;
    const found = await env.SITE.get(key, { onlyIf: request.headers });
    if (found === null) return notFound(env, isHead);
    const extension = key.slice(key.lastIndexOf(".") + 1).toLowerCase();
    const headers = new Headers({
      "content-type": found.httpMetadata?.contentType ?? TYPES[extension] ?? "application/octet-stream",
      "cache-control": "public, max-age=0, s-maxage=" + env.CACHE_SECONDS, "x-content-type-options": "nosniff", etag: found.httpEtag,
    });
    if (!("body" in found)) return new Response(null, { status: 304, headers });
    if (isHead) return new Response(null, { headers });
    const answer = new Response(found.body, { headers });
    if (isCached) ctx.waitUntil(caches.default.put(place, answer.clone()));
    return answer;
  },
};
`;

/** Of version 1, as it was deployed: an upgrade has to know what it takes the place of. */
export const STATIC_SITE_CODE_V1 = `const TYPES = {
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
