/**
 * What Cloudflare's managed rules look for is not told to anybody. These are guesses that do their job on what each rule's
 * description names; they are the edge's own and the API never shows them.
 */
const ANYWHERE = (test: string): string =>
  [
    `lower(url_decode(http.request.uri)) ${test}`,
    `any(lower(http.request.headers.values[*])[*] ${test})`,
    `lower(http.request.body.raw) ${test}`,
  ].join(" or ");

export const MANAGED_PATTERNS: Readonly<Record<string, string>> = {
  // Log4j headers
  "5de7edfa648c4d6891dc3e7f84534ffa":
    'any(lower(http.request.headers.values[*])[*] contains "${jndi:") or any(lower(http.request.headers.values[*])[*] contains "${${")',
  // SSRF to a cloud metadata service
  ec42fb5d22a94f319a3e00fde0adc03b: ANYWHERE('contains "169.254.169.254"'),
  // Version control information disclosure
  e3a567afc347477d9702d9047e97d760:
    'lower(http.request.uri.path) contains "/.git/" or lower(http.request.uri.path) contains "/.svn/" or lower(http.request.uri.path) contains "/.hg/"',
  // WordPress login brute force
  c3ef36e6a2d24a1d8a1f5a31c2a4b2d7:
    'ends_with(lower(http.request.uri.path), "/wp-login.php") and http.request.method eq "POST"',
  // SQL injection, generic comments
  a1a2b57f6d3b4d0f9f6a5d9d1c0e8b34:
    'lower(url_decode(http.request.uri.query)) contains "\'--" or lower(url_decode(http.request.uri.query)) contains "\' or 1=1" or lower(url_decode(http.request.uri.query)) contains "/**/union" or lower(url_decode(http.request.uri.query)) contains "union select"',
  // Anomaly in the URL of an API
  "0242110ae62e44028a13bf4834780914":
    'starts_with(http.request.uri.path, "/api/") and http.request.uri.query contains "%00"',
  // OWASP 911100: method is not allowed by policy
  "1129dfb383bb42e48466488cf3b37cb1":
    'not http.request.method in {"GET" "HEAD" "POST" "OPTIONS" "PUT" "PATCH" "DELETE"}',
  // OWASP 942100: SQL injection attack detected
  "04116d14d7524986ba314d11c8a41e11":
    'lower(url_decode(http.request.uri.query)) contains "union select" or lower(url_decode(http.request.uri.query)) contains "sleep(" or lower(url_decode(http.request.body.raw)) contains "union select"',
  // OWASP 920273: invalid character in request
  "6ff94f5a2a9c4a1f8d7a1f4a7a3c2b55":
    'http.request.uri contains "\\x00" or http.request.uri contains "<"',
};

/** OWASP 949110: it has no pattern, it sums up. */
export const OWASP_VERDICT = "6179ae15870a4bb7b2d480d4843b323c";
/** The default of the dashboard: anomaly scores of 40 and above. */
export const OWASP_THRESHOLD = 40;
