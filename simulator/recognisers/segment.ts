/**
 * A stretch of a recording in the audio that was received. It begins where a snippet was found, and grows to both sides as long as the
 * audio matches the recording, judged 10 ms at a time by the log-likelihood ratio of "the recording, and noise" to "noise alone".
 * Where the sum of these falls by more than the segment's `doubt` below its maximum, the audio has left the recording (a cumulative sum
 * test: Page 1954).
 */
import { toReduced } from "./matcher";
import type { Recording } from "./recordings";

/** 10 ms. */
const HOP = 40;
/** Evidence against the recording that ends a segment, in ms of speech of the energy of the snippet found. */
const DOUBT_MS = 60;
/** The part of the gain that is expected: a voice that becomes a little softer still matches. */
const CAUTION = 0.7;
/** The least noise that is assumed, as part of the energy: what the reduction from another rate leaves; and how far it may swell. */
const LEAST_NOISE = 0.02;
const BURST = 4;

/** A recording, and its reduced form that is compared. */
export interface Known {
  recording: Recording;
  reduced: Float32Array;
}

/** A stretch of a recording in an utterance. Positions are reduced samples. */
export interface Segment {
  known: Known;
  /** Position in the recording minus position in the utterance. */
  offset: number;
  from: number;
  /** Up to where the audio was compared. */
  to: number;
  /** Up to where the audio certainly matches. */
  sure: number;
  /** What the recording is multiplied by to give the audio received. */
  gain: number;
  /** The mean energy of a sample that the recording does not explain. */
  noise: number;
  /** How far the sum may fall below its maximum. */
  doubt: number;
  sum: number;
  highest: number;
  /** Whether the audio may still match the recording. */
  open: boolean;
}

/** A segment where a snippet of so many samples was found to be of that recording. */
export function beginSegment(known: Known, offset: number, start: number, length: number, audio: Float32Array): Segment {
  let product = 0;
  let expected = 0;
  let received = 0;
  for (let i = start; i < start + length; i++) {
    const reference = known.reduced[i + offset] ?? 0;
    const sample = audio[i] ?? 0;
    product += reference * sample;
    expected += reference * reference;
    received += sample * sample;
  }
  const gain = product / expected;
  const residual = Math.max(received - gain * product, LEAST_NOISE * received);
  const doubt = (CAUTION * gain * product * toReduced(DOUBT_MS)) / length;
  return { known, offset, from: start, to: start, sure: start, gain, noise: residual / length, doubt, sum: 0, highest: 0, open: true };
}

/**
 * How well 10 ms from `start` go with the recording, in units of energy: the log-likelihood ratio of "the recording and noise" to "noise
 * alone", less what the recording leaves unexplained beyond the noise, as someone may speak where the recording pauses.
 */
function evidence(segment: Segment, audio: Float32Array, start: number, end: number): number {
  let ratio = 0;
  let residual = 0;
  for (let i = start; i < end; i++) {
    const expected = segment.gain * (segment.known.reduced[i + segment.offset] ?? 0);
    const sample = audio[i] ?? 0;
    ratio += CAUTION * expected * (2 * sample - CAUTION * expected);
    residual += (sample - expected) ** 2;
  }
  return ratio - Math.max(0, residual - BURST * segment.noise * (end - start)) / 2;
}

/**
 * Follows the recording through the audio up to `end`, or to the recording's own end, or to where the audio leaves it. The segment stays
 * open where `end` is the end of the audio, and more of it may come.
 */
export function grow(segment: Segment, audio: Float32Array, end: number): void {
  const limit = Math.min(end, segment.known.reduced.length - segment.offset);
  while (segment.open && segment.to < limit) {
    const next = Math.min(segment.to + HOP, limit);
    segment.sum += evidence(segment, audio, segment.to, next);
    segment.to = next;
    segment.highest = Math.max(segment.highest, segment.sum);
    if (segment.sum >= segment.highest - segment.doubt / 16) segment.sure = next;
    segment.open = segment.sum >= segment.highest - segment.doubt;
  }
  if (limit < audio.length) segment.open = false;
}

/** The other way, from where the snippet was found: the first position that still belongs to the segment, not before `earliest`. */
export function growBack(segment: Segment, audio: Float32Array, earliest: number): number {
  const limit = Math.max(earliest, -segment.offset);
  let sum = 0;
  let highest = 0;
  let best = segment.from;
  for (let at = segment.from; at > limit;) {
    const next = Math.max(limit, at - HOP);
    sum += evidence(segment, audio, next, at);
    at = next;
    highest = Math.max(highest, sum);
    if (sum >= highest - segment.doubt / 16) best = at;
    if (sum < highest - segment.doubt) break;
  }
  return best;
}
