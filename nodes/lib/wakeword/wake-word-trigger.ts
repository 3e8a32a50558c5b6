import type { Timeline } from "../audio/timeline";
import type { Clock, Timer } from "../common/clock";
import { WakeWordListener } from "./listener";
import type { WakeWord } from "./wake-word";

/** How much audio is judged at once (4 ms of CPU for each word); between two slices the event loop serves others. */
const SLICE_MS = 1_000;
/** The pause between two slices of audio that has already arrived. */
const BREATH_MS = 5;
/** Audio that is released bit by bit is judged in steps of this length. */
const STEP_MS = 100;

/** Someone has said a wake word. Positions are the timeline's. */
export interface Call {
  word: WakeWord;
  /** 0 to 1 */
  probability: number;
  /** the end of what decided: about where the word ends */
  at: number;
  /** where sending begins: the pre-roll before the end of the word */
  from: number;
}

export interface WakeWordTriggerOptions {
  clock: Clock;
  timeline: Timeline;
  words: readonly WakeWord[];
  /** how much audio from before the end of a word is to be sent */
  preRollMs: number;
  called: (call: Call) => void;
}

/**
 * Listens for wake words on a timeline, from its present end on, without a pause and in real time: a file is processed as if it were
 * spoken now.
 */
export class WakeWordTrigger {
  private readonly listener: WakeWordListener;
  /** where the listener began, or began anew */
  private origin: number;
  private cursor: number;
  /** where one stream of sound ends and another begins, until the listener has reached that place */
  private breakAt: number | undefined;
  private highest = 0;
  private timer: Timer | undefined;

  /** @throws AaiError AAI_AUDIO_FORMAT for a rate that it cannot listen at */
  constructor(private readonly options: WakeWordTriggerOptions) {
    const { timeline, words } = options;
    this.listener = new WakeWordListener({ sampleRate: timeline.sampleRate, words });
    this.origin = timeline.end;
    this.cursor = timeline.end;
  }

  /** The timeline has more audio: judges the next slice now, and the following ones by timers. */
  pump(): void {
    const { clock, timeline } = this.options;
    this.timer?.cancel();
    const released = timeline.released();
    this.judge(Math.min(released, this.cursor + timeline.samples(SLICE_MS)));
    const next = Math.min(this.cursor + timeline.samples(STEP_MS), timeline.end);
    if (next <= this.cursor) return;
    this.timer = clock.setTimeout(() => this.pump(), this.cursor < released ? BREATH_MS : timeline.msUntil(next));
  }

  /** The audio that follows is another stream of sound: half a word before the gap must not join half a word after it. */
  breakOff(): void {
    this.breakAt = this.options.timeline.end;
    this.judge(this.cursor);
  }

  /** The oldest sample that a word which is not detected yet may need. */
  get needsFrom(): number {
    const { timeline, preRollMs } = this.options;
    return this.cursor - timeline.samples(this.listener.longestDelayMs + preRollMs);
  }

  /** The highest probability of a word since the last call, 0 to 1: above the word's cutoff it is a detection. */
  takeHighest(): number {
    const { highest } = this;
    this.highest = 0;
    return highest;
  }

  close(): void {
    this.timer?.cancel();
  }

  private judge(position: number): void {
    const { breakAt } = this;
    const { start } = this.options.timeline;
    // The timeline may have dropped audio that was not judged in time.
    if (start > this.cursor) this.beginAt(start);
    if (breakAt !== undefined && breakAt <= position) {
      this.listenTo(breakAt);
      this.beginAt(this.cursor);
      this.breakAt = undefined;
    }
    this.listenTo(position);
  }

  private beginAt(position: number): void {
    this.listener.reset();
    this.cursor = position;
    this.origin = position;
  }

  private listenTo(position: number): void {
    if (position <= this.cursor) return;
    const { timeline, preRollMs, called } = this.options;
    const heard = this.listener.push(timeline.readSamples(this.cursor, position));
    this.cursor = position;
    this.highest = Math.max(this.highest, this.listener.probability, ...heard.map(({ probability }) => probability));
    for (const { word, probability, sample } of heard) {
      const at = this.origin + sample;
      called({ word, probability, at, from: at - timeline.samples(preRollMs) });
    }
  }
}
