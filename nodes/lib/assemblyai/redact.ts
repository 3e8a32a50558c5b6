import { isObject } from "../common/json";

/**
 * Takes secrets out of what a server sends. The service, a proxy before it or a server of somebody else's may quote the request's headers and
 * its address. Everything is redacted before anything of it is cut, shown or stored: a key that was cut in two could not be found any more.
 */

/** As many characters in a row are a piece of a secret, not a coincidence. */
const PIECE = 8;
/** The longest quotation of a server's words, in characters. */
const LONGEST_TEXT = 500;
const MARK = "…";

/** The secrets of one session. */
export class Redaction {
  private readonly secrets: readonly string[];
  private readonly pieces: Pieces;
  /** A secret that is an ordinary word, as the simulator's key, may be in a transcript and stays in frames. */
  private readonly whole: readonly string[];
  private readonly keyPieces: Pieces;

  /** @param more further secrets, which people may have chosen: pieces of them may be words of the service's */
  constructor(key: string, more: readonly string[] = []) {
    this.secrets = [key, ...more].filter((secret) => secret !== "");
    this.pieces = new Pieces(this.secrets.flatMap(notationsOf));
    this.whole = this.secrets.filter(isNoWord).flatMap(notationsOf);
    this.keyPieces = new Pieces(isNoWord(key) ? notationsOf(key) : []);
  }

  /**
   * A frame without the secrets, and without any piece of the key unless it is a Turn: what was said may hold a number by coincidence.
   * @param text JSON, or anything else that came as a text frame
   */
  frame(text: string): string {
    if (this.whole.length === 0) return text;
    let plain = text.includes("\\") ? withoutEscapes(text) : text;
    for (const secret of this.whole) plain = plain.replaceAll(secret, MARK);
    if (this.keyPieces.next(plain, 0, plain.length) === undefined) return plain;
    try {
      const message: unknown = JSON.parse(plain);
      return isObject(message) && message["type"] === "Turn" ? plain : JSON.stringify(this.withoutPieces(message));
    } catch {
      return this.keyPieces.without(plain); // no JSON, or nested too deeply: nothing of it is shown
    }
  }

  /** A server's words for people: without the secrets, without any piece of one, and no longer than a person reads. */
  text(text: string): string {
    let told = this.pieces.without(text, LONGEST_TEXT + PIECE);
    for (const secret of this.secrets) told = told.replaceAll(secret, MARK); // those that are shorter than a piece
    return told.length > LONGEST_TEXT ? `${told.slice(0, LONGEST_TEXT)}${MARK}` : told;
  }

  private withoutPieces(value: unknown): unknown {
    if (typeof value === "string") return this.keyPieces.without(value);
    if (Array.isArray(value)) return value.map((item) => this.withoutPieces(item));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [this.keyPieces.without(name), this.withoutPieces(item)]));
  }
}

/** The numbers of pairs of characters; two pairs may share one. */
const PAIRS = 4096;

/**
 * The pieces of secrets. A text is searched from the end of each place where one could stand: a pair of characters that no secret holds is
 * in no piece, so that most of a text is passed over (Wu and Manber).
 */
class Pieces {
  private readonly pieces = new Set<string>();
  /** 1 for each pair in a secret */
  private readonly pairs = new Uint8Array(PAIRS);

  constructor(secrets: readonly string[]) {
    for (const secret of secrets) {
      for (let at = 0; at + PIECE <= secret.length; at++) this.pieces.add(secret.slice(at, at + PIECE));
      for (let at = 1; at < secret.length; at++) this.pairs[pairAt(secret, at)] = 1;
    }
  }

  /** Where the first piece begins, at `from` or later, but before `to`. */
  next(text: string, from: number, to: number): number | undefined {
    const last = Math.min(to - 1, text.length - PIECE);
    let begin = from;
    while (begin <= last) {
      let at = begin + PIECE - 1;
      while (at > begin && this.pairs[pairAt(text, at)] === 1) at--;
      if (at > begin) begin = at;
      else if (this.has(text, begin)) return begin;
      else begin++;
    }
    return undefined;
  }

  /** A text with a mark for each row of pieces. @param longest so many characters are enough; what follows is not looked at */
  without(text: string, longest = text.length): string {
    let told = "";
    let at = 0;
    while (told.length < longest) {
      const to = at + longest - told.length;
      const begin = this.next(text, at, to);
      if (begin === undefined) return told + text.slice(at, to);
      told += text.slice(at, begin) + MARK;
      for (at = begin; this.has(text, at + 1); at++);
      at += PIECE;
    }
    return told;
  }

  private has(text: string, at: number): boolean {
    return this.pieces.has(text.slice(at, at + PIECE));
  }
}

/** The number of the pair that ends at `at`. */
function pairAt(text: string, at: number): number {
  return ((text.charCodeAt(at - 1) << 6) ^ text.charCodeAt(at)) & (PAIRS - 1);
}

function isNoWord(secret: string): boolean {
  return secret.length >= PIECE && !/^[a-z]+$/i.test(secret);
}

/** As it is, as it stands in JSON, and as it stands in an address. */
function notationsOf(secret: string): string[] {
  const inAddress = new URLSearchParams([["", secret]]).toString().slice(1);
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), inAddress, inAddress.replaceAll("+", "%20")])];
}

/** The same JSON, in which no character that a secret may hold is written as `\u0041` or `\/`. */
function withoutEscapes(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    return json; // no JSON, or nested too deeply: nothing of it is shown
  }
}
