/** Addresses that are secrets themselves: whoever knows them may use them. Better one too many than one too few. */

/** Shorter pieces say too little to be a secret. */
const LENGTH_MIN = 8;
/** Letters that people put together: a word, several in one (`nightShift`), with a number behind; or a short number. */
const WORD = /^(?:[A-Z]{0,20}|[A-Za-z]?[a-z]{2,20}(?:[A-Z][a-z]{2,20})*)\d{0,4}$/;
const NUMBER = /^\d{1,8}$/;
const NAMED = /(?:^|[_-])(?:token|key|secret|sig|signature|password|passwd|pwd|auth|code)s?$/i;

const isRandom = (piece: string): boolean =>
  piece.length >= LENGTH_MIN &&
  piece.split(/[-_.~+]+/).some((run) => !WORD.test(run) && !NUMBER.test(run));

/** Of a query: `name=value`, or either alone. */
function isSecretPair(pair: string): boolean {
  const [name = "", ...value] = pair.split("=");
  const isNamed = NAMED.test(name) && value.join("") !== "";
  return isNamed || pair.split(/[=/:,]/).some(isRandom);
}

/** Whether the address has a user, a piece that looks like no word, or a value that is called a secret. */
export function tellsSecret(address: string): boolean {
  const text = decoded(address);
  if (text === null) return true;
  const [, rest = text] = /^[a-z][a-z0-9+.-]*:\/\/(.*)$/is.exec(text) ?? [];
  const [place = "", ...queries] = rest.split(/[?#&;]/);
  const [host = "", ...path] = place.split("/");
  if (host.includes("@")) return true;
  const pieces = [...host.split(/[.:]/), ...path.flatMap((piece) => piece.split(/[:,=@]/))];
  return pieces.some(isRandom) || queries.some(isSecretPair);
}

/** Null: it is not encoded as an address is. */
function decoded(address: string): string | null {
  try {
    return decodeURIComponent(address);
  } catch {
    return null;
  }
}
