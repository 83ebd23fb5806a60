/** What a terminal shows in colour; without colours the text as it is. */
export function inkOf(colours) {
  const code = (open, close) => (text) =>
    colours ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    good: code(32, 39),
    bad: code(31, 39),
    place: code(36, 39),
    heading: code(1, 22),
    quiet: code(2, 22),
  };
}
