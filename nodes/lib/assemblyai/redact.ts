/**
 * Takes the API key out of what a server sends. The service, a proxy before it or a server of somebody else's may quote the request's
 * headers. Everything is redacted before anything of it is cut, shown or stored: a key that is cut first is no more found whole.
 */

/** As many characters in a row are a piece of a key, not a coincidence. */
const PIECE = 8;
/** The longest quotation of a server's words, in characters. */
const LONGEST_TEXT = 500;
const MARK = "…";

/**
 * A frame without the key. A key that is an ordinary word, as the simulator's, may be in a transcript and stays.
 * @param text JSON, or anything else that came as a text frame
 */
export function redactFrame(text: string, key: string): string {
  if (key.length < PIECE || /^[a-z]+$/i.test(key)) return text;
  const plain = text.includes("\\") ? withoutEscapes(text) : text;
  return plain.replaceAll(key, MARK).replaceAll(JSON.stringify(key).slice(1, -1), MARK);
}

/** The same JSON, in which no character that a key may hold is written as `\u0041` or `\/`. */
function withoutEscapes(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    return json; // no JSON, or nested too deeply: nothing of it is shown
  }
}

/** A server's words for people: without the key, without any piece of it, and no longer than a person reads. */
export function redactText(text: string, key: string): string {
  const told = withoutPieces(text.replaceAll(key, MARK), key);
  return told.length > LONGEST_TEXT ? `${told.slice(0, LONGEST_TEXT)}${MARK}` : told;
}

function withoutPieces(text: string, key: string): string {
  let told = "";
  for (let at = 0; at < text.length;) {
    const length = pieceAt(text, at, key);
    told += length === 0 ? text[at] : MARK;
    at += Math.max(1, length);
  }
  return told;
}

/** How many of the characters from `at` on stand in the key in the same order; 0 for fewer than a piece. */
function pieceAt(text: string, at: number, key: string): number {
  let end = at + PIECE;
  if (end > text.length || !key.includes(text.slice(at, end))) return 0;
  while (end < text.length && key.includes(text.slice(at, end + 1))) end++;
  return end - at;
}
