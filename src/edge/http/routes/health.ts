import { z } from "zod";
import { ok } from "../../../core/result.ts";
import { defineRoute } from "../route.ts";

export const healthRoutes = [
  defineRoute({
    method: "GET",
    path: "/healthz",
    id: "health",
    summary: "Whether the API answers",
    right: "public",
    out: z.object({
      status: z.literal("ok"),
      version: z.string(),
      sandbox: z.boolean(),
      swarm_token: z.enum(["read_only", "can_write", "unknown"]),
    }),
    handle: async ({ ports }) => {
      const { version, sandbox } = ports;
      const swarmToken = await ports.tokenAccess();
      return ok({ body: { status: "ok" as const, version, sandbox, swarm_token: swarmToken } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/openapi.json",
    id: "openapi",
    summary: "This document",
    right: "public",
    out: z.looseObject({ openapi: z.string() }),
    handle: async ({ describe }) => ok({ body: { openapi: "3.1.1", ...describe() } }),
  }),
];
