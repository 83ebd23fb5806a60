import { objectList } from "./object-list.ts";

export const workerRoutes = objectList({ kind: "worker_route", perPage: null });
