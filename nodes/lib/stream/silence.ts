import { TEXT_WITHIN_MS } from "../assemblyai/text-delay";
import type { Timeline } from "../audio/timeline";
import type { Clock, Timer } from "../common/clock";
import type { VoiceListener } from "../voice/voice-listener";

/**
 * The silence rule: silence means that nobody speaks. It has two witnesses, the service's texts and this node's own voice detector.
 *
 *   stopped ──start()──▶ counting ──1 s before the deadline──▶ judging ──deadline, no uncovered voice──▶ stopped, silent() called
 *                          ▲                                     │                                          ▲
 *                          │                                     └──deadline, uncovered voice──▶ deferred ──┤
 *                          └──text──────────────────────────────────────────────────────────────┘           │
 *                                              the voice has been over for 3 s, or 30 s without any text ───┘
 *
 * The clock starts at Begin and restarts at each text. It runs on a timer of its own, because the server sends nothing in silence: a
 * check in a message handler would never run.
 *
 * An uncovered voice is one of the last 3 s that goes on for more than 0.5 s past the last word of the newest text. Its text is still to
 * come: the first one follows a sentence's beginning by 1.2 s, and where the service sends no partial turns, only the sentence's end.
 * A session that was sent much audio at once, as after a replay, processes it in real time: the 3 s count from when it has done so.
 * Whether the server answers pings does not matter here: what an unanswered session owes is replayed to the next one.
 */

/** A voice detector ends a word this much later than the service does, which does not pad the ends of words. */
export const COVERED_MS = 500;
/** Word times are estimates: a word may have ended so much earlier. */
export const WORD_TIMES_MS = 100;
/** Voices are judged this long ahead of the deadline, in slices: 3 s of audio take 50 to 100 ms. */
const JUDGE_AHEAD_MS = 1_000;
/** While the hang-up is deferred, the voice is checked this often. */
const LOOK_EVERY_MS = 50;
/** The interval between checks while the detector has not processed all of the audio: its slices are 5 ms apart. */
const CATCH_UP_MS = 5;
/** Sound that resembles a voice and never becomes a text keeps a session open for this much longer. */
const LONGEST_DEFER_MS = 30_000;
/** The same where texts arrive at the ends of turns only: a turn may last 60 s. */
const LONGEST_DEFER_WITHOUT_PARTIALS_MS = 65_000;

export interface SilenceOptions {
  /** 0 = never */
  timeoutMs: number;
  /** whether the service sends partial turns */
  hasPartials: boolean;
  /** undefined where the detector cannot be used: then texts alone count */
  voices: VoiceListener | undefined;
}

export interface SilenceActions {
  /** where the newest text ends on the timeline */
  textUntil(): number;
  /** ms of audio that the session has been sent and cannot have processed yet; 0 where a handshake and a pre-roll explain it */
  lagMs(): number;
  /** where the audio of a backlog begins whose texts may still arrive; Infinity where there is no backlog */
  owesTextFrom(): number;
  /** The deadline is near. */
  near(): void;
  /** Nobody speaks: the session must be terminated now. */
  silent(): void;
}

export class Silence {
  private readonly judgeAheadMs: number;
  /** undefined where silence does not count */
  private timer: Timer | undefined;
  private deadline = 0;
  /** when the hang-up comes, whatever the audio sounds like */
  private latest = 0;
  private judging = false;

  constructor(
    private readonly clock: Clock,
    private readonly timeline: Timeline,
    private readonly options: SilenceOptions,
    private readonly actions: SilenceActions,
  ) {
    this.judgeAheadMs = Math.min(JUDGE_AHEAD_MS, options.timeoutMs / 2);
  }

  /** ms until the deadline, or undefined where it does not count; 0 while a voice defers the hang-up */
  get remainingMs(): number | undefined {
    return this.timer && Math.max(0, this.deadline - this.clock.now());
  }

  /** The session has begun. Does nothing where another session has begun before: a rollover does not restart the silence. */
  start(): void {
    if (!this.timer && this.options.timeoutMs > 0) this.restart();
  }

  /** The service sent a text: the whole timeout starts anew. */
  textCame(): void {
    if (this.timer) this.restart();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.judging) this.options.voices?.rest();
    this.judging = false;
  }

  private restart(): void {
    this.stop();
    this.deadline = this.clock.now() + this.options.timeoutMs;
    this.lookIn(this.options.timeoutMs - this.judgeAheadMs);
  }

  private lookIn(ms: number): void {
    this.timer = this.clock.setTimeout(() => (this.judging ? this.look() : this.judge()), ms);
  }

  private judge(): void {
    const { hasPartials, voices } = this.options;
    this.judging = true;
    this.latest = this.deadline + (hasPartials ? LONGEST_DEFER_MS : LONGEST_DEFER_WITHOUT_PARTIALS_MS) + this.actions.lagMs();
    // A slice of voices is judged at once: `stop` must find a timer, whatever comes of it.
    this.lookIn(this.deadline - this.clock.now());
    voices?.listenFrom(this.windowStart);
    this.actions.near();
  }

  private look(): void {
    const { clock, options, deadline, latest, actions } = this;
    // A timer may come a fraction of a millisecond early.
    if (clock.now() < deadline) return this.lookIn(deadline - clock.now());
    if (clock.now() < latest) {
      if (options.voices?.isBehind) return this.lookIn(CATCH_UP_MS);
      if (this.hasUncoveredVoice) return this.lookIn(LOOK_EVERY_MS);
    }
    this.stop();
    actions.silent();
  }

  /** Where the audio begins whose texts may still arrive. */
  private get windowStart(): number {
    const { timeline, border } = this;
    const { from, pause } = timeline.recording;
    const now = timeline.released() + timeline.samples(timeline.quietMs);
    const start = now - timeline.samples(TEXT_WITHIN_MS);
    const byClock = start < from ? Math.min(border, start + pause) : start;
    // A backlog is processed in its own time, also while no audio comes.
    return Math.min(byClock, this.actions.owesTextFrom());
  }

  /** A voice up to here has its text: the newest one, which does not reach into a recording that began after it. */
  private get coveredUntil(): number {
    const { timeline, border } = this;
    const text = this.actions.textUntil();
    const covered = text + timeline.samples(COVERED_MS);
    return text < border ? Math.min(border, covered) : covered;
  }

  /** A frame of the detector's may hold the end of one recording and the start of the next one: its voice is the earlier one's. */
  private get border(): number {
    const { timeline } = this;
    return timeline.recording.from + timeline.samples(WORD_TIMES_MS);
  }

  private get hasUncoveredVoice(): boolean {
    const until = this.options.voices?.voiceUntil ?? -Infinity;
    return until > this.windowStart && until > this.coveredUntil;
  }
}
