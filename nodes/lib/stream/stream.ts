import { AaiError } from "../common/errors";
import type { Emit, ListeningOptions } from "./stream-events";
import type { JsonObject } from "../common/json";
import type { EndReason } from "../session/session-summary";
import { MAX_KEPT_S, MAX_QUEUE_S, Timeline } from "../audio/timeline";
import { Transcription, type TranscriptionStatus } from "./transcription";
import type { TurnEvent } from "../assemblyai/turn-assembler";
import { VoiceTrigger, type Voice } from "../voice/voice-trigger";

/**
 * One stream of audio, for as long as its node lives: it decides when to listen.
 *
 *   idle ──audio (not latched), a voice, or start──▶ listening (a Transcription) ──silence, stop, cap, failure──▶ latched
 *    ▲                                                                                                          │
 *    └────────── audio had a gap of a second, a recording began, the next voice, or start ──────────────────────┘
 *
 * Latched, audio that keeps flowing opens nothing: a microphone that is left on costs nothing. A transcription that is on its way out
 * does not hold up the next one. With `open: "speech"` only a voice or a start opens, so there is nothing to latch.
 */
export type StreamStatus = TranscriptionStatus | { phase: "idle" };

/** Audio that pauses for this long has ended; what comes next is a new occasion to listen. */
export const GAP_MS = 1_000;
/** What is no longer needed is looked for this often, in ms of audio: it costs as much as to take and send a message does. */
const TRIM_EVERY_MS = 500;

export class Stream {
  private timeline: Timeline | undefined;
  private trigger: VoiceTrigger | undefined;
  private current: Transcription | undefined;
  private readonly ending = new Set<Transcription>();
  private latched = false;
  private lastAudioAt = -Infinity;
  private turnNumber = 0;
  /** where the texts of the transcriptions that are over end on the timeline */
  private textUntil = 0;
  /** the timeline's end when it was last trimmed, while someone listens */
  private trimmedAt = 0;
  private closed: (() => void) | undefined;

  constructor(
    private readonly options: ListeningOptions,
    private readonly emit: Emit,
  ) {}

  get status(): StreamStatus {
    return this.current?.status ?? { phase: this.ending.size > 0 ? "ending" : "idle" };
  }

  /**
   * @param pcm whole samples, mono, 16-bit; copied
   * @param declaredRate Hz, where the audio itself says it
   * @param first whether a recording begins with it
   * @throws AaiError AAI_AUDIO_OVERFLOW or AAI_AUDIO_FORMAT; nothing of the audio was taken then
   */
  audio(pcm: Buffer, declaredRate: number | undefined, first = false): void {
    if (this.closed || pcm.length === 0) return;
    const { clock, settings } = this.options;
    const timeline = this.timelineFor(declaredRate ?? settings.sampleRate);
    if (timeline.overflows(pcm.length)) throw new AaiError("AAI_AUDIO_OVERFLOW", { seconds: MAX_QUEUE_S });
    if (first || clock.now() - this.lastAudioAt >= GAP_MS) this.latched = false;
    this.lastAudioAt = clock.now();
    const from = timeline.end;
    timeline.append(pcm);
    if (this.current) this.current.audioArrived();
    else if (settings.open === "audio" && !this.latched) this.listen(timeline, from);
    this.trigger?.pump();
    if (this.trimIsDue(timeline)) this.trim(timeline);
  }

  /** Listens from now on, whatever `open` says. Does nothing where it already does. */
  start(): void {
    if (this.closed) return;
    this.latched = false;
    if (this.current) return this.current.resume();
    const timeline = this.timelineFor(this.timeline?.sampleRate ?? this.options.settings.sampleRate);
    this.listen(timeline, timeline.end);
  }

  /** Hangs up now. What was said before still comes out. */
  end(reason: EndReason): void {
    this.latched = true;
    this.current?.end(reason);
  }

  /** Nothing is open, and no audio waits for a voice in it: the stream may be let go of. */
  get isIdle(): boolean {
    return this.status.phase === "idle" && (!this.timeline || this.timeline.released() === this.timeline.end);
  }

  /** A session is open, on its way, or waited for. */
  get isListening(): boolean {
    return this.current !== undefined;
  }

