import type { Clock } from "./clock";

/** Bytes of one sample: mono, signed 16-bit. */
const SAMPLE_BYTES = 2;
/**
 * How far audio may run ahead of real time. Recorders deliver in pieces of up to half a second, and live audio must never wait;
 * a file is spread over its own length but for this first second.
 */
const AHEAD_MS = 1_000;
/**
 * How much faster than this machine's clock says audio may go: a recorder has a clock of its own, and one that is a little fast would
 * otherwise be heard later and later, day after day. Far below the 1.25 that the service takes.
 */
const PACE = 1.002;
/** The service refuses audio that is buffered more than 5 minutes ahead (3007), so no more is queued here either. */
export const MAX_QUEUE_S = 300;
/** Due times are sums of fractions: a sample is due though a rounding error says that it is not, quite. */
const ROUNDING_SAMPLES = 1e-6;
/** Audio that is neither sent nor acknowledged is kept this long; what is older is lost. */
export const MAX_KEPT_S = 60;

interface Chunk {
  from: number;
  data: Buffer;
}

interface Pending {
  from: number;
  to: number;
  /** clock time at which the sample `from` may be sent */
  due: number;
}

/**
 * One timeline of audio: every sample has a position, counted from the first one ever appended. Sessions read from it at positions of
 * their own, so one mechanism serves the wait for Begin, pre-roll, a replay after a dropped connection and a change of sessions.
 *
 *   start ─────────── kept ─────────── released ───── queued ───── end
 *     (older is gone)        (may be sent: its real time has come)
 *
 * Positions and counts are samples, unless named otherwise.
 */
export class Timeline {
  private readonly chunks: Chunk[] = [];
  private readonly pending: Pending[] = [];
  private endPosition = 0;
  private startPosition = 0;
  private releasedPosition = 0;
  private nextDue = -Infinity;
  private readonly samplesPerMs: number;

  constructor(
    private readonly clock: Clock,
    /** Hz */
    readonly sampleRate: number,
  ) {
    this.samplesPerMs = (sampleRate * PACE) / 1000;
  }

  /** the oldest sample that is still kept */
  get start(): number {
    return this.startPosition;
  }

  /** the position that the next sample will have */
  get end(): number {
    return this.endPosition;
  }

  /** how many samples make `ms` milliseconds */
  samples(ms: number): number {
    return Math.round((ms * this.sampleRate) / 1000);
  }

  /** whether `bytes` more would be too far ahead of real time */
  overflows(bytes: number): boolean {
    return this.endPosition - this.released() + bytes / SAMPLE_BYTES > MAX_QUEUE_S * this.sampleRate;
  }

  /** @param data whole samples; kept, so it must not change afterwards */
  append(data: Buffer): void {
    if (data.length === 0) return;
    const from = this.endPosition;
    const to = from + data.length / SAMPLE_BYTES;
    const due = Math.max(this.clock.now() - AHEAD_MS / PACE, this.nextDue);
    this.nextDue = due + (to - from) / this.samplesPerMs;
    this.chunks.push({ from, data });
    this.pending.push({ from, to, due });
    this.endPosition = to;
  }

  /** Up to where audio may be sent now. */
  released(): number {
    const now = this.clock.now();
    for (let next = this.pending[0]; next && next.due <= now; next = this.pending[0]) {
      const position = next.from + Math.floor((now - next.due) * this.samplesPerMs + ROUNDING_SAMPLES);
      if (position < next.to) {
        this.releasedPosition = Math.max(this.releasedPosition, position);
        break;
      }
      this.releasedPosition = next.to;
      this.pending.shift();
    }
    return this.releasedPosition;
  }

  /** Whole ms until the samples before `position` may be sent; 0 where they may already. */
  msUntil(position: number): number {
    if (position <= this.released()) return 0;
    for (const { from, to, due } of this.pending) {
      if (position > to) continue;
      return Math.ceil(due + (position - from - ROUNDING_SAMPLES) / this.samplesPerMs - this.clock.now());
    }
    return 0;
  }

  /** The samples from `from` up to `to`, of which both must lie within start … end. */
  read(from: number, to: number): Buffer {
    const parts: Buffer[] = [];
    for (let index = this.chunkAt(from); index < this.chunks.length; index++) {
      const { from: at, data } = this.chunks[index] as Chunk;
      if (at >= to) break;
      parts.push(data.subarray(Math.max(0, from - at) * SAMPLE_BYTES, (to - at) * SAMPLE_BYTES));
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** As `read`, as numbers from -32768 to 32767. */
  readSamples(from: number, to: number): Int16Array {
    const data = this.read(from, to);
    // A view needs an even offset into its memory, which a part of a message need not have.
    const aligned = data.byteOffset % SAMPLE_BYTES === 0 ? data : Buffer.from(new Uint8Array(data).buffer);
    return new Int16Array(aligned.buffer, aligned.byteOffset, aligned.length / SAMPLE_BYTES);
  }

  /** Lets go of everything before `position`. Memory is freed by whole chunks. */
  discardBefore(position: number): void {
    this.startPosition = Math.max(this.startPosition, Math.min(position, this.endPosition));
    this.releasedPosition = Math.max(this.released(), this.startPosition);
    // What nobody will send must not hold up what comes next.
    if (this.startPosition === this.endPosition) this.clearPace();
    let gone = 0;
    for (const { from, data } of this.chunks) {
      if (from + data.length / SAMPLE_BYTES > this.startPosition) break;
      gone++;
    }
    if (gone > 0) this.chunks.splice(0, gone);
  }

  /** Drops what is queued but may not be sent yet: the rest of a file after its session was ended. @returns how many samples */
  dropQueue(): number {
    const from = this.released();
    const dropped = this.endPosition - from;
    if (dropped === 0) return 0;
    this.clearPace();
    this.endPosition = from;
    for (let last = this.chunks.at(-1); last && last.from + last.data.length / SAMPLE_BYTES > from; last = this.chunks.at(-1)) {
      if (last.from < from) {
        last.data = last.data.subarray(0, (from - last.from) * SAMPLE_BYTES);
        break;
      }
      this.chunks.pop();
    }
    return dropped;
  }

  private clearPace(): void {
    this.pending.length = 0;
    this.nextDue = -Infinity;
  }

  /** Index of the chunk that holds `position`: chunks are in order, so halving finds it. */
  private chunkAt(position: number): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.chunks[middle] as Chunk).from <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
