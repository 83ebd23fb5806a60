/** What the servers answer: a bookshop, whatever the zone is called. */
import { headerOf, pathOf, queryOf, type Visit } from "./visit.ts";

export interface Page {
  readonly status: number;
  /** Of the servers' work; 1 is an ordinary page. */
  readonly cost: number;
  readonly type: string;
  readonly body: string;
  readonly location?: string;
}

const html = (title: string, status = 200, cost = 1): Page => ({
  status,
  cost,
  type: "text/html; charset=utf-8",
  body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title} · Harbor Books</title></head><body><h1>${title}</h1></body></html>\n`,
});
const json = (value: unknown, status = 200, cost = 0.5): Page => ({
  status,
  cost,
  type: "application/json",
  body: `${JSON.stringify(value)}\n`,
});
const file = (type: string, body: string): Page => ({ status: 200, cost: 0.2, type, body });

/** The password that opens every account of the shop; other people's passwords do not. */
export const PASSWORD = "correct-horse";

type Answer = (visit: Visit, rest: string) => Page;

const ROUTES: readonly (readonly [methods: string, path: RegExp, answer: Answer])[] = [
  ["GET", /^\/$/, () => html("Books from the harbor")],
  ["GET", /^\/books\/(\d{1,6})$/, (_, id) => html(`Book ${id}`)],
  ["GET", /^\/books$/, () => html("All books")],
  // A search looks at everything: this is what floods aim at.
  ["GET", /^\/search$/, ({ uri }) => html(`Results for ${queryOf(uri).length} characters`, 200, 4)],
  ["GET", /^\/(?:cart|account|about|imprint)$/, (_, name) => html(name || "Page")],
  ["GET", /^\/login$/, () => html("Sign in")],
  ["POST", /^\/login$/, signIn],
  ["GET", /^\/checkout$/, () => html("Checkout")],
  ["POST", /^\/(?:checkout|cart)$/, () => html("Thank you", 200, 2)],
  ["GET", /^\/covers\/[\w-]{1,40}\.jpg$/, () => file("image/jpeg", "a cover\n")],
  ["GET", /^\/assets\/[\w.-]{1,60}\.(?:js|css|woff2)$/, () => file("text/plain", "an asset\n")],
  ["GET", /^\/robots\.txt$/, () => file("text/plain", "User-agent: *\nDisallow: /cart\n")],
  ["GET", /^\/sitemap\.xml$/, () => file("application/xml", "<urlset/>\n")],
  ["GET", /^\/favicon\.ico$/, () => file("image/x-icon", "an icon\n")],
  ["GET", /^\/healthz$/, () => ({ ...json({ status: "ok" }), cost: 0.1 })],
  ["GET", /^\/api\/v1\/(?:books|stock|catalogue)(?:\/\d{1,6})?$/, () => json({ items: [] })],
  ["POST", /^\/api\/v1\/orders$/, () => json({ order: "accepted" }, 201, 2)],
  ["POST", /^\/api\/v1\/login$/, signIn],
];

export function pageFor(visit: Visit, uri: string): Page {
  const path = pathOf(uri);
  const method = visit.method === "HEAD" ? "GET" : visit.method;
  let isKnownPath = false;
  for (const [methods, pattern, answer] of ROUTES) {
    const found = pattern.exec(path);
    if (found === null) continue;
    if (methods === method) return answer(visit, found[1] ?? path.slice(1));
    isKnownPath = true;
  }
  if (method === "OPTIONS") return { ...html("", 204, 0.1), body: "" };
  return isKnownPath ? html("Not allowed here", 405, 0.2) : html("Nothing here", 404, 0.3);
}

function signIn(visit: Visit): Page {
  const text = typeof visit.body === "string" ? visit.body : new TextDecoder().decode(visit.body);
  const given = text.includes("password") ? text : headerOf(visit, "authorization");
  return given.includes(PASSWORD)
    ? { ...html("Welcome back", 302, 1), location: "/account" }
    : html("That was not right", 401, 1);
}
