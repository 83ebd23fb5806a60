/** Why a resource is neither declared nor printed, where its kind knows more than that. */
import { textOf } from "../canonical.ts";
import type { ObservedResource } from "../resource.ts";
import { apiToken } from "./api-token.ts";
import { notificationWebhook } from "./notification-webhook.ts";

const REASONS: ReadonlyMap<string, (resource: ObservedResource) => string> = new Map([
  [
    notificationWebhook.name,
    () => "its URL looks like a secret, so it is not shown: declare it by hand",
  ],
  [
    apiToken.name,
    ({ fields }: ObservedResource) => {
      const end = textOf(fields["expires_on"]);
      const until = end === "" ? "" : ` until ${end}`;
      return `Terraform would keep its value, so it is only named; ${textOf(fields["status"])}${until}`;
    },
  ],
]);

export const whyLeftOut = (resource: ObservedResource): string | null =>
  REASONS.get(resource.kind)?.(resource) ?? null;
