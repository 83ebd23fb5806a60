/** The code of the Worker that tells mail servers the domain's MTA-STS policy (RFC 8461). */
export const MTA_STS_CODE = `export default {
  fetch(request, env) {
    if (new URL(request.url).pathname !== "/.well-known/mta-sts.txt") return new Response("not found", { status: 404 });
    const lines = ["version: STSv1", "mode: " + env.MODE, ...env.MX.split(" ").map((mx) => "mx: " + mx), "max_age: " + env.MAX_AGE];
    return new Response(lines.join("\\r\\n") + "\\r\\n", { headers: { "content-type": "text/plain; charset=utf-8" } });
  },
};
`;
