/** Ordinary traffic of shops, APIs, content systems, analytics, developers' tools and people who write about technology. */
import * as fc from "fast-check";
import type { RecordedRequest } from "../../../src/core/expression/request.ts";

const AGENTS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "curl/8.11.0",
  "python-requests/2.32.3",
  "Java/17.0.9",
  "okhttp/4.12.0",
  "PostmanRuntime/7.43.0",
  "Apache-HttpClient/4.5.14 (Java/11.0.21)",
  "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
];
const SENTENCES = [
  "How do I configure log4j in Spring Boot?",
  "Use ${variable} in a template literal, e.g. `Hello ${name}`",
  "class.module is not a function",
  "The path ../images/logo.png does not resolve; try ../../assets",
  "SELECT name FROM users WHERE id = 1",
  "function() { return this.then(x => x.y); }",
  "Does CVE-2021-44228 affect us? jndi lookups are off",
  "50% off {{ product.name }} & more!",
  "Redirect from http://example.com/?a=b&c=d to https://example.org/#top",
  "java.lang.NullPointerException at org.apache.commons.io.IOUtils.toString",
  '#!/bin/bash\nfor f in *.log; do echo "$f"; done; export PORT=${PORT:-8080}',
  "Object.prototype.__proto__ and the constructor property",
  "C:\\Users\\admin\\Documents\\report.docx",
  "const {data} = await fetch(`/api/${id}`); if (data) { render() }",
  "{% if user %}Hi {{ user.name }}{% endif %} %{count} items",
  "Ünïcödé – 日本語 🎉",
  '<p>Rich <b>text</b> with an <img src="/a.png"></p>',
  "Kubernetes: ${{ secrets.TOKEN }} in a workflow",
];
const WORDS = [
  "red",
  "shoes",
  "summer",
  'laptop 15"',
  "O'Brien",
  "C++",
  "a&b",
  "100%",
  "email@shop.example",
  "naïve",
  "rock-n-roll",
  "jndi",
  "confluence",
  "struts",
  "50/50",
  "$5",
  "{size}",
  "select all",
];
const PATHS = [
  "/",
  "/login",
  "/products/42",
  "/cart",
  "/search",
  "/blog/2024/05/log4shell-explained",
  "/assets/app.3f9c.js",
  "/static/css/main.css",
  "/images/hero@2x.png",
  "/favicon.ico",
  "/robots.txt",
  "/wp-admin/admin-ajax.php",
  "/wp-json/wp/v2/posts",
  "/wp-content/plugins/contact-form-7/includes/js/index.js",
  "/wp-login.php",
  "/index.php",
  "/user/register",
  "/users/password/new",
  "/node/12/edit",
  "/api/v1/users/17",
  "/api/v2/orders",
  "/graphql",
  "/oauth/token",
  "/.well-known/openid-configuration",
  "/api/v1/validate/email",
  "/actuator/health",
  "/metrics",
  "/rest/api/2/search",
  "/rest/api/latest/projects",
  "/display/DOCS/Getting+Started",
  "/pages/viewpage.action",
  "/secure/Dashboard.jspa",
  "/jenkins/job/build/42/console",
  "/grafana/d/abc/overview",
  "/public/build/app.js",
  "/owa/",
  "/autodiscover/autodiscover.xml",
  "/_layouts/15/start.aspx",
  "/sites/team/SitePages/Home.aspx",
  "/uploads/user/avatar.jpg",
  "/group/project/-/merge_requests/7",
  "/console/login",
  "/cli-docs",
  "/remote/login",
  "/collect",
  "/g/collect",
  "/_next/static/chunks/main.js",
  "/_next/data/x/index.json",
  "/cgi-bin/status",
  "/vpn/index.html",
  "/webui",
  "/app/rest/builds",
  "/docs/struts2/ognl-guide",
  "/a/b/../c",
  "/%E6%97%A5%E6%9C%AC",
  "/files/My%20Report%20(final).pdf",
];
const COOKIES = [
  "session=8521F670; theme=dark",
  '_ga=GA1.2.1.1; _gid=GA1.2.2.2; consent={"a":true}',
  "PHPSESSID=abc123; cart=%7B%22id%22%3A3%7D",
  "NSC_abc=ffffffff; JSESSIONID=0000A",
  "X-BackEndCookie=S-1-5~abc",
  "next-auth.session-token=eyJhbGciOi",
];

