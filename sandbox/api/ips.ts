/** Cloudflare's own networks; here documentation networks, so that nobody allows them by mistake. */
import type { Operation } from "../product.ts";

const RESULT = {
  ipv4_cidrs: ["192.0.2.0/24", "198.51.100.0/24"],
  ipv6_cidrs: ["2001:db8::/32"],
  etag: "5f3c8a1d9be24f70a6b1c2d3e4f50617",
};

export const IPS: readonly Operation[] = [
  { method: "GET", path: "/ips", needs: "public", handle: () => ({ result: RESULT }) },
];
