// Native tools name one optional package per platform. npm drops from the lock file, without a
// word, those that it could not resolve, and `npm ci` then refuses the file. So: each one asked for
// must be locked as asked for.
import { readFileSync } from "node:fs";

const file = process.argv[2] ?? "package-lock.json";
const { packages } = JSON.parse(readFileSync(file, "utf8"));

/** The folders in which Node looks for what the package at `path` requires, nearest first. */
function searchPath(path) {
  const folders = [];
  for (let at = path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/"))))
    folders.push(`${at}/node_modules`);
  return [...folders, "node_modules"];
}

function isLocked(path, name, wanted) {
  const exact = /^\d/.test(wanted);
  return searchPath(path).some((folder) => {
    const found = packages[`${folder}/${name}`];
    return found !== undefined && (!exact || found.version === wanted);
  });
}

const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
  Object.entries(optionalDependencies)
    .filter(([name, wanted]) => !isLocked(path, name, wanted))
    .map(([name, wanted]) => `${file}: ${path} asks for ${name}@${wanted}, which is not locked`),
);
if (missing.length > 0) {
  console.error(missing.join("\n"));
  process.exitCode = 1;
}