const word = fc.constantFrom(...WORDS);
const sentence = fc.constantFrom(...SENTENCES);
const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        "q",
        "page",
        "sort",
        "filter[color]",
        "utm_source",
        "id",
        "redirect",
        "callback",
        "tags[]",
        "_",
        "lang",
        "user[email]",
        "action",
        "class",
        "jsp",
      ),
      fc.oneof(word, fc.nat(9_999).map(String), sentence),
    ),
    { maxLength: 4 },
  )
  .map((pairs) =>
    pairs
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .join("&"),
  );

const json = fc
  .oneof(
    fc.record({ title: sentence, tags: fc.array(word, { maxLength: 3 }), published: fc.boolean() }),
    fc.record({
      query: fc.constant(
        "query($id: ID!) { product(id: $id) { name price reviews(first: 3) { nodes { text } } } }",
      ),
      variables: fc.record({ id: fc.nat(999).map(String) }),
      operationName: fc.constant("Product"),
    }),
    fc.record({
      events: fc.array(
        fc.record({
          name: fc.constantFrom("page_view", "click", "error"),
          url: fc.constantFrom(...PATHS),
          message: sentence,
          ts: fc.nat(),
        }),
        { maxLength: 4 },
      ),
    }),
    fc.record({
      user: fc.record({ email: fc.constant("alice@shop.example"), name: word }),
      status: fc.constantFrom("resolved", "open"),
      next: fc.constant("continue"),
    }),
    fc.record({
      content: fc.array(sentence, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("\n")),
      format: fc.constant("markdown"),
    }),
  )
  .map((value) => JSON.stringify(value));
const form = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        "comment",
        "title",
        "email",
        "user[email]",
        "csrf",
        "class",
        "name",
        "uploadFileName",
      ),
      fc.oneof(word, sentence),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((pairs) =>
    pairs
      .map(
        ([name, value]) =>
          `${encodeURIComponent(name)}=${encodeURIComponent(value).replaceAll("%20", "+")}`,
      )
      .join("&"),
  );
const multipart = fc
  .tuple(sentence, word)
  .map(
    ([text, file]) =>
      `--b\r\nContent-Disposition: form-data; name="file"; filename="${file.replaceAll('"', "")}.txt"\r\nContent-Type: text/plain\r\n\r\n${text}\r\n--b--\r\n`,
  );
const action = fc
  .tuple(word, fc.nat(99))
  .map(([name, count]) => JSON.stringify(["$K1", { name, count, ref: "$1:props:children" }]));

type Body = readonly [
  type: string | null,
  body: string,
  method: string,
  extra: readonly (readonly [string, string])[],
];
const body: fc.Arbitrary<Body> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom<Body>([null, "", "GET", []], [null, "", "HEAD", []]) },
  { weight: 3, arbitrary: json.map((text): Body => ["application/json", text, "POST", []]) },
  {
    weight: 2,
    arbitrary: form.map((text): Body => ["application/x-www-form-urlencoded", text, "POST", []]),
  },
  {
    weight: 1,
    arbitrary: multipart.map((text): Body => ["multipart/form-data; boundary=b", text, "POST", []]),
  },
  {
    weight: 1,
    arbitrary: action.map((text): Body => [
      "text/plain;charset=UTF-8",
      text,
      "POST",
      [
        ["Next-Action", "7f3a1c"],
        ["RSC", "1"],
      ],
    ]),
  },
);

const request: fc.Arbitrary<RecordedRequest> = fc
  .tuple(
    fc.constantFrom(...PATHS),
    query,
    body,
    fc.constantFrom(...AGENTS),
    fc.constantFrom(...COOKIES),
    fc.constantFrom(
      "https://shop.example/",
      "https://www.google.com/search?q=log4j+%24%7Bexample%7D",
      "https://news.example/a?x=function()%7B%7D",
    ),
  )
  .map(([path, asked, [type, text, method, extra], agent, cookie, referer]) => ({
    method,
    host: "shop.example",
    uri: asked === "" ? path : `${path}?${asked}`,
    scheme: "https" as const,
    headers: [
      ["Host", "shop.example"],
      ["User-Agent", agent],
      ["Cookie", cookie],
      ["Referer", referer],
      ["Accept", "text/html,application/json;q=0.9,*/*;q=0.8"],
      ["Accept-Language", "fr-CH, fr;q=0.9, en;q=0.8"],
      ["Connection", "keep-alive"],
      ...(type === null ? [] : [["Content-Type", type] as const]),
      ...extra,
    ] as const,
    body: text,
  }));

export const benignRequests = (count: number): readonly RecordedRequest[] =>
  fc.sample(request, { numRuns: count, seed: 7 });
