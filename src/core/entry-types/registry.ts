/** All types of entries. Adding one is a line in its family, or a file and a line here. */
import { ADMINISTRATION } from "./administration.ts";
import { CHANGES } from "./changes.ts";
import { DECISIONS } from "./decisions.ts";
import type { EntryKind } from "./entry-kind.ts";
import { FINDINGS } from "./findings.ts";

const TYPES = { ...FINDINGS, ...DECISIONS, ...CHANGES, ...ADMINISTRATION };

export type EntryType = keyof typeof TYPES;

export const ENTRY_TYPES: Readonly<Record<EntryType, EntryKind>> = TYPES;
