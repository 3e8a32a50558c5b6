import type { Clock, Timer } from "../common/clock";
import { SAMPLE_BYTES } from "../audio/pcm-buffer";
import { turnSpan, type TurnMessage } from "../assemblyai/protocol";
import type { Session } from "../session/session";
import { IdleTimer } from "../common/idle-timer";
import type { Stretch, Timeline } from "../audio/timeline";

/** The service takes 50 to 1000 ms in a message; 50 is recommended, more is sent only where more is waiting. */
const SHORTEST_FRAME_MS = 50;
const LONGEST_FRAME_MS = 100;
/** After this long without more audio an open turn is ended by hand: a server that gets no audio hears no silence. */
const DRY_MS = 1_000;
/** A replayed turn begins this much before its first word, as word times are estimates. */
const LEAD_IN_MS = 300;
/** Speech this recent may not have given a partial yet. Live: the first one comes 1.2 s after the onset. */
const UNHEARD_MS = 3_000;

/**
 * Carries audio from the timeline into one session, at its pace, and places what the session says about its audio on the timeline.
 * A session's audio has no holes: each frame begins where the one before it ended.
 *
 *   flowing ──1 s without a frame──▶ dry: tail sent, open turn ended by ForceEndpoint ──audio──▶ flowing
 */
export class Feed {
  private cursorPosition: number;
  /** the end of the last word of the last final turn: the server needs nothing before it */
  private acknowledged: number;
  private firstPosition: number;
  private finalisedUntil = -Infinity;
  private dry = false;
  private forced = false;
  private frameTimer: Timer | undefined;
  private readonly dryClock: IdleTimer;
  /** samples; rounded up, as the service counts them exactly */
  private readonly shortestFrame: number;
  /** samples */
  private readonly longestFrame: number;

  /** @param origin where on the timeline the session's sample 0 lies */
  constructor(
    private readonly clock: Clock,
    readonly timeline: Timeline,
    readonly session: Session,
    private origin: number,
  ) {
    this.firstPosition = origin;
    this.cursorPosition = origin;
    this.acknowledged = origin;
    this.shortestFrame = Math.ceil((SHORTEST_FRAME_MS * timeline.sampleRate) / 1000);
    this.longestFrame = Math.floor((LONGEST_FRAME_MS * timeline.sampleRate) / 1000);
    this.dryClock = new IdleTimer(clock, DRY_MS, () => this.ranDry());
  }

  /** Where on the timeline a time of the session lies. */
  readonly positionOf = (ms: number): number => this.origin + this.timeline.samples(ms);

  /** ms of the session at which a position of the timeline lies */
  timeOf(position: number): number {
    return ((position - this.origin) * 1000) / this.timeline.sampleRate;
  }

  /** the position of the next sample to be sent */
  get cursor(): number {
    return this.cursorPosition;
  }

  /** Audio is waiting for its time to be sent. */
  get hasQueue(): boolean {
    return this.timeline.end - this.cursorPosition >= this.timeline.samples(SHORTEST_FRAME_MS);
  }

  /** How much audio may be sent at once, in ms. */
  get backlogMs(): number {
    return ((this.timeline.released() - this.cursorPosition) * 1000) / this.timeline.sampleRate;
  }

  /**
   * Begins with what the timeline still has: while no session could be had, the oldest audio may have gone.
   * @returns how many samples that skips
   */
  skipLost(): number {
    const lost = Math.max(0, this.timeline.start - this.cursorPosition);
    this.origin += lost;
    this.firstPosition += lost;
    this.cursorPosition += lost;
    this.acknowledged += lost;
    return lost;
  }

