import * as fc from "fast-check";
import { expect, it } from "vitest";
import { tellsSecret } from "../../../src/core/kinds/secret-address.ts";

it.each([
  "https://driftless.example/signals/notifications",
  "https://hooks.harbor-books.example/night",
  "https://hooks.example:8443/api/v2/alerts/on-call?channel=ops&page=12",
  "https://alerts.harbor-books.example/cloudflare/nightShift/team7/2026",
  "https://my-worker.harbor-books.workers.dev/webhook_receiver",
  "https://hooks.example/",
])("%s may be printed", (address) => {
  expect(tellsSecret(address)).toBe(false);
});

it.each([
  "https://hooks.slack.example/services/T0A1B2C3D/B0E4F5G6H/k3YfJ8aQz0LmN4vXw2RtBc7D",
  "https://discord.example/api/webhooks/1099511627776123456/abc",
  "https://chat.example/v1/spaces/AAAA/messages?key=x",
  "https://hooks.example/in?token=short",
  "https://hooks.example/in?v=k3YfJ8aQz0LmN4vX",
  "https://hooks.example/in?k3YfJ8aQz0LmN4vX",
  "https://hooks.example/in/f174e90a-fafe-4643-bbbc-4a0ed4fc8415",
  "https://hooks.example/in/%6B3YfJ8aQz0LmN4vX",
  "https://ops:guess@hooks.example/in",
  "https://ops@hooks.example/in",
  "https://eo1q9cz7xk2.m.pipedream.example/",
  "https://hooks.example/#k3YfJ8aQz0LmN4vX",
  "https://hooks.example/%zz",
])("%s is a secret", (address) => {
  expect(tellsSecret(address)).toBe(true);
});

it("finds what is random, wherever it stands", () => {
  const hex = fc.stringMatching(/^[0-9a-f]{32}$/).filter((text) => /\d[a-f]+\d/.test(text));
  const uuid = fc.uuid();
  const places = fc.constantFrom("/in/_", "/_/in", "/in?a=_", "/in?_", "/in;v=_", "/a/b/_/c?d=e");
  fc.assert(
    fc.property(fc.oneof(hex, uuid), places, (secret, place) => {
      expect(tellsSecret(`https://hooks.example${place.replace("_", secret)}`)).toBe(true);
    }),
  );
});
