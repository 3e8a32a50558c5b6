import type { Clock, Timer } from "../common/clock";
import type { Timeline } from "../audio/timeline";
import { VoiceGate } from "./gate";

/** How much queued audio the gate looks at in one go. */
const STEP_MS = 100;
/**
 * The gate places a voice at its first frame that is surely one; measured on people's recordings, the first sound lies up to 290 ms
 * before that; the weakest beginning of a sound is not to be seen among the noise, and a tenth of a second of audio costs nothing.
 */
const ONSET_MS = 400;
/** The gate tells of a voice up to 550 ms after its first frame. */
const DELAY_MS = 700;
/** Audio that pauses for this long has ended, and who was speaking with it: a file's end, or a microphone that was stopped. */
const GAP_MS = 1_000;

export interface Voice {
  /** where the gate first was sure of it */
  at: number;
  /** where its first sound may lie */
  onset: number;
  /** from where it is to be heard: its onset, with the pre-roll */
  from: number;
}

/**
 * Listens along a timeline for voices, at the timeline's own pace: a file is listened to in its real time, as if it were spoken now.
 * Positions are the timeline's.
 */
export class VoiceTrigger {
  private readonly gate: VoiceGate;
  /** where the gate began to listen */
  private origin: number;
  private cursor: number;
  private speaking: Voice | undefined;
  private timer: Timer | undefined;

  /**
   * @param preRollMs how much of what was before a voice is wanted with it
   * @param heard called when someone begins to speak
   * @throws AaiError AAI_AUDIO_FORMAT for a rate that the gate cannot listen at, AAI_VOICE_WEIGHTS where its weights cannot be read
   */
  constructor(
    private readonly clock: Clock,
    readonly timeline: Timeline,
    private readonly preRollMs: number,
    private readonly heard: () => void,
  ) {
    this.gate = new VoiceGate({ sampleRate: timeline.sampleRate });
    this.origin = timeline.end;
    this.cursor = timeline.end;
  }

  /** More audio is on the timeline. */
  pump(): void {
    this.timer?.cancel();
    const released = this.timeline.released();
    if (released > this.cursor) this.listenTo(released);
    const next = Math.min(this.cursor + this.timeline.samples(STEP_MS), this.timeline.end);
    this.timer =
      next > this.cursor
        ? this.clock.setTimeout(() => this.pump(), this.timeline.msUntil(next))
        : this.clock.setTimeout(() => this.breakOff(), GAP_MS);
  }

  /** Who is speaking; undefined where nobody is. */
  get voice(): Voice | undefined {
    return this.speaking;
  }

  /** The oldest sample that a voice of which the gate has not told yet may need. */
  get needsFrom(): number {
    return this.cursor - this.timeline.samples(DELAY_MS + ONSET_MS + this.preRollMs);
  }

  close(): void {
    this.timer?.cancel();
  }

  /** What comes next is another stream of sound, in which a voice begins anew. */
  private breakOff(): void {
    this.gate.reset();
    this.origin = this.cursor;
    this.speaking = undefined;
  }

  private listenTo(position: number): void {
    const samples = this.timeline.readSamples(this.cursor, position);
    this.cursor = position;
    for (const { type, sample } of this.gate.push(samples)) {
      const at = this.origin + sample;
      const onset = at - this.timeline.samples(ONSET_MS);
      this.speaking = type === "end" ? undefined : { at, onset, from: onset - this.timeline.samples(this.preRollMs) };
      if (type === "start") this.heard();
    }
  }
}
