/**
 * Text for a terminal: what a terminal would obey or an eye would not see stands as its escape. Much of what is printed was
 * written by others, and an escape is the same text to whoever reads it as JSON.
 */
export const visible = (text) =>
  text.replace(/[^\P{C}\n\t]|[\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => escapeOf(character, index)).join(""),
  );

const escapeOf = (character, index) =>
  `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
