import { objectList } from "./object-list.ts";

export const workerDomains = objectList({ kind: "worker_domain", perPage: null });
