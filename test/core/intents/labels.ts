/** How a text is labelled with what it means: paths, and those of their parameters that the text speaks of. */
import type { JsonObject } from "../../../src/core/canonical.ts";

export interface Labelled {
  readonly text: string;
  readonly paths: readonly (readonly [path: string, parameters: JsonObject])[];
}

export const EDGE = "secure-api-edge";
export const SCALE = "scale-with-waf";
export const PCI = "pci-dss-baseline";
export const EGRESS = "zero-trust-egress";
export const STATIC = "static-site";
export const SERVICE = "api-service";
export const MAIL = "email-authentication";
export const DOWN = "maintenance-page";
export const GEO = "geo-restriction";
export const ROTATE = "credential-rotation";

export const is = (text: string, path: string, parameters: JsonObject = {}): Labelled => ({
  text,
  paths: [[path, parameters]],
});

export const both = (text: string, ...paths: Labelled["paths"]): Labelled => ({ text, paths });
