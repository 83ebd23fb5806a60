import { objectList } from "./object-list.ts";

export const kvNamespaces = objectList({ kind: "kv_namespace", perPage: 1_000 });
export const d1Databases = objectList({ kind: "d1_database", perPage: 1_000, idMember: "uuid" });
