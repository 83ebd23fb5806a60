import { objectList } from "./object-list.ts";

export const notificationWebhooks = objectList({ kind: "notification_webhook", perPage: null });
export const notificationPolicies = objectList({ kind: "notification_policy", perPage: null });
