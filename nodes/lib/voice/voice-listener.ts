import type { Timeline } from "../audio/timeline";
import type { Clock, Timer } from "../common/clock";
import type { VoiceGate } from "./gate";
import type { SpeechDetector } from "./silero";

/** How much audio the gate processes at once (4 ms of CPU): between two slices, other work runs. */
const SLICE_MS = 160;
/** The pause between two slices of audio that is already available. */
const BREATH_MS = 5;
/** How much audio to wait for while it is released bit by bit. */
const STEP_MS = 100;
/**
 * The gate places a voice at its first frame that is certainly one. In recordings of people the first sound lies up to 290 ms before that.
 * The faintest beginning of a sound cannot be distinguished from noise, so a further tenth of a second is added, which costs nothing.
 */
const ONSET_MS = 400;
/** The gate reports a voice up to 550 ms after its first frame. */
const DELAY_MS = 700;

/** Loaded with the first audio, as are its weights. */
const loadGate = () => require("./gate") as typeof import("./gate");

export interface Voice {
  /** the earliest position of its first sound */
  onset: number;
  /** the first sample to send: its onset, with the pre-roll */
  from: number;
}

export interface VoiceListenerOptions {
  clock: Clock;
  timeline: Timeline;
  /** the detector; a Silero of its own where none is given */
  detector: SpeechDetector | undefined;
  /** how much audio from before a voice is sent with it */
  preRollMs: number;
  /** whether it runs all the time from now on: with the audio before a voice, its decisions are more certain */
  always: boolean;
  /** Someone begins to speak. */
  started: (voice: Voice) => void;
  /** All available audio has been processed. */
  caughtUp?: () => void;
}

/**
 * Runs the gate along a timeline, at the timeline's own pace: a file is processed in real time, as if it were spoken now. Positions are the
 * timeline's.
 *
 *   resting ──listenFrom()──▶ catching up, a slice every 5 ms ──▶ up to date ──rest()──▶ resting
 */
export class VoiceListener {
  /** undefined while it rests: it takes 55 kB */
  private gate: VoiceGate | undefined;
  /** where the gate began */
  private origin = 0;
  private cursor = 0;
  private listening = false;
  /** where the newest voice ended before the sound broke off */
  private voiceBefore: number | undefined;
  private timer: Timer | undefined;

  /** @throws AaiError AAI_AUDIO_FORMAT for a rate that the gate does not support, AAI_VOICE_WEIGHTS where its weights cannot be read */
  constructor(private readonly options: VoiceListenerOptions) {
    this.gate = this.newGate();
    if (options.always) this.listenFrom(options.timeline.end);
    else this.rest();
  }

  /** Processes the audio from there on. Where it is already running, it goes on. */
  listenFrom(position: number): void {
    if (this.listening) return;
    this.listening = true;
    this.voiceBefore = undefined;
    this.gate ??= this.newGate();
    this.gate.reset();
    this.cursor = Math.max(this.options.timeline.start, Math.min(position, this.options.timeline.end));
    this.origin = this.cursor;
    this.pump();
  }

  /** Stops until the next `listenFrom`. Does nothing where it runs all the time. */
  rest(): void {
    if (this.options.always) return;
    this.close();
    this.gate = undefined;
  }

  close(): void {
    this.listening = false;
    this.timer?.cancel();
  }

  /** Processes the next slice now, and goes on by itself while there is more audio. */
  pump(): void {
    if (!this.listening) return;
    const { clock, timeline, caughtUp } = this.options;
    this.timer?.cancel();
    const released = timeline.released();
    // What was discarded meanwhile is past.
    this.cursor = Math.max(this.cursor, timeline.start);
    this.judge(Math.min(released, this.cursor + timeline.samples(SLICE_MS)));
    if (this.listening && this.cursor >= released) caughtUp?.();
    const next = Math.min(this.cursor + timeline.samples(STEP_MS), timeline.end);
    if (next <= this.cursor || !this.listening) return;
    this.timer = clock.setTimeout(() => this.pump(), this.cursor < released ? BREATH_MS : timeline.msUntil(next));
  }

  /** The next sample begins another recording, in which a voice starts afresh. */
  breakOff(): void {
    if (!this.listening || this.cursor < this.options.timeline.end) return;
    this.voiceBefore = this.voiceUntil;
    this.gate?.reset();
    this.origin = this.cursor;
  }

  /** Whether there is more audio to process than the next slice: of queued audio, more is due all the time. */
  get isBehind(): boolean {
    const { timeline } = this.options;
    return timeline.released() - this.cursor > timeline.samples(SLICE_MS);
  }

  /** Whether someone speaks, as far as it listens. */
  get isVoice(): boolean {
    return this.listening && this.gate?.speaking === true;
  }

  /** Where the newest voice ends so far; undefined where nobody has spoken since it began. */
  get voiceUntil(): number | undefined {
    const voicedUntil = this.gate?.voicedUntil;
    return voicedUntil === undefined ? this.voiceBefore : this.origin + voicedUntil;
  }

  /** The oldest sample that may belong to a voice that the gate has not reported yet. */
  get needsFrom(): number {
    if (!this.listening) return Infinity;
    return this.cursor - this.options.timeline.samples(DELAY_MS + ONSET_MS + this.options.preRollMs);
  }

  private newGate(): VoiceGate {
    const { timeline, detector } = this.options;
    return new (loadGate().VoiceGate)({ sampleRate: timeline.sampleRate, ...(detector ? { detector } : {}) });
  }

  private judge(position: number): void {
    if (position <= this.cursor) return;
    const { timeline, preRollMs, started } = this.options;
    const samples = timeline.readSamples(this.cursor, position);
    this.cursor = position;
    for (const { type, sample } of this.gate?.push(samples) ?? []) {
      if (type === "end") continue;
      // What was before a gap in the audio is no part of this.
      const onset = Math.max(this.origin, this.origin + sample - timeline.samples(ONSET_MS));
      started({ onset, from: Math.max(this.origin, onset - timeline.samples(preRollMs)) });
    }
  }
}
