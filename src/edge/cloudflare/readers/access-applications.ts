import { objectList } from "./object-list.ts";

export const accessApplications = objectList({ kind: "access_application", perPage: 1000 });
