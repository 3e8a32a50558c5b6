import type { JsonObject } from "../common/json";
import { SessionLine } from "../assemblyai/session-line";
import { AaiError } from "../common/errors";
import type { EndReason } from "../session/session-summary";
import { Configurations } from "./configurations";
import { Stream, type StreamStatus, type StreamView } from "../stream/stream";
import type { ListeningOptions, StreamEvent } from "../stream/stream-events";

interface Entry {
  stream: Stream;
  /** of the newest message, for the output */
  topic: string | undefined;
  usedAt: number;
}

/** A stream that is idle and got no message for this long is deleted; the next message creates a new one. */
const FORGET_MS = 10_000;
/** Live audio comes more often than this. */
const FED_MS = 1_000;
/** The key of the one stream where topics do not matter, and of messages without a topic where they do. */
export const NO_TOPIC = "";

/** All streams of one node: one, or with `perTopic` one for each `msg.topic`, which are independent of each other. */
export class Streams {
  private readonly entries = new Map<string, Entry>();
  private readonly perTopic: boolean;
  private readonly options: Omit<ListeningOptions, "configuration">;
  private readonly configurations = new Configurations();
  private closed = false;

  constructor(
    options: Omit<ListeningOptions, "line" | "configuration">,
    /** takes what a stream emits, with the topic of the audio that it came from */
    private readonly emit: (event: StreamEvent, topic: string | undefined) => void,
  ) {
    this.options = { ...options, line: new SessionLine(options.clock) };
    this.perTopic = options.settings.perTopic;
  }

  get statuses(): StreamStatus[] {
    return [...this.entries.values()].map(({ stream }) => stream.status);
  }

  /** By their topics. */
  get views(): ReadonlyMap<string, StreamView> {
    return new Map([...this.entries].map(([key, { stream }]) => [key, stream.view]));
  }

  /**
   * The stream of a topic; created where there is none. undefined where the node is closed.
   * @throws AaiError AAI_TOPIC, AAI_TOO_MANY_STREAMS; existing streams go on
   */
  stream(topic: unknown): Stream | undefined {
    if (this.closed) return undefined;
    const key = this.key(topic);
    const entry = this.entries.get(key) ?? this.create(key);
    entry.topic = typeof topic === "string" ? topic : undefined;
    entry.usedAt = this.options.clock.now();
    return entry.stream;
  }

  /** Audio comes, or has come within the last second. */
  get isFed(): boolean {
    const since = this.options.clock.now() - FED_MS;
    return [...this.entries.values()].some(({ usedAt }) => usedAt >= since);
  }

  /** How near any of them came to hearing a wake word since this was asked last, 0 to 1. */
  takeHighestProbability(): number {
    return Math.max(0, ...[...this.entries.values()].map(({ stream }) => stream.takeHighestProbability()));
  }

  /** Without a topic: all. */
  stop(topic: unknown): void {
    for (const { stream } of this.addressed(topic)) stream.end("stop");
  }

  /** Ends all that is open, for a reason of the node's own; the streams go on listening for the next occasion. */
  end(reason: EndReason): void {
    for (const { stream } of this.entries.values()) stream.end(reason);
  }

  /** Without a topic: all. */
  flush(topic: unknown): void {
    for (const { stream } of this.addressed(topic)) stream.flush();
  }

  /**
   * Kept for the sessions to come, and applied to what is open. Without a topic: all.
   * @param fields checked; `{}` goes back to the node's settings with the next session
   * @throws AaiError AAI_TOPIC, AAI_CONFIGURE
   */
  configure(fields: JsonObject, topic: unknown): void {
    const key = this.key(topic);
    this.configurations.change(key === NO_TOPIC ? undefined : key, fields);
    for (const { stream } of this.addressed(topic)) stream.configure(fields);
  }

  /** What the next session of a topic is configured with, beside the node's settings. */
  configurationOf(topic: string): JsonObject {
    return this.configurations.of(topic);
  }

  /** Ends everything for good; resolves once each session has ended, at most 5 s later. */
  async close(reason: EndReason): Promise<void> {
    this.closed = true;
    await Promise.all([...this.entries.values()].map(({ stream }) => stream.close(reason)));
  }

  private addressed(topic: unknown): Entry[] {
    const key = this.key(topic);
    if (key === NO_TOPIC) return [...this.entries.values()];
    const entry = this.entries.get(key);
    return entry ? [entry] : [];
  }

  private create(key: string): Entry {
    this.forget();
    const { settings, clock } = this.options;
    if (this.entries.size >= settings.maxStreams) throw new AaiError("AAI_TOO_MANY_STREAMS", { count: settings.maxStreams });
    const options = { ...this.options, configuration: () => this.configurations.of(key) };
    const stream = new Stream(options, (event) => this.emit(event, entry.topic));
    const entry: Entry = { stream, topic: undefined, usedAt: clock.now() };
    this.entries.set(key, entry);
    return entry;
  }

  private forget(): void {
    const before = this.options.clock.now() - FORGET_MS;
    for (const [key, { stream, usedAt }] of this.entries) if (stream.isIdle && usedAt < before) this.entries.delete(key);
  }

  private key(topic: unknown): string {
    if (!this.perTopic || topic === undefined || topic === null) return NO_TOPIC;
    if (typeof topic !== "string") throw new AaiError("AAI_TOPIC", { kind: typeof topic });
    return topic;
  }
}
