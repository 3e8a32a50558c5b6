import type { Fault } from "../../simulator";
import type { Random } from "../../test/support/random";

/** Faults that must not cost a word, at random moments of a conversation. */
const KINDS: readonly ((random: Random) => Fault)[] = [
  (random) => ({ kind: "drop", at: { afterAudioMs: random.whole(100, 20_000) } }),
  (random) => ({ kind: "drop", at: { inWord: random.whole(1, 20) } }),
  (random) => ({ kind: "stall", at: { afterAudioMs: random.whole(100, 20_000) } }),
  (random) => ({ kind: "error", code: random.pick([3005, 3008]), at: { afterMs: random.whole(100, 20_000) } }),
  (random) => ({ kind: "close", code: random.pick([1001, 1011, 1012]), at: { afterMs: random.whole(100, 20_000) } }),
  (random) => ({ kind: "late-begin", ms: random.whole(1000, 12_000) }),
  (random) => ({ kind: "close-before-begin", ...(random.next() < 0.5 ? { code: 1011 } : {}) }),
  (random) => ({ kind: "refuse", status: random.pick([429, 500, 503]) }),
  () => ({ kind: "rate-limit", code: 3009 }),
  (random) => ({ kind: "no-termination", close: random.next() < 0.5 }),
  (random) => ({ kind: "send", data: '{"type":"Turn","words":', at: { afterMs: random.whole(100, 10_000) } }),
];
/** The share of connections that fail; more than two failures in a row would outlast the audio that is kept. */
const SHARE = 0.6;
const MOST_IN_A_ROW = 2;

/** @returns what goes wrong with the next connection, if anything does */
export function faultSource(random: Random): () => Fault | undefined {
  let inARow = 0;
  return () => {
    const strikes = inARow < MOST_IN_A_ROW && random.next() < SHARE;
    inARow = strikes ? inARow + 1 : 0;
    return strikes ? random.pick(KINDS)(random) : undefined;
  };
}
