/** The code of the Worker that an API service begins with: it answers for its health and shows what is bound. Code of the path. */
export const API_SERVICE_CODE = `export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz")
      return Response.json({ status: "ok", bindings: Object.keys(env).toSorted() });
    return Response.json({ title: "not found", status: 404 }, { status: 404, headers: { "content-type": "application/problem+json" } });
  },
};
`;
