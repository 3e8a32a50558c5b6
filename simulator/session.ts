/**
 * One session: what a client is sent from the upgrade of its connection to the close.
 *
 *   waiting ──Begin──▶ open ──Terminate, its turns and Termination──▶ closing ──▶ closed
 *      └─────────────────┴────────────────── Error ──────────────────────▲          ▲
 *      └──────────────── the client, the network or a fault closes ─────────────────┘
 *
 * The client's messages are accepted from the upgrade on. They wait in one queue until Begin, and until the message before them has been
 * processed, so that the answers stay in order although recognition takes time. All answers leave through one outbox, in order too.
 */
import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import type { Clock, Timer } from "../nodes/lib/common/clock";
import { BYTES_PER_SAMPLE, decodePcm } from "./audio";
import type { Deviation } from "./deviations";
import { errorText, type Fault, type Moment } from "./faults";
import { FrameRules, readMessage, type ClientMessage } from "./intake";
import { ProtocolError, SEE_ERROR } from "./protocol-error";
import {
  beginMessage,
  revisionOf,
  turnMessages,
  type Revision,
  type ServerMessage,
  type SpeakerOf,
  type TurnMessage,
  type TurnState,
} from "./messages";
import type { Latency } from "./latency";
import { Outbox } from "./outbox";
import { SessionParameters, UNUSABLE_MODELS, type SessionConfig } from "./parameters";
import { SessionRecord } from "./record";
import type { Recogniser, SessionRecogniser, Word } from "./recogniser";
import type { SpeechDetector } from "./speech-detector";
import { TurnTaker } from "./turns";
import { WorkQueue } from "./work-queue";

const HEARTBEAT_MS = 5000;
/** Between two empty turns of the deviation `turns-in-silence`. */
const EMPTY_TURN_MS = 3000;
/** When the service fails a session with a preview model. */
const UNUSABLE_AFTER_MS = 5000;
/** The first word after a silence of this length is placed too early, where `earlyStartMs` asks for it. */
const SILENCE_MS = 1000;

export interface SessionSettings {
  clock: Clock;
  latency: Latency;
  /** @see SimulatorOptions */
  strictFrames: boolean;
  /** Audio is processed at 1.0x, however fast it arrives. */
  realtime: boolean;
  /** @see SimulatorOptions */
  earlyStartMs: number;
  /** @see SimulatorOptions */
  terminationOnExpiry: boolean;
  defaultModel: string;
  maxSessionMs: number;
  maxAheadMs: number;
  recogniser: Recogniser;
  speakers: SpeakerOf;
  detector: (sampleRate: number) => SpeechDetector;
  /** The longest session that the client's credentials allow (ms). @throws ProtocolError 1008 */
  authenticate: () => number;
  faults: readonly Fault[];
  deviations: ReadonlySet<Deviation>;
  /** Stops the WebSocket's input, but still notices the socket's end. */
  deafen: () => void;
  begun: (session: SimulatorSession) => void;
  ended: (session: SimulatorSession) => void;
}

type State = "waiting" | "open" | "closing" | "closed";
type Item = { audio: Buffer } | ClientMessage;

export class SimulatorSession {
  /** Resolves when the socket has closed. */
  readonly closed: Promise<void>;

  private state: State = "waiting";
  private parameters: SessionParameters | undefined;
  private turns: TurnTaker | undefined;
  private recogniser: SessionRecogniser | undefined;
  private readonly outbox: Outbox;
  private readonly timers = new Set<Timer>();
  private readonly queue: WorkQueue<Item>;
  private readonly frames: FrameRules;
  /** Audio received before Terminate. */
  private receivedMs = 0;
  private lastMessageAt = 0;
  private wordsDone = 0;
  /** where the last word of the last turn ended, in ms of the session's audio */
  private spokenUntil = 0;
  /** by the number of the turn */
  private readonly revisions = new Map<number, Revision>();
  private stalled = false;
  private resolveClosed: () => void = () => undefined;