  /** Ends the open turn now. Does nothing where nothing is open. */
  flush(): void {
    this.current?.flush();
  }

  /** @param fields checked `UpdateConfiguration` fields */
  configure(fields: JsonObject): void {
    this.current?.configure(fields);
  }

  /** Ends everything for good. The promise resolves once each session has ended, at most 5 s later. */
  close(reason: EndReason): Promise<void> {
    return new Promise((resolve) => {
      this.closed = resolve;
      this.trigger?.close();
      this.current?.end(reason);
      if (this.ending.size === 0) resolve();
    });
  }

  private listen(timeline: Timeline, from: number): void {
    const transcription: Transcription = new Transcription(this.options, timeline, from, this.emit, {
      turn: (event, sessionId) => this.turn(event, sessionId),
      silent: () => this.silent(transcription),
      ending: () => this.hungUp(transcription),
      over: () => {
        this.ending.delete(transcription);
        if (timeline === this.timeline) this.textUntil = Math.max(this.textUntil, transcription.textUntil);
        if (this.ending.size === 0) this.closed?.();
      },
    });
    this.current = transcription;
    this.trimmedAt = timeline.end;
    transcription.open();
  }

  private turn(event: TurnEvent, sessionId: string): void {
    this.emit({ type: "turn", turn: event, sessionId, number: this.turnNumber + 1 });
    if (event.final) this.turnNumber++;
  }

  /** The gate has heard someone begin to speak. */
  private voice(timeline: Timeline): void {
    if (this.current || this.closed) return;
    const { voice } = this.trigger ?? {};
    this.listen(timeline, voice ? this.startOf(voice, timeline) : timeline.end);
  }

  private silent(transcription: Transcription): void {
    const { timeline } = transcription;
    const voice = this.trigger?.voice;
    if (!voice || !transcription.isUnheard(voice.at) || transcription.turnIsOpen) return transcription.end("silence");
    transcription.handOver(this.startOf(voice, timeline));
    this.voice(timeline);
  }

  /** From where a voice is heard. A pre-roll may reach back into what another session has given the text of. */
  private startOf({ from, onset }: Voice, timeline: Timeline): number {
    const all = [...this.ending, ...(this.current ? [this.current] : [])];
    const texts = all.filter((transcription) => transcription.timeline === timeline).map(({ textUntil }) => textUntil);
    const told = Math.max(this.textUntil, ...texts);
    return Math.max(timeline.start, from, Math.min(told, onset));
  }

  private hungUp(transcription: Transcription): void {
    this.current = undefined;
    this.latched = true;
    this.ending.add(transcription);
    const { timeline } = transcription;
    // With a voice gate, what is queued will be listened to in its own time.
    if (this.trigger) return;
    const queued = timeline.dropQueue() / timeline.sampleRate;
    if (queued >= 1) this.emit({ type: "warning", error: new AaiError("AAI_AUDIO_LOST/queue", { seconds: Math.round(queued) }) });
  }

  private timelineFor(sampleRate: number): Timeline {
    if (this.timeline?.sampleRate === sampleRate) return this.timeline;
    if (this.current && this.timeline) {
      throw new AaiError("AAI_AUDIO_FORMAT/rate-changed", { rate: sampleRate, open: this.timeline.sampleRate });
    }
    const { clock, settings } = this.options;
    const timeline = new Timeline(clock, sampleRate);
    if (settings.open === "speech") {
      this.trigger?.close();
      this.trigger = new VoiceTrigger(clock, timeline, settings.preRollMs, () => this.voice(timeline));
    }
    this.timeline = timeline;
    this.textUntil = 0;
    return timeline;
  }

  private trimIsDue({ start, end, sampleRate }: Timeline): boolean {
    return !this.current || end - this.trimmedAt >= (TRIM_EVERY_MS * sampleRate) / 1000 || end - start > MAX_KEPT_S * sampleRate;
  }

  /** Keeps what may still have to be sent, at most a minute of it. */
  private trim(timeline: Timeline): void {
    this.trimmedAt = timeline.end;
    const needed = Math.min(this.current?.needsFrom ?? timeline.end, this.trigger?.needsFrom ?? timeline.end);
    timeline.discardBefore(Math.max(needed, timeline.released() - MAX_KEPT_S * timeline.sampleRate));
  }
}
