/** The code of the Worker behind a maintenance page. Who works on the site passes through to the origin. */
export const MAINTENANCE_CODE = `const escape = (text) => text.replace(/[&<>"]/g, (one) => "&#" + one.charCodeAt(0) + ";");

export default {
  async fetch(request, env) {
    const allowed = env.ALLOWED_ADDRESSES.split(" ").filter(Boolean);
    if (allowed.includes(request.headers.get("cf-connecting-ip") ?? "")) return fetch(request);
    const page = '<!doctype html><meta charset="utf-8"><title>Maintenance</title><h1>Maintenance</h1><p>' + escape(env.MESSAGE) + "</p>";
    return new Response(page, {
      status: 503,
      headers: {
        "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "retry-after": env.RETRY_AFTER,
        "content-security-policy": "default-src 'none'", "x-content-type-options": "nosniff",
      },
    });
  },
};
`;
