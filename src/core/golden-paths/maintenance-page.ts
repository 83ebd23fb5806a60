import { z } from "zod";
import { defineGoldenPath, listOf, nameFor, zoneOf } from "./golden-path.ts";
import { MAINTENANCE_CODE } from "./maintenance-code.ts";
import { address, hostname, LIST_MAX, outside, urlPath } from "./parameters.ts";
import { text, workerOf } from "./worker-parts.ts";

const NAME = "maintenance-page";

const parameters = z.strictObject({
  hostname: hostname.optional().meta({ description: "left out: the zone itself" }),
  path: urlPath.default("/").meta({ description: "below which the page is shown" }),
  message: z.string().min(1).max(500).default("We will be back soon."),
  retry_after_seconds: z.int().min(60).max(86_400).default(3_600),
  allowed_addresses: z
    .array(address)
    .max(LIST_MAX)
    .default([])
    .meta({ description: "who still gets to the site" }),
});

export const maintenancePage = defineGoldenPath({
  name: NAME,
  version: 1,
  title: { en: "Maintenance page", ko: "점검 페이지" },
  summary: {
    en: "Shows a page with status 503 in place of a site, but for those who work on it.",
    ko: "작업자를 제외한 방문자에게 503 점검 페이지를 보여 줍니다.",
  },
  needs: "zone",
  parameters,
  instance: ({ hostname: host }, state) => host ?? zoneOf(state).name,
  refuses: ({ hostname: host }, state) => outside(host, zoneOf(state).name),
  expand(given, state) {
    const host = given.hostname ?? zoneOf(state).name;
    const name = nameFor("maintenance", host, "");
    const path = given.path === "/" ? "/*" : `${given.path}*`;
    return {
      declares: {
        worker: [
          workerOf(name, MAINTENANCE_CODE, [
            text("MESSAGE", given.message),
            text("RETRY_AFTER", String(given.retry_after_seconds)),
            text("ALLOWED_ADDRESSES", given.allowed_addresses.join(" ")),
          ]),
        ],
        worker_route: [{ pattern: `${host}${path}`, script: name }],
      },
      retires: {},
      notes: ["the page stays until the route is taken out of the golden state"],
    };
  },
  invariants: [
    {
      name: "the page's code is the path's own",
      holds: (declares) =>
        listOf(declares["worker"]).every(({ content }) => content === MAINTENANCE_CODE),
    },
  ],
  cost: ["Workers by the request, while the page is shown"],
  risk: ["nobody else reaches the site while the page is shown"],
});
