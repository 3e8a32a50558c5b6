import { LagWatch } from "../audio/lag-watch";
import type { Pcm } from "../audio/pcm";
import { SAMPLE_BYTES } from "../audio/pcm-buffer";
import { PcmDecoder } from "../audio/pcm-decoder";
import { SoundMeter } from "../audio/sound-meter";
import { MAX_KEPT_S, MAX_QUEUE_S, Timeline } from "../audio/timeline";
import type { JsonObject } from "../common/json";
import { AaiError, toAaiError } from "../common/errors";
import type { EndReason } from "../session/session-summary";
import { VoiceListener, type Voice } from "../voice/voice-listener";
import type { Call, WakeWordTrigger } from "../wakeword/wake-word-trigger";
import { RunToCompletion } from "./run-to-completion";
import type { Emit, ListeningOptions } from "./stream-events";
import { Transcription, type TranscriptionEvent, type TranscriptionStatus } from "./transcription";

/**
 * One stream of audio, for as long as its node lives: it decides when to listen.
 *
 *   idle ──audio (not latched), a voice, a call or start──▶ listening (a Transcription) ──silence, stop, cap, failure──▶ latched
 *    ▲                                                                                                          │
 *    └────────── audio had a gap of a second, a recording began, the next voice, call or start ──────────────────────┘
 *
 * Latched, audio that keeps flowing opens nothing: a microphone that is left on costs nothing. A transcription that is on its way out
 * does not hold up the next one. With `open: "speech"` only a voice or a start opens, with "wake-word" only a
 * call by a wake word or a start: there is nothing to latch then.
 */
export type StreamStatus = TranscriptionStatus | { phase: "idle" };

/** A stream as somebody sees it who looks on. */
export interface StreamView {
  status: StreamStatus;
  /** of the last tenth of a second; absent where no audio comes */
  dbfs?: number;
  /** Someone speaks: by the stream's own detector while that listens, and by the service's open turn. */
  voice: boolean;
}

/** Audio that pauses for this long has ended; the next audio is a new occasion to listen. */
const GAP_MS = 1_000;
/** How often old audio is dropped, in ms of audio: it costs as much as taking and sending a message does. */
const TRIM_EVERY_MS = 500;

/** Loaded with the first stream that waits for its name: most nodes wait for none. */
const loadTrigger = () => require("../wakeword/wake-word-trigger") as typeof import("../wakeword/wake-word-trigger");

export class Stream {
  private readonly steps: RunToCompletion;
  private readonly decoder: PcmDecoder;
  private readonly lag: LagWatch;
  private readonly sound = new SoundMeter();
  private timeline: Timeline | undefined;
  private voices: VoiceListener | undefined;
  private wakeWords: WakeWordTrigger | undefined;
  private current: Transcription | undefined;
  private newest: Transcription | undefined;
  private readonly ending = new Set<Transcription>();
  private latched = false;
  private warnedOfVoices = false;
  private lastAudioAt = -Infinity;
  /** the next audio that is taken begins after a pause, or a recording begins with it */
  private begins = true;
  /** when the newest recording began */
  private recordingAt = -Infinity;
  private turnNumber = 0;
  /** how far the transcriptions that are over have covered the timeline */
  private coveredUntil = 0;
  /** the timeline's end when it was last trimmed, while someone listens */
  private trimmedAt = 0;
  private closed: (() => void) | undefined;

  constructor(
    private readonly options: ListeningOptions,
    emit: Emit,
  ) {
    this.decoder = new PcmDecoder(options.settings.channel);
    this.steps = new RunToCompletion(options.clock, options.connect, emit);
    this.lag = new LagWatch(options.clock, options.settings.maxLagMs, (error) => this.steps.emit({ type: "warning", error }));
  }

  get status(): StreamStatus {
    return this.current?.status ?? { phase: this.ending.size > 0 ? "ending" : "idle" };
  }

  get view(): StreamView {
    const dbfs = this.timeline && this.sound.level(this.timeline);
    const voice = dbfs !== undefined && ((this.voices?.isVoice ?? false) || (this.current?.turnIsOpen ?? false));
    return { status: this.status, ...(dbfs === undefined ? {} : { dbfs }), voice };
  }

  /** Nothing is open, and no audio waits for a voice in it: the stream may be deleted. */
  get isIdle(): boolean {
    return this.status.phase === "idle" && !this.hasQueue;
  }

  /** How near it came to hearing a wake word since this was asked last, 0 to 1. */
  takeHighestProbability(): number {
    return this.wakeWords?.takeHighest() ?? 0;
  }

  /** A session is open, on its way, or waited for. */
  get isListening(): boolean {
    return this.current !== undefined;
  }

  /**
   * @param payload a Buffer of any length: raw audio, or WAV
   * @param format the message's `audio` property, if any
   * @param first whether a recording begins with it, so that it counts as a new occasion to listen without a pause before it
   * @throws AaiError for audio that cannot be taken; nothing of it was taken then, and the session that is open is not touched
   */
  audio(payload: unknown, format?: unknown, first = false): void {
    this.steps.run(() => this.take(payload, format, first));
  }

