import { Chunker } from "../audio/chunker";
import { shownLevelOf } from "../audio/level-meter";
import { AaiError, toAaiError } from "../common/errors";
import type { CaptureState } from "./capture";
import type { Recorder, Recording, RecordingEvents } from "./recorder";
import type { RecorderSettings } from "./recorder-command";

/**
 * Lets a person hear what a microphone hears: some seconds of it, with the level while they are recorded.
 *
 * Where the node is recording, the trial takes its audio. Otherwise the trial has a recorder of its own. Many devices allow one recorder
 * only, so the two never run at the same time: where the node starts during a trial, its recorder waits for the end of the trial's, and the
 * trial goes on with the node's audio; where the node has just stopped, the trial's recorder waits for the end of the node's.
 */
export interface TrialEvents {
  /**
   * Ten times a second.
   * @param dbfs -100 … 0
   * @param seconds recorded by now
   */
  level(dbfs: number, seconds: number): void;
  /** Everything is recorded: nothing follows. @param pcm signed 16-bit little-endian samples, mono */
  recorded(pcm: Buffer): void;
  /** Nothing follows. */
  failed(error: AaiError): void;
  /** The node is being closed: nothing follows. */
  closed(): void;
}

export const TRIAL_SECONDS = 3;
const CHUNK_MS = 100;

interface Running {
  readonly events: TrialEvents;
  readonly chunker: Chunker;
  readonly chunks: Buffer[];
}

export class MicrophoneTrial {
  private running: Running | undefined;
  private node: CaptureState = { name: "stopped" };
  private nodeRecords = false;
  /** the trial's own */
  private recording: Recording | undefined;
  /** what waits for the end of `recording` */
  private waiting: (() => void)[] = [];

  constructor(
    private readonly device: Recorder,
    private readonly settings: RecorderSettings,
  ) {}

  /** Starts the node's own recordings. */
  readonly recorder: Recorder = (settings, events) => {
    if (!this.recording) return this.record(settings, events);
    let actual: Recording | undefined;
    let isWanted = true;
    this.waiting.push(() => {
      if (isWanted) actual = this.recordLate(settings, events);
      else events.ended();
    });
    this.recording.stop();
    return {
      stop: () => {
        isWanted = false;
        actual?.stop();
      },
    };
  };

  /** Begins; a trial that runs is given up. @returns what gives this one up, without any further event */
  begin(events: TrialEvents): () => void {
    this.end();
    const running = { events, chunks: [], chunker: new Chunker(this.settings.sampleRate, CHUNK_MS, (chunk) => this.take(chunk)) };
    this.running = running;
    this.follow(this.node);
    return () => {
      if (this.running === running) this.end();
    };
  }

  /** The node's audio has come. */
  heard(pcm: Buffer): void {
    this.running?.chunker.push(pcm);
  }

  /** The node's recording has changed. */
  follow(state: CaptureState): void {
    this.node = state;
    if (!this.running) return;
    if (state.name === "waiting") this.fail(state.error);
    else if (state.name === "stopped" || state.name === "failed") this.open();
  }

  /** Ends it for good. `done` is called when its recorder's process has ended. */
  close(done: () => void): void {
    const { running } = this;
    this.end();
    running?.events.closed();
    if (this.recording) this.waiting.push(done);
    else done();
  }

  private record(settings: RecorderSettings, events: RecordingEvents): Recording {
    const recording = this.device(settings, {
      pcm: (bytes) => events.pcm(bytes),
      failed: (error) => events.failed(error),
      ended: () => {
        this.nodeRecords = false;
        events.ended();
        this.follow(this.node);
      },
    });
    this.nodeRecords = true;
    return recording;
  }

  /** What cannot be started is reported like a failure: nobody waits for the call any more. */
  private recordLate(settings: RecorderSettings, events: RecordingEvents): Recording | undefined {
    try {
      return this.record(settings, events);
    } catch (thrown) {
      events.failed(toAaiError(thrown));
      events.ended();
      return undefined;
    }
  }

  /** A recorder of the trial's own, once the device is free. */
  private open(): void {
    if (this.nodeRecords) return;
    if (this.recording) {
      this.waiting.push(() => this.follow(this.node));
      return;
    }
    try {
      this.recording = this.device(this.settings, {
        pcm: (bytes) => this.heard(bytes),
        failed: (error) => this.fail(error),
        ended: () => {
          this.recording = undefined;
          for (const next of this.waiting.splice(0)) next();
        },
      });
    } catch (thrown) {
      this.fail(toAaiError(thrown));
    }
  }

  private take(chunk: Buffer): void {
    const { running } = this;
    if (!running) return; // it has ended between two chunks of one piece
    const { chunks, events } = running;
    chunks.push(chunk);
    const seconds = (chunks.length * CHUNK_MS) / 1000;
    events.level(shownLevelOf(samplesOf(chunk)), seconds);
    if (seconds < TRIAL_SECONDS) return;
    this.end();
    const pcm = Buffer.concat(chunks);
    if (pcm.some((byte) => byte !== 0)) events.recorded(pcm);
    else events.failed(new AaiError("AAI_MUTED", { device: this.settings.device || "default" }));
  }

  private fail(error: AaiError): void {
    const { running } = this;
    this.end();
    running?.events.failed(error);
  }

  private end(): void {
    this.running = undefined;
    this.recording?.stop();
  }
}

function samplesOf(chunk: Buffer): Int16Array {
  return Int16Array.from({ length: chunk.length / 2 }, (_, index) => chunk.readInt16LE(2 * index));
}
