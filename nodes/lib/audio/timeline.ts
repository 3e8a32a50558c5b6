import type { Clock } from "../common/clock";
import { PcmBuffer, SAMPLE_BYTES } from "./pcm-buffer";

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
/**
 * Audio that pauses for no longer than this, be it that a busy machine delivers it late, may catch up at once: it is still no more than
 * real time, counted from before the pause. Without this a stall of two seconds would delay all that follows.
 */
const LONGEST_STALL_MS = 10_000;
/** The service refuses audio that is buffered more than 5 minutes ahead (3007), so no more is queued here either. */
export const MAX_QUEUE_S = 300;
/** Due times are sums of fractions: a sample is due though a rounding error says that it is not, quite. */
const ROUNDING_SAMPLES = 1e-6;
/** Audio that is neither sent nor acknowledged is kept this long; what is older is lost. */
export const MAX_KEPT_S = 60;

/** From one position on the timeline to another. */
export interface Stretch {
  from: number;
  until: number;
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
  private readonly audio = new PcmBuffer();
  private readonly pending: Pending[] = [];
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
    return this.audio.start;
  }

  /** the position that the next sample will have */
  get end(): number {
    return this.audio.end;
  }

  /** The clock's time at which the last of it may be sent; -Infinity where nothing is left. */
  get endDue(): number {
    return this.nextDue;
  }

  /** how many samples make `ms` milliseconds */
  samples(ms: number): number {
    return Math.round((ms * this.sampleRate) / 1000);
  }

  /** whether `bytes` more would be too far ahead of real time */
  overflows(bytes: number): boolean {
    return this.end - this.released() + bytes / SAMPLE_BYTES > MAX_QUEUE_S * this.sampleRate;
  }

  /** @param data whole samples; copied */
  append(data: Uint8Array): void {
    if (data.length === 0) return;
    const from = this.end;
    const to = from + data.length / SAMPLE_BYTES;
    const now = this.clock.now();
    const hasStalled = now - this.nextDue <= LONGEST_STALL_MS;
    const due = hasStalled ? this.nextDue : now - AHEAD_MS / PACE;
    this.nextDue = due + (to - from) / this.samplesPerMs;
    this.audio.append(data);
    this.pending.push({ from, to, due });
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

  /** The samples from `from` up to `to`, of which both must lie within start … end. Good until the next `append`. */
  read(from: number, to: number): Buffer {
    return this.audio.read(from, to);
  }

  /** As `read`, as numbers from -32768 to 32767. */
  readSamples(from: number, to: number): Int16Array {
    return this.audio.readSamples(from, to);
  }

  /** Lets go of everything before `position`. Memory is freed by whole chunks. */
  discardBefore(position: number): void {
    this.audio.discardBefore(Math.max(this.start, Math.min(position, this.end)));
    this.releasedPosition = Math.max(this.released(), this.start);
    // What nobody will send must not hold up what comes next.
    if (this.start === this.end) this.clearPace();
  }

  /** Drops what is queued but may not be sent yet: the rest of a file after its session was ended. @returns how many samples */
  dropQueue(): number {
    const from = this.released();
    const dropped = this.end - from;
    if (dropped === 0) return 0;
    this.clearPace();
    this.audio.discardFrom(from);
    return dropped;
  }

  private clearPace(): void {
    this.pending.length = 0;
    this.nextDue = -Infinity;
  }
}