  /** Listens from now on, whatever `open` says. Does nothing where it already does. */
  start(): void {
    this.steps.run(() => {
      if (this.closed) return;
      this.latched = false;
      const timeline = this.timelineFor(this.timeline?.sampleRate ?? this.options.settings.sampleRate);
      this.listen(timeline, timeline.released());
    });
  }

  /** Hangs up now. Turns from before are still emitted. */
  end(reason: EndReason): void {
    this.steps.run(() => {
      this.latched = true;
      for (const transcription of this.transcriptions) transcription.end(reason);
    });
  }

  /** Ends the open turn now. Does nothing where nothing is open. */
  flush(): void {
    this.steps.run(() => this.current?.flush());
  }

  /**
   * @param fields of a configuration, checked, for what is open, and for what is ending, which may open another session; what opens later
   *   asks for its own
   */
  configure(fields: JsonObject): void {
    this.steps.run(() => {
      for (const transcription of this.transcriptions) transcription.configure(fields);
    });
  }

  /** Ends everything for good. The promise resolves once each session has ended, at most 5 s later. */
  close(reason: EndReason): Promise<void> {
    return new Promise((resolve) => {
      this.closed = resolve;
      this.voices?.close();
      this.wakeWords?.close();
      this.end(reason);
      if (this.ending.size === 0) resolve();
    });
  }

  private get transcriptions(): Transcription[] {
    return [...this.ending, ...(this.current ? [this.current] : [])];
  }

  private get hasQueue(): boolean {
    return this.timeline !== undefined && this.timeline.released() < this.timeline.end;
  }

  private take(payload: unknown, format: unknown, first: boolean): void {
    if (this.closed) return;
    const pcm = this.decode(payload, format, first);
    if (pcm.length === 0) return;
    const timeline = this.timelineFor(pcm.sampleRate ?? this.options.settings.sampleRate);
    if (timeline.overflows(pcm.length)) throw new AaiError("AAI_AUDIO_OVERFLOW", { seconds: MAX_QUEUE_S });
    const { data } = pcm;
    const { begins } = this;
    this.begins = false;
    if (begins) {
      this.latched = false;
      this.recordingAt = this.options.clock.now();
      timeline.beginRecording(data.length / SAMPLE_BYTES);
      this.voices?.breakOff();
      this.wakeWords?.breakOff();
    }
    const ms = (data.length / 2 / timeline.sampleRate) * 1000;
    if (this.lag.arrived(ms, timeline.lagMs, begins)) this.lag.dropped((timeline.dropQueue() / timeline.sampleRate) * 1000);
    const from = timeline.end;
    timeline.append(data);
    if (this.options.isWatched?.()) this.sound.arrived(timeline);
    if (this.options.settings.open === "audio" && !this.latched) this.listen(timeline, from);
    this.current?.audioArrived();
    this.voices?.pump();
    this.wakeWords?.pump();
    if (this.trimIsDue(timeline)) this.trim(timeline);
  }

  private decode(payload: unknown, format: unknown, first: boolean): Pcm {
    const now = this.options.clock.now();
    if (first || now - this.lastAudioAt >= GAP_MS) {
      this.decoder.paused();
      this.begins = true;
    }
    try {
      const pcm = this.decoder.decode(payload, format);
      this.lastAudioAt = now;
      return pcm;
    } catch (error) {
      // A file that cannot be used may come in several messages: no pause lies between the refused one and the next.
      if (toAaiError(error).code === "AAI_AUDIO_FORMAT") this.lastAudioAt = now;
      throw error;
    }
  }

  /** Begins to listen. Does nothing where it already does. */
  private listen(timeline: Timeline, from: number): void {
    if (this.current) return;
    this.voices ??= this.createVoices(timeline);
    const { steps, voices } = this;
    const transcription: Transcription = new Transcription({ ...this.options, steps, timeline, voices }, from, (event) =>
      this.on(transcription, event),
    );
    this.current = transcription;
    this.newest = transcription;
    this.trimmedAt = timeline.end;
    transcription.open();
  }

  private on(transcription: Transcription, event: TranscriptionEvent): void {
    switch (event.type) {
      case "turn":
        this.steps.emit({ ...event, number: this.turnNumber + 1 });
        if (event.turn.final) this.turnNumber++;
        return;
      case "ending":
        return this.hungUp(transcription, event.reason);
      case "mistaken":
        // Where another one has listened since, it has heard what came after.
        if (this.newest !== transcription || transcription.timeline !== this.timeline || this.closed) return;
        this.ending.delete(transcription);
        this.current = transcription;
        return transcription.resume();
      case "over":
        this.ending.delete(transcription);
        if (transcription.timeline === this.timeline) this.coveredUntil = Math.max(this.coveredUntil, transcription.coveredUntil);
        if (this.ending.size === 0 && !this.current) this.closed?.();
        return;
      case "terminated":
        return this.steps.emit({ ...event, replaced: event.replaced || this.goesOnAfter(transcription) });
      case "begun":
      case "message":
      case "reconnecting":
      case "failed":
      case "error":
      case "warning":
      case "changed":
        return this.steps.emit(event);
    }
  }