  constructor(
    readonly record: SessionRecord,
    private readonly socket: WebSocket,
    private readonly settings: SessionSettings,
  ) {
    this.outbox = new Outbox(settings.clock);
    this.queue = new WorkQueue(
      settings.clock,
      (item) => this.process(item),
      () => this.fail(3005), // the recogniser failed: the service has this code for an error of its own
    );
    const shortFrames = settings.deviations.has("short-messages") ? "none" : settings.strictFrames ? "first" : "many";
    this.frames = new FrameRules(shortFrames, settings.maxAheadMs);
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve));
    socket.on("message", (data: Buffer, binary: boolean) => this.receive(data, binary));
    if (settings.deviations.has("pings-count")) socket.on("ping", () => (this.lastMessageAt = this.now()));
    socket.on("error", () => undefined); // a "close" follows, with all that there is to know
    socket.on("close", (code: number) => this.end(code));
  }

  get id(): string {
    return this.record.id;
  }

  /** Whether the session is still billed: its socket is open, and the service has not ended it. */
  get isOpen(): boolean {
    return this.stalled ? this.record.closedAt === undefined : this.state !== "closing" && this.state !== "closed";
  }

  /** The session's configuration as it stands now; undefined where it was refused. */
  get config(): SessionConfig | undefined {
    return this.parameters?.config;
  }

  get billedSeconds(): number {
    return this.record.billedSeconds(this.now());
  }

  /** Sends any frame: a string as it is, bytes as a binary frame, an object as JSON. */
  send(data: string | Uint8Array | object): void {
    if (this.stalled || this.socket.readyState !== this.socket.OPEN) return;
    const raw = typeof data === "string" || data instanceof Uint8Array;
    this.record.noteSent(this.now(), data);
    this.socket.send(raw ? data : JSON.stringify(data));
  }

  /** Cuts the TCP connection, without a close frame. */
  drop(): void {
    this.leave();
    this.socket.terminate();
  }

  /** From now on reads nothing, sends nothing, and answers no ping or close frame; the TCP connection stays open. */
  stall(): void {
    this.stalled = true;
    this.leave();
    this.outbox.clear();
    this.settings.deafen();
  }

  /** Closes the socket without sending a message first. */
  close(code: number, reason = ""): void {
    this.leave();
    this.socket.close(code, reason);
  }

  /** Sends an Error message and closes with its code, as the service ends a session. */
  fail(code: number, text = errorText(code), options: { typeless?: boolean; delay?: number } = {}): void {
    if (this.state === "closing" || this.state === "closed") return;
    const error = { error_code: code, error: text };
    this.leave();
    this.outbox.add(options.delay ?? 0, () => {
      if (!this.settings.deviations.has("bare-close")) this.send(options.typeless ? error : { type: "Error", ...error });
      this.socket.close(code, SEE_ERROR);
    });
  }

  /** Authenticates the client, reads its parameters, and schedules Begin and the faults. */
  start(): void {
    const { latency, defaultModel, authenticate, faults } = this.settings;
    const before = faults.find((fault) => fault.kind === "close-before-begin" || fault.kind === "rate-limit");
    if (before?.kind === "rate-limit") return this.fail(before.code, errorText(3009), { delay: latency.refuse });
    if (before?.kind === "close-before-begin") return before.code === undefined ? this.drop() : this.close(before.code);
    this.accepted(latency.refuse, () => {
      const longest = Math.min(authenticate(), this.settings.maxSessionMs);
      const parameters = new SessionParameters(new URLSearchParams(this.record.query), defaultModel);
      this.parameters = parameters;
      this.record.encoding = parameters.config.encoding;
      const late = faults.reduce((ms, fault) => (fault.kind === "late-begin" ? ms + fault.ms : ms), 0);
      this.outbox.add(latency.begin + late, () => this.begin(parameters.config, longest));
    });
  }

  private begin(config: SessionConfig, longest: number): void {
    const { clock } = this.settings;
    const record = this.record;
    this.state = "open";
    record.id = randomUUID();
    record.begunAt = this.lastMessageAt = this.now();
    this.recogniser = this.settings.recogniser.open();
    this.turns = new TurnTaker(config, this.settings.detector(config.sampleRate), this.recogniser, {
      speechStarted: (timestamp) => this.later(0, { type: "SpeechStarted", timestamp, confidence: 0.959314 }),
      turn: (state, previousWords, forced) => this.sendTurn(state, previousWords, forced),
      silence: (start, end) => {
        if (this.config?.acknowledgeSilence) this.later(0, { type: "Silence", start_ms: Math.round(start), end_ms: Math.round(end) });
      },
    });
    this.send(beginMessage(record.id, Math.floor((clock.date() + longest) / 1000), config));
    this.after(longest, () => this.expire());
    this.after(HEARTBEAT_MS, () => this.heartbeat());
    if (this.settings.deviations.has("turns-in-silence")) this.after(EMPTY_TURN_MS, () => this.sendEmptyTurn());
    if (config.inactivityTimeout !== undefined) this.watch(config.inactivityTimeout);
    if (UNUSABLE_MODELS.includes(config.model)) this.after(UNUSABLE_AFTER_MS, () => this.fail(3005));
    for (const fault of this.settings.faults) {
      if ("at" in fault && "afterMs" in fault.at) this.after(fault.at.afterMs, () => this.strike(fault));
    }
    this.settings.begun(this);
    this.queue.start();
  }

  // --- what the client sends

  private receive(data: Buffer, binary: boolean): void {
    if (this.state === "closing" || this.state === "closed" || this.stalled) return;
    this.lastMessageAt = this.now();
    if (binary) this.receiveAudio(data);
    else this.receiveText(data.toString());
  }

  private receiveAudio(data: Buffer): void {
    const config = this.config;
    if (!config) return; // refused: the audio is lost
    const size = BYTES_PER_SAMPLE[config.encoding];
    const ms = size === undefined ? 0 : (1000 * data.length) / size / config.sampleRate;
    this.record.noteAudio(this.lastMessageAt, data, ms);
    if (this.record.terminateAt !== undefined || size === undefined) return;
    this.receivedMs += ms;
    if (!this.accepted(0, () => this.frames.check(ms, this.lastMessageAt))) return;
    this.queue.push({ audio: data }, this.settings.realtime ? ms : 0);
    for (const fault of this.settings.faults) {
      if ("at" in fault && "afterAudioMs" in fault.at && crossed(fault.at.afterAudioMs, this.record.audio.ms, ms)) this.strike(fault);
    }
  }

  private receiveText(text: string): void {
    this.record.noteText(this.lastMessageAt, text);
    this.accepted(this.settings.latency.error, () => {
      const message = readMessage(text);
      if (message.type === "KeepAlive" || this.record.terminateAt !== undefined) return;
      this.queue.push(message);
      if (message.type !== "Terminate") return;
      this.record.terminateAt = this.lastMessageAt;
      this.queue.hurry(); // the client waits for its Termination: the queued audio is processed at once
    });
  }

  /** Runs an action that may be refused. Returns false, and the session fails, where it is. */
  private accepted(delay: number, action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fail(error.code, error.message, { delay });
      return false;
    }
  }

  // --- how it is processed

  private async process(item: Item): Promise<void> {
    if (!this.turns || this.state !== "open") return;
    if ("audio" in item) await this.processAudio(item.audio, this.turns);
    else await this.obey(item, this.turns);
  }

  private async processAudio(audio: Buffer, turns: TurnTaker): Promise<void> {
    const encoding = this.record.encoding;
    if (encoding !== "pcm_s16le" && encoding !== "pcm_mulaw") return;
    await turns.process(decodePcm(audio, encoding));
    for (const fault of this.settings.faults) {
      if (!("at" in fault) || !("inWord" in fault.at)) continue;
      const words = await turns.peek();
      if (this.wordsDone + words.length === fault.at.inWord && words.at(-1)?.cut) this.strike(fault);
    }
  }

  private async obey({ type, fields }: ClientMessage, turns: TurnTaker): Promise<void> {
    switch (type) {
      case "ForceEndpoint":
        await turns.endpoint();
        return;
      case "UpdateConfiguration":
        this.accepted(this.settings.latency.error, () => {
          this.parameters?.update(fields, this.settings.deviations.has("unknown-fields"));
          if (this.config) turns.configure(this.config);
        });
        return;
      case "KeepAlive":
        return;
      case "Terminate":
        await turns.endpoint();
        this.terminate(turns);
        return;
    }
  }

  private terminate(turns: TurnTaker): void {
    if (this.config?.pro === false) this.sendTurn({ order: turns.nextOrder, words: [], phase: "end" }, 0, true);
    if (this.revisions.size > 0) this.later(0, { type: "SpeakerRevision", revisions: [...this.revisions.values()] });
    const withheld = this.settings.faults.find((fault) => fault.kind === "no-termination");
    this.outbox.add(this.settings.latency.terminate, () => {
      if (withheld) {
        if (withheld.close) this.socket.close(1000, "");
        return;
      }
      this.sendTermination();
      this.leave();
      this.socket.close(1000, "Session Ended");
    });
  }

  private sendTermination(): void {
    const audio = Math.round(this.receivedMs / 1000);
    const sinceOpen = Math.round((this.now() - this.record.connectedAt) / 1000);
    const billed = this.settings.deviations.has("billed-from-open") ? sinceOpen : this.billedSeconds;
    this.send({ type: "Termination", audio_duration_seconds: audio, session_duration_seconds: billed } satisfies ServerMessage);
  }

  private sendTurn(state: TurnState, previousWords: number, forced: boolean): void {
    if (!this.config) return;
    const { latency } = this.settings;
    const words = this.placed(state.words);
    if (state.phase === "end") {
      this.wordsDone += words.length;
      this.spokenUntil = words.at(-1)?.end ?? this.spokenUntil;
    }
    const delay = state.phase !== "end" ? latency.partial : forced ? latency.forced : latency.final;
    const { label, revised } = this.settings.speakers(state.order);
    for (const message of turnMessages({ ...state, words, speaker: label }, previousWords, this.config)) {
      this.later(delay, message);
      if (message.end_of_turn && this.config.speakerLabels && revised !== undefined) {
        this.revisions.set(state.order, revisionOf(message, revised));
      }
    }
  }

  /** A turn's words, the first of which the service places too early after silence. Ends are right. */
  private placed(words: Word[]): Word[] {
    const [first, ...rest] = words;
    if (!first || first.start - this.spokenUntil < SILENCE_MS) return words;
    return [{ ...first, start: Math.max(this.spokenUntil, first.start - this.settings.earlyStartMs) }, ...rest];
  }

  private later(delay: number, message: TurnMessage | ServerMessage): void {
    this.outbox.add(delay, () => this.send(message));
  }

  // --- what timers do

  private expire(): void {
    if (this.settings.terminationOnExpiry) this.sendTermination();
    this.fail(3008);
  }

  private heartbeat(): void {
    if (this.config?.heartbeat) {
      const elapsed = this.now() - (this.record.begunAt ?? 0);
      const received = Math.round(this.record.audio.ms);
      this.send({
        type: "Heartbeat",
        total_audio_received_ms: received,
        total_duration_ms: Math.round(elapsed),
        realtime_factor: Number((received / elapsed).toFixed(4)),
        max_speech_probability: Number((this.turns?.takeMaxSpeechProbability() ?? 0).toFixed(6)),
      } satisfies ServerMessage);
    }
    this.after(HEARTBEAT_MS, () => this.heartbeat());
  }

  private sendEmptyTurn(): void {
    if (this.turns) this.sendTurn({ order: this.turns.nextOrder, words: [], phase: "speaking" }, 0, false);
    this.after(EMPTY_TURN_MS, () => this.sendEmptyTurn());
  }

  /** Ends the session when no message has arrived for this long. One timer checks again when it fires, instead of one timer per message. */
  private watch(seconds: number): void {
    const left = this.lastMessageAt + 1000 * seconds - this.now();
    if (left <= 0) this.fail(3006, `Session terminated due to inactivity: No messages received for ${seconds} seconds`);
    else this.after(left, () => this.watch(seconds));
  }

  private strike(fault: Extract<Fault, { at: Moment }>): void {
    switch (fault.kind) {
      case "drop":
        return this.drop();
      case "stall":
        return this.stall();
      case "close":
        return this.close(fault.code, fault.reason);
      case "send":
        return this.send(fault.data);
      case "error":
        return this.fail(fault.code, fault.text, { typeless: fault.typeless ?? false });
    }
  }

  private after(ms: number, action: () => void): void {
    const timer = this.settings.clock.setTimeout(() => {
      this.timers.delete(timer);
      action();
    }, ms);
    this.timers.add(timer);
  }

  /** Stops everything but the messages that are still in the outbox. */
  private leave(): void {
    if (this.state !== "closed") this.state = "closing";
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
    this.queue.clear();
  }

  private end(code: number): void {
    this.leave();
    this.outbox.clear();
    this.state = "closed";
    this.record.closedAt = this.now();
    this.record.closeCode = code;
    this.recogniser?.close();
    this.turns = undefined; // frees its audio; the session itself is kept for tests
    this.settings.ended(this);
    this.resolveClosed();
  }

  private now(): number {
    return this.settings.clock.now();
  }
}

/** Whether the last `step` has brought a total to `mark`. */
function crossed(mark: number, total: number, step: number): boolean {
  return total >= mark && total - step < mark;
}
