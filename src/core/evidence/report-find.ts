/** What lets a reader find a change in a long report: a field, and the few lines that make it work. Without a script the report is whole. */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { toBase64 } from "../log/base64.ts";

/** Changes are shown while they have every word. Nothing is fetched, stored or written as markup. */
const SCRIPT = `
const field = document.getElementById("find"), count = document.getElementById("found");
const all = [...document.querySelectorAll("#changes tbody tr, section.change")];
const texts = all.map((one) => one.textContent.toLowerCase());
const rows = all.filter((one) => one.matches("tr")).length;
function find() {
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  all.forEach((one, at) => {
    one.hidden = !words.every((word) => texts[at].includes(word));
    if (!one.hidden && one.matches("tr")) shown += 1;
  });
  count.textContent = words.length === 0 ? "" : shown + " of " + rows;
}
field.addEventListener("input", find);
document.getElementById("finder").hidden = false;
find();
`;

const source = (text: string): string => `'sha256-${toBase64(sha256(utf8ToBytes(text)))}'`;

/** The page may run these lines, and nothing else; whatever a name from outside contains. */
export const policyFor = (style: string): string =>
  `default-src 'none'; style-src ${source(style)}; script-src ${source(SCRIPT)}; base-uri 'none'; form-action 'none'`;

export const FINDER = `<div id="finder" class="finder" hidden><label for="find">Find</label>
<input id="find" type="search" autocomplete="off" spellcheck="false" placeholder="scope, run, end, date…" aria-label="Find changes"> <output id="found" for="find"></output></div>`;

export const FINDER_SCRIPT = `<script>${SCRIPT}</script>`;