  /** Another recording has a session of its own, or its next audio will open one. */
  private goesOnAfter(transcription: Transcription): boolean {
    if (this.current) return this.current !== transcription;
    return !this.latched && this.options.settings.open === "audio";
  }

  private hungUp(transcription: Transcription, reason: EndReason | undefined): void {
    if (this.current !== transcription) return;
    const { clock, settings } = this.options;
    this.current = undefined;
    // A recording that has begun since the last text had no whole timeout to speak in: its next audio opens a session of its own.
    this.latched = reason !== "silence" || clock.now() - this.recordingAt >= settings.silenceTimeoutMs;
    this.ending.add(transcription);
    // Audio that is queued will be listened to in its own time, for the next voice or wake word in it.
    if (["speech", "wake-word"].includes(settings.open)) return;
    const { timeline } = transcription;
    const queued = timeline.dropQueue() / timeline.sampleRate;
    if (queued >= 1) this.steps.emit({ type: "warning", error: new AaiError("AAI_AUDIO_LOST/queue", { seconds: Math.round(queued) }) });
  }

  /** Someone begins to speak. */
  private voice({ from, onset }: Voice, timeline: Timeline): void {
    if (this.closed || this.options.settings.open !== "speech") return;
    this.listenWithPreRoll(timeline, from, onset);
  }

  /** Someone has said a wake word. While a session is open, that is only reported. */
  private called({ word, probability, at, from }: Call, timeline: Timeline): void {
    if (this.closed) return;
    const onTrial = this.options.wakeWordsOnTrial?.() ?? false;
    this.steps.emit({ type: "called", word, probability, onTrial });
    if (!onTrial && !this.current) this.listenWithPreRoll(timeline, from, at);
  }

  /** A pre-roll may reach back into what another session has given the text of, or will: that is left out, up to `latest`. */
  private listenWithPreRoll(timeline: Timeline, from: number, latest: number): void {
    const others = this.transcriptions.filter((other) => other.timeline === timeline);
    const covered = Math.max(this.coveredUntil, ...others.map(({ coveredUntil }) => coveredUntil));
    const position = Math.max(timeline.start, from, Math.min(latest, covered));
    for (const other of this.ending) if (other.timeline === timeline) other.yieldTo(position);
    this.listen(timeline, position);
  }

  private timelineFor(sampleRate: number): Timeline {
    if (this.timeline?.sampleRate === sampleRate) return this.timeline;
    // A file in which the gate still looks for a voice is not dropped for another.
    if (this.timeline && (this.current || this.hasQueue)) {
      throw new AaiError("AAI_AUDIO_FORMAT/rate-changed", { rate: sampleRate, open: this.timeline.sampleRate });
    }
    const timeline = new Timeline(this.options.clock, sampleRate);
    // A rate that a trigger cannot listen at is an error; else the voice detector is only the second witness of silence.
    const voices = this.options.settings.open === "speech" ? this.newVoices(timeline) : undefined;
    const wakeWords = this.options.settings.open === "wake-word" ? this.newWakeWords(timeline) : undefined;
    this.voices?.close();
    this.wakeWords?.close();
    this.voices = voices;
    this.wakeWords = wakeWords;
    this.timeline = timeline;
    this.coveredUntil = 0;
    this.begins = true;
    return timeline;
  }

  private createVoices(timeline: Timeline): VoiceListener | undefined {
    try {
      return this.newVoices(timeline);
    } catch (error) {
      if (!this.warnedOfVoices) this.steps.emit({ type: "warning", error: toAaiError(error) });
      this.warnedOfVoices = true;
      return undefined;
    }
  }

  private newVoices(timeline: Timeline): VoiceListener {
    const { settings, voiceDetector } = this.options;
    return new VoiceListener({
      clock: this.steps.clock,
      timeline,
      detector: voiceDetector?.(),
      preRollMs: settings.preRollMs,
      always: settings.open === "speech",
      started: (voice) => this.voice(voice, timeline),
    });
  }

  private newWakeWords(timeline: Timeline): WakeWordTrigger {
    const { preRollMs, wakeWords: words } = this.options.settings;
    const Trigger = loadTrigger().WakeWordTrigger;
    return new Trigger({ clock: this.steps.clock, timeline, words, preRollMs, called: (call) => this.called(call, timeline) });
  }

  private trimIsDue({ start, end, sampleRate }: Timeline): boolean {
    return !this.current || end - this.trimmedAt >= (TRIM_EVERY_MS * sampleRate) / 1000 || end - start > MAX_KEPT_S * sampleRate;
  }

  /** Keeps the audio that may still have to be sent, at most a minute of it. */
  private trim(timeline: Timeline): void {
    this.trimmedAt = timeline.end;
    const users = this.transcriptions.filter((transcription) => transcription.timeline === timeline);
    const needed = Math.min(
      timeline.end,
      this.voices?.needsFrom ?? Infinity,
      this.wakeWords?.needsFrom ?? Infinity,
      ...users.map(({ needsFrom }) => needsFrom),
    );
    timeline.discardBefore(Math.max(needed, timeline.released() - MAX_KEPT_S * timeline.sampleRate));
  }
}
