import { setTimeout as pause } from "node:timers/promises";
import type { Closed, Connect, Connection } from "../nodes/lib/assemblyai/connection";
import { classify, type Failure } from "../nodes/lib/assemblyai/failure";
import {
  parseServerFrame,
  TERMINATE,
  type ErrorMessage,
  type ServerFrame,
  type TerminationMessage,
} from "../nodes/lib/assemblyai/protocol";
import { Redaction } from "../nodes/lib/assemblyai/redact";
import type { Clock } from "../nodes/lib/common/clock";
import { SAMPLE_RATE } from "./assumptions";

/** The way to the service. */
export interface Line {
  clock: Clock;
  connect: Connect;
  url: string;
  apiKey: string;
  /** Whoever waits gives up; sessions are terminated. */
  signal: AbortSignal;
}

/** A message of the service's, and when it came (the clock's ms). */
export interface Heard {
  at: number;
  frame: ServerFrame;
}

/** A piece of audio: when its first message was sent, and where it lies in the session's audio (both ms). */
export interface Spoken {
  at: number;
  position: number;
}

const BEGIN_WITHIN_MS = 10_000;
const TERMINATION_WITHIN_MS = 5_000;
const CLOSE_WITHIN_MS = 1_500;
const MESSAGE_MS = 50;
const BYTES_PER_MS = (SAMPLE_RATE * 2) / 1000;

/** The session did not begin, or the network or the rate of sessions has ended it: that says nothing about the service's behaviour. */
export class Unmeasurable extends Error {
  constructor(readonly failure: Failure) {
    super(failure.error.message);
  }
}

/** One connection to the service, with everything that came over it. */
export class Probe {
  readonly heard: Heard[] = [];
  openedAt: number | undefined;
  begunAt: number | undefined;
  terminateAt: number | undefined;
  ended: { at: number; closed: Closed } | undefined;
  /** of audio sent */
  audioMs = 0;
  /** of the last answer to a ping */
  private aliveAt = -Infinity;
  private wasCut = false;
  private readonly connection: Connection;
  private readonly waiting = new Set<() => void>();
  private readonly stop = () => this.changed();

  constructor(
    private readonly line: Line,
    parameters: Readonly<Record<string, string>>,
    apiKey = line.apiKey,
  ) {
    const url = new URL(line.url);
    const redaction = new Redaction(apiKey);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    this.connection = line.connect(url.href, apiKey, {
      opened: () => {
        this.openedAt = this.now;
        this.changed();
      },
      text: (text) => this.received(parseServerFrame(redaction.frame(text))),
      alive: () => (this.aliveAt = this.now),
      closed: (closed) => {
        this.ended = { at: this.now, closed };
        this.changed();
      },
    });
    line.signal.addEventListener("abort", this.stop);
  }

  /** the clock's ms */
  get now(): number {
    return this.line.clock.now();
  }

  get error(): ErrorMessage | undefined {
    const heard = this.heard.find(({ frame }) => frame.kind === "error");
    return heard?.frame.kind === "error" ? heard.frame.message : undefined;
  }

  get termination(): { at: number; message: TerminationMessage } | undefined {
    for (const { at, frame } of this.heard) if (frame.kind === "termination") return { at, message: frame.message };
    return undefined;
  }

  /** The code with which the service has ended the session, by its Error message or its close. */
  get endCode(): number | undefined {
    return this.error?.error_code ?? this.ended?.closed.code;
  }

  /** @throws Unmeasurable where the network or the rate of sessions, and not the service's behaviour, has ended the session */
  assertUndisturbed(): void {
    // A service that answers pings, but not Terminate, is not a broken line.
    if (this.wasCut && this.aliveAt >= (this.terminateAt ?? Infinity)) return;
    const failure = this.ended && classify(this.ended.closed, this.error);
    if (failure?.retry === "network" || failure?.retry === "rate") throw new Unmeasurable(failure);
  }

  get closeCode(): number | undefined {
    return this.ended?.closed.code;
  }

  /** with which the upgrade was refused */
  get httpStatus(): number | undefined {
    return this.ended?.closed.httpStatus;
  }

