import type { Clock } from "../common/clock";
import { AaiError } from "../common/errors";
import { OncePer } from "../common/once-per";

/** A longer message is a file, or a piece of one, and has its own time; ms. */
const LONGEST_LIVE_MS = 1_000;
/** Live audio that is sent this much later than it came is reported, once it has been so for as long again; ms. */
const LATE_MS = 5_000;
/** A second holds more audio than this, in s, where two sources feed one stream: each clock may be a little slow. */
const TWO_SOURCES = 1.8;
/** Seconds of that in a row after which two sources are reported. A file that comes in small pieces comes faster, and is over. */
const TWO_SOURCES_S = 10;
/** Dropped audio is reported at once, and then at most once in this time; ms. */
const DROPS_EVERY_MS = 60_000;

/** Watches whether live audio of one stream keeps to its own time: its source may send too much, or a broker what it has kept. */
export class LagWatch {
  private second = { began: -Infinity, audioMs: 0 };
  private fullSeconds = 0;
  private lateSince: number | undefined;
  private droppedMs = 0;
  private readonly drops: OncePer;
  private readonly once: OncePer;

  /** @param maxLagMs what is queued for longer is to be dropped; 0 = never */
  constructor(
    private readonly clock: Clock,
    private readonly maxLagMs: number,
    private readonly warn: (error: AaiError) => void,
  ) {
    this.drops = new OncePer(clock, DROPS_EVERY_MS);
    this.once = new OncePer(clock, Infinity);
  }

  /**
   * A message has come.
   * @param audioMs how much audio it holds
   * @param lagMs how much later than now its end will be sent
   * @param begins whether it is the first after a pause
   * @returns whether what is queued before it is too old
   */
  arrived(audioMs: number, lagMs: number, begins: boolean): boolean {
    if (begins || audioMs > LONGEST_LIVE_MS) this.restart();
    if (audioMs > LONGEST_LIVE_MS) return false;
    this.count(audioMs);
    if (this.fullSeconds >= TWO_SOURCES_S) this.warnOnce(new AaiError("AAI_AUDIO_LAG/sources"));
    this.noteLag(lagMs);
    return this.maxLagMs > 0 && lagMs > this.maxLagMs;
  }

  /** The audio that was queued has been dropped. */
  dropped(ms: number): void {
    this.droppedMs += ms;
    if (!this.drops.passes("drop")) return;
    this.warn(new AaiError("AAI_AUDIO_LOST/lag", { seconds: Math.max(1, Math.round(this.droppedMs / 1000)) }));
    this.droppedMs = 0;
  }

  private restart(): void {
    this.second = { began: this.clock.now(), audioMs: 0 };
    this.fullSeconds = 0;
    this.lateSince = undefined;
  }

  private count(audioMs: number): void {
    const elapsed = this.clock.now() - this.second.began;
    if (elapsed >= 1_000) {
      this.fullSeconds = this.second.audioMs >= TWO_SOURCES * elapsed ? this.fullSeconds + 1 : 0;
      this.second = { began: this.clock.now(), audioMs: 0 };
    }
    this.second.audioMs += audioMs;
  }

  private noteLag(lagMs: number): void {
    const now = this.clock.now();
    if (lagMs <= LATE_MS) this.lateSince = undefined;
    else this.lateSince ??= now;
    // Two sources, which make it late too, are reported as such a little later.
    if (this.lateSince === undefined || now - this.lateSince < LATE_MS || this.fullSeconds > 0) return;
    this.warnOnce(new AaiError("AAI_AUDIO_LAG", { seconds: Math.round(lagMs / 1000) }));
  }

  private warnOnce(error: AaiError): void {
    if (this.once.passes(error.key)) this.warn(error);
  }
}
