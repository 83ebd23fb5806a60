import { describe, expect, it } from "vitest";
import { isSandboxOrigin } from "../../../src/edge/http/sandbox-origin.ts";

const REAL_OR_TRICKY = [
  "https://api.cloudflare.com/client/v4",
  "http://127.0.0.1.evil.com",
  "http://127.0.0.1@api.cloudflare.com",
  "http://localhost@api.cloudflare.com/",
  "http://localhost:8788@api.cloudflare.com/",
  "http://api.cloudflare.com#127.0.0.1",
  "http://api.cloudflare.com/?http://127.0.0.1",
  "http://api.cloudflare.com\\@127.0.0.1",
  "http://127.0.0.1\\@api.cloudflare.com",
  "http://127.0.0.1.",
  "http://localhost.",
  "http://localhost./client/v4",
  "http://localhost.evil.com",
  "http://evil-localhost",
  "http://sandbox.evil.com",
  "http://sandbox.",
  "http://internal",
  "http://.internal",
  "http://x.internal.",
  "http://x.internal.evil.com",
  "http://a.b.internal",
  "http://sandbox/client/v4",
  "http://2130706433",
  "http://0x7f000001",
  "http://0177.0.0.1",
  "http://127.1",
  "http://127.0.0.2",
  "http://0.0.0.0",
  "http://[::ffff:127.0.0.1]",
  "http://[0:0:0:0:0:0:0:1]",
  "http://ⓛocalhost",
  "http://locаlhost",
  "http://127。0。0。1",
  "http://LOCALHOST",
  "HTTP://localhost",
  "http://localhost:99999",
  "http://%6cocalhost",
  "http://localhost%00.evil.com",
  "http://local\thost",
  "http://localhost\n",
  " http://localhost",
  "http:///localhost",
  "http:localhost",
  "//localhost",
  "ftp://localhost",
  "file://localhost/etc",
  "localhost",
  "javascript:localhost",
  "",
];

describe("isSandboxOrigin", () => {
  it.each([
    "http://127.0.0.1:8788/client/v4",
    "https://127.0.0.1",
    "http://localhost:8788",
    "http://localhost/",
    "http://[::1]:8788/client/v4",
  ])("takes %s for a sandbox", (base) => {
    expect(isSandboxOrigin(base)).toBe(true);
  });

  it.each(REAL_OR_TRICKY)("takes %j for the real thing", (base) => {
    expect(isSandboxOrigin(base)).toBe(false);
  });
});
