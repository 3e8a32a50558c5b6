import type { Clock } from "../common/clock";
import { PcmBuffer, SAMPLE_BYTES } from "./pcm-buffer";

/**
 * How far audio may run ahead of real time. Recorders deliver pieces of up to half a second, and live audio must never wait;
 * a file is spread over its own length, except for this first second.
 */
const AHEAD_MS = 1_000;
/**
 * How much faster than this machine's clock audio may be sent: a recorder has a clock of its own, and the audio of one that is a little
 * fast would otherwise be sent later and later, day after day. Far below the 1.25 that the service accepts.
 */
const PACE = 1.002;
/**
 * After a stall of up to this long, late audio may be sent at once: counted from before the stall, it is still no more than real time.
 * Without this a stall of two seconds would delay all audio that follows.
 */
const LONGEST_STALL_MS = 10_000;
/** The service refuses audio that is buffered more than 5 minutes ahead (3007), so the queue here has the same limit. */
export const MAX_QUEUE_S = 300;
/** Due times are sums of fractions: the tolerance for their rounding errors. */
const ROUNDING_SAMPLES = 1e-6;
/** Audio that is neither sent nor acknowledged is kept this long; older audio is lost. */
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
 * their own, so that one mechanism covers the wait for Begin, pre-roll, a replay after a dropped connection and a rollover.
 *
 *   start ─────────── kept ─────────── released ───── queued ───── end
 *     (older is gone)        (may be sent: its real time has come)
 *
 * Positions and counts are samples, unless named otherwise.
 */
export class Timeline {
  /** Where the newest recording begins, and how many samples the pause before it would have been. A timeline has no pauses. */
  recording: Readonly<{ from: number; pause: number }> = { from: 0, pause: 0 };
  private readonly audio = new PcmBuffer();
  private readonly pending: Pending[] = [];
  private releasedPosition = 0;
  private nextDue = -Infinity;
  private appendedAt: number;
  private readonly samplesPerMs: number;

  constructor(
    private readonly clock: Clock,
    /** Hz */
    readonly sampleRate: number,
  ) {
    this.samplesPerMs = (sampleRate * PACE) / 1000;
    this.appendedAt = clock.now();
  }

  /** the oldest sample that is still kept */
  get start(): number {
    return this.audio.start;
  }

  /** the position that the next sample will have */
  get end(): number {
    return this.audio.end;
  }

  /** For how long nothing has been said in it, in ms. A file that came at once counts as spoken in its own time. */
  get quietMs(): number {
    return Math.max(0, this.clock.now() - Math.max(this.appendedAt, this.nextDue));
  }

  /** How much later than now the newest audio may be sent, in ms: 0 for live audio, the length of a file that came at once. */
  get lagMs(): number {
    return Math.max(0, this.nextDue - this.clock.now());
  }

  /** how many samples make `ms` milliseconds */
  samples(ms: number): number {
    return Math.round((ms * this.sampleRate) / 1000);
  }

  /** whether `bytes` more would be too far ahead of real time */
  overflows(bytes: number): boolean {
    return this.end - this.released() + bytes / SAMPLE_BYTES > MAX_QUEUE_S * this.sampleRate;
  }

  /** The next sample begins a recording. @param length samples of its first message, which were recorded while nothing came */
  beginRecording(length: number): void {
    this.recording = { from: this.end, pause: Math.max(0, this.samples(this.quietMs) - length) };
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
    this.appendedAt = now;
    this.audio.append(data);
    this.pending.push({ from, to, due });
  }

  /** The position up to which audio may be sent now. */
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

  /** Whole ms until the samples before `position` may be sent; 0 where they may be sent now. */
  msUntil(position: number): number {
    if (position <= this.released()) return 0;
    for (const { from, to, due } of this.pending) {
      if (position > to) continue;
      return Math.ceil(due + (position - from - ROUNDING_SAMPLES) / this.samplesPerMs - this.clock.now());
    }
    return 0;
  }

  /** The samples from `from` up to `to`, which must both lie within start … end. Valid until the next `append`. */
  read(from: number, to: number): Buffer {
    return this.audio.read(from, to);
  }

  /** The same as `read`, as numbers from -32768 to 32767. */
  readSamples(from: number, to: number): Int16Array {
    return this.audio.readSamples(from, to);
  }

  /** Drops everything before `position`. Memory is freed by whole chunks. */
  discardBefore(position: number): void {
    this.audio.discardBefore(Math.max(this.start, Math.min(position, this.end)));
    this.releasedPosition = Math.max(this.released(), this.start);
    // Audio that no session will send must not delay the audio after it.
    if (this.start === this.end) this.clearPace();
  }

  /** Drops queued audio that may not be sent yet: the remainder of a file after its session has ended. @returns how many samples */
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