  /** Sends all frames whose time has come, and goes on by itself while more is queued. */
  pump(): void {
    if (!this.session.isBegun) return;
    const from = this.cursorPosition;
    const { shortestFrame: shortest, longestFrame: longest } = this;
    const released = this.timeline.released();
    for (let waiting = released - from; waiting >= shortest; waiting = released - this.cursorPosition) {
      // What follows a frame should be long enough for one of its own, or it would wait for more audio.
      const most = waiting <= longest ? waiting : Math.max(shortest, Math.min(longest, waiting - shortest));
      this.sendTo(this.cursorPosition + most);
    }
    this.frameTimer?.cancel();
    const next = this.cursorPosition + shortest;
    if (next <= this.timeline.end) this.frameTimer = this.clock.setTimeout(() => this.pump(), this.timeline.msUntil(next));
    if (this.cursorPosition > from) this.flowing();
  }

  /** Sends what is left of the audio whose time has come, filled up with silence where it is less than a frame. */
  pumpAll(): void {
    this.pump();
    const tail = this.timeline.released() - this.cursorPosition;
    if (tail <= 0 || !this.session.isBegun) return;
    const missing = this.shortestFrame - tail;
    const samples = this.timeline.read(this.cursorPosition, this.cursorPosition + tail);
    this.session.send(Buffer.concat([samples, Buffer.alloc(missing * SAMPLE_BYTES)]));
    this.cursorPosition += tail;
    // The silence is not on the timeline: what the session hears from now on lies that much earlier there.
    this.origin -= missing;
  }

  /** The session gave a partial. One that comes when no audio does must be ended by hand. */
  turnOpened(): void {
    if (this.dry) this.forceOnce();
  }

  /** The session has finalised this turn. */
  turnEnded(turn: TurnMessage): void {
    this.forced = false;
    const span = turnSpan(turn);
    // Without times, all that was sent before the turn's end counts as heard: rather that than a turn given twice.
    const end = span ? this.positionOf(span.endMs) : this.cursorPosition;
    this.finalisedUntil = Math.min(this.cursorPosition, Math.max(this.finalisedUntil, end));
    this.acknowledged = Math.max(this.acknowledged, this.finalisedUntil);
  }

  /** What the session has certainly heard: up to the end of its last final, or to what it has had the time for. */
  get heard(): Stretch {
    return { from: this.firstPosition, until: Math.max(this.finalisedUntil, this.processedUntil(this.session.lastHeardAt)) };
  }

  /** All that the session was sent. */
  get sent(): Stretch {
    return { from: this.firstPosition, until: this.cursorPosition };
  }

  /**
   * From where another session must hear the audio, if this one is heard of no more.
   * @param aliveAt the clock's time until which this session certainly worked
   */
  resumeFrom(aliveAt = this.session.lastHeardAt): number {
    const { openTurn } = this.session;
    const span = openTurn && turnSpan(openTurn);
    if (openTurn && !span) return this.acknowledged;
    const from = span ? this.positionOf(span.startMs - LEAD_IN_MS) : this.processedUntil(aliveAt);
    return Math.min(this.cursorPosition, Math.max(this.acknowledged, Math.floor(from)));
  }

  /** What lies before, the session has heard, and had the time to give a text of, if it was alive at that time of the clock. */
  processedUntil(aliveAt = this.clock.now()): number {
    return this.origin + this.session.processedSamples(aliveAt) - this.timeline.samples(UNHEARD_MS);
  }

  /** Sends nothing more. */
  close(): void {
    this.frameTimer?.cancel();
    this.dryClock.stop();
  }

  private flowing(): void {
    this.dry = false;
    this.forced = false;
    if (this.dryClock.remainingMs === undefined) this.dryClock.start();
    else this.dryClock.touch();
  }

  private ranDry(): void {
    this.pumpAll();
    this.dry = true;
    if (this.session.openTurn) this.forceOnce();
  }

  private forceOnce(): void {
    if (this.forced) return;
    this.forced = true;
    this.session.forceEndpoint();
  }

  private sendTo(position: number): void {
    this.session.send(this.timeline.read(this.cursorPosition, position));
    this.cursorPosition = position;
  }
}
