import type { Timeline } from "../audio/timeline";
import type { Clock, Timer } from "../common/clock";
import { VoiceGate } from "./gate";
import type { SpeechDetector } from "./silero";

/** How much audio is judged in one go (4 ms of CPU): between two slices, others run. */
const SLICE_MS = 160;
/** The pause between two slices of audio that is there already. */
const BREATH_MS = 5;
/** How much audio that is released bit by bit is waited for. */
const STEP_MS = 100;
/**
 * The gate places a voice at its first frame that is surely one; measured on people's recordings, the first sound lies up to 290 ms
 * before that; the weakest beginning of a sound is not to be seen among the noise, and a tenth of a second of audio costs nothing.
 */
const ONSET_MS = 400;
/** The gate reports a voice up to 550 ms after its first frame. */
const DELAY_MS = 700;

export interface Voice {
  /** where its first sound may lie */
  onset: number;
  /** from where it is to be sent: its onset, with the pre-roll */
  from: number;
}

export interface VoiceListenerOptions {
  clock: Clock;
  timeline: Timeline;
  /** what judges the frames; a Silero of its own where none is given */
  detector: SpeechDetector | undefined;
  /** how much of what was before a voice is wanted with it */
  preRollMs: number;
  /** whether it listens from now on without a rest: with what it has heard before, it is surer */
  always: boolean;
  /** Someone begins to speak. */
  started: (voice: Voice) => void;
  /** All audio that is there has been judged. */
  caughtUp?: () => void;
}

/**
 * Listens along a timeline for voices, at the timeline's own pace: a file is listened to in its real time, as if it were spoken now.
 * Positions are the timeline's.
 *
 *   resting ──listenFrom()──▶ catching up, a slice every 5 ms ──▶ up to date ──rest()──▶ resting
 */
export class VoiceListener {
  private readonly gate: VoiceGate;
  /** where the gate began to listen */
  private origin = 0;
  private cursor = 0;
  private listening = false;
  /** where the newest voice ended before the sound broke off */
  private voiceBefore: number | undefined;
  private timer: Timer | undefined;

  /** @throws AaiError AAI_AUDIO_FORMAT for a rate that the gate cannot listen at, AAI_VOICE_WEIGHTS where its weights cannot be read */
  constructor(private readonly options: VoiceListenerOptions) {
    const { timeline, detector, always } = options;
    this.gate = new VoiceGate({ sampleRate: timeline.sampleRate, ...(detector ? { detector } : {}) });
    if (always) this.listenFrom(timeline.end);
  }

  /** Judges the audio from there on. Where it already listens, it goes on. */
  listenFrom(position: number): void {
    if (this.listening) return;
    this.listening = true;
    this.voiceBefore = undefined;
    this.gate.reset();
    this.cursor = Math.max(this.options.timeline.start, Math.min(position, this.options.timeline.end));
    this.origin = this.cursor;
    this.pump();
  }

  /** Judges nothing more until `listenFrom`. Does nothing where it listens always. */
  rest(): void {
    if (!this.options.always) this.close();
  }

  close(): void {
    this.listening = false;
    this.timer?.cancel();
  }

  /** Judges the next slice now, and goes on by itself while more audio is there. */
  pump(): void {
    if (!this.listening) return;
    const { clock, timeline, caughtUp } = this.options;
    this.timer?.cancel();
    const released = timeline.released();
    this.judge(Math.min(released, this.cursor + timeline.samples(SLICE_MS)));
    if (this.cursor >= released) caughtUp?.();
    const next = Math.min(this.cursor + timeline.samples(STEP_MS), timeline.end);
    if (next <= this.cursor || !this.listening) return;
    this.timer = clock.setTimeout(() => this.pump(), this.cursor < released ? BREATH_MS : timeline.msUntil(next));
  }

  /** What comes next is another stream of sound, in which a voice begins anew. */
  breakOff(): void {
    if (!this.listening || this.isBehind) return;
    this.voiceBefore = this.voiceUntil;
    this.gate.reset();
    this.origin = this.cursor;
  }

  /** Audio is there that was not judged yet. */
  get isBehind(): boolean {
    return this.cursor < this.options.timeline.released();
  }

  /** Where the newest voice ends so far; undefined where nobody has spoken since it began to listen. */
  get voiceUntil(): number | undefined {
    const { voicedUntil } = this.gate;
    return voicedUntil === undefined ? this.voiceBefore : this.origin + voicedUntil;
  }

  /** The oldest sample that a voice which the gate has not reported yet may need. */
  get needsFrom(): number {
    if (!this.listening) return Infinity;
    return this.cursor - this.options.timeline.samples(DELAY_MS + ONSET_MS + this.options.preRollMs);
  }

  private judge(position: number): void {
    if (position <= this.cursor) return;
    const { timeline, preRollMs, started } = this.options;
    const samples = timeline.readSamples(this.cursor, position);
    this.cursor = position;
    for (const { type, sample } of this.gate.push(samples)) {
      if (type === "end") continue;
      // What was before a gap in the audio is no part of this.
      const onset = Math.max(this.origin, this.origin + sample - timeline.samples(ONSET_MS));
      started({ onset, from: Math.max(this.origin, onset - timeline.samples(preRollMs)) });
    }
  }
}