  /** Seconds that are billed, as far as that is known. */
  get billedSeconds(): number {
    if (this.begunAt === undefined) return 0;
    return this.termination?.message.session_duration_seconds ?? ((this.ended?.at ?? this.now) - this.begunAt) / 1000;
  }

  /** @throws Unmeasurable where the session does not begin */
  async begun(): Promise<void> {
    if (!(await this.until(() => this.begunAt, BEGIN_WITHIN_MS))) this.giveUp();
  }

  async opened(): Promise<void> {
    if (!(await this.until(() => this.openedAt, BEGIN_WITHIN_MS))) this.giveUp();
  }

  send(message: string): void {
    this.connection.send(message);
  }

  ping(): void {
    this.connection.ping();
  }

  /** Sends one message of audio. @param pcm signed 16-bit little-endian, mono */
  sendAudio(pcm: Buffer): void {
    this.connection.send(pcm);
    this.audioMs += pcm.length / BYTES_PER_MS;
  }

  /** Sends audio at the speed of speech, in messages of `messageMs`; stops where the session ends. */
  async speak(pcm: Buffer, messageMs = MESSAGE_MS): Promise<Spoken> {
    const spoken = { at: this.now, position: this.audioMs };
    for (let at = 0; at < pcm.length && !this.ended; at += messageMs * BYTES_PER_MS) {
      this.sendAudio(pcm.subarray(at, at + messageMs * BYTES_PER_MS));
      await this.until(() => this.ended, spoken.at + (this.audioMs - spoken.position) - this.now);
    }
    return spoken;
  }

  /**
   * Waits for what `read` finds; for at most `ms`, or until the session has ended.
   * @throws the signal's reason, where everything is to stop
   */
  async until<Value>(read: () => Value | undefined | false, ms: number): Promise<Value | undefined> {
    this.line.signal.throwIfAborted();
    const found = await this.watch(read, ms, () => this.ended !== undefined || this.line.signal.aborted);
    this.line.signal.throwIfAborted();
    return found;
  }

  /**
   * Ends the session, where its socket is open: a session that has not begun yet would be billed from its Begin on. Resolves when its socket has closed, after 6.5 s at the latest; never
   * rejects.
   */
  async hangUp(): Promise<void> {
    const hasEnded = () => this.ended !== undefined;
    if (this.openedAt !== undefined && !this.error && !this.ended) {
      this.terminateAt = this.now;
      this.send(TERMINATE);
      this.ping();
      await this.watch(() => this.termination, TERMINATION_WITHIN_MS, hasEnded);
    }
    if (this.termination ?? this.error) await this.watch(hasEnded, CLOSE_WITHIN_MS, hasEnded);
    if (!this.ended) {
      this.wasCut = true;
      this.connection.destroy();
    }
    await this.watch(hasEnded, CLOSE_WITHIN_MS, hasEnded);
    this.line.signal.removeEventListener("abort", this.stop);
  }

  private received(frame: ServerFrame): void {
    const at = this.now;
    if (frame.kind === "begin") this.begunAt ??= at;
    this.heard.push({ at, frame });
    this.changed();
  }

  private changed(): void {
    for (const resume of this.waiting) resume();
  }

  private async watch<Value>(read: () => Value | undefined | false, ms: number, isOver: () => boolean): Promise<Value | undefined> {
    const end = this.now + ms;
    for (;;) {
      const value = read();
      if (value !== undefined && value !== false) return value;
      const left = end - this.now;
      if (left <= 0 || isOver()) return undefined;
      await this.change(left);
    }
  }

  /** Something came, or `ms` have passed. */
  private async change(ms: number): Promise<void> {
    const woken = new AbortController();
    const wake = () => woken.abort();
    this.waiting.add(wake);
    // An engine's timer would not keep the process alive.
    await pause(ms, undefined, { signal: woken.signal }).catch(() => undefined);
    this.waiting.delete(wake);
  }

  private giveUp(): never {
    const closed: Closed = this.ended?.closed ?? { code: 1006, reason: "", dead: true };
    throw new Unmeasurable(classify(closed, this.error));
  }
}
