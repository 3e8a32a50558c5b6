import { setTimeout as pause } from "node:timers/promises";
import { connectAsync, type MqttClient } from "mqtt";
import { wavFile } from "../../nodes/lib/audio/wav";
import { spoken, type RecordingName } from "./spoken";
import { wordErrors } from "./word-errors";

const RATE = 16_000;
const PIECE_MS = 50;
const PIECE_SAMPLES = (RATE * PIECE_MS) / 1000;

/** A session event as it comes over MQTT. */
export interface RoomEvent {
  event: string;
  sessionId: string;
  topic: string;
  listening?: boolean;
  payload: Record<string, unknown>;
  /** when it came, ms since the program's start */
  at: number;
}

/** All that comes from the rooms, as another machine gets it. */
export class Listener {
  readonly events: RoomEvent[] = [];
  private readonly turns: { room: string; text: string; at: number }[] = [];

  private constructor(private readonly client: MqttClient) {}

  static async start(url: string): Promise<Listener> {
    const client = await connectAsync(url, { reconnectPeriod: 200 });
    const listener = new Listener(client);
    client.on("error", () => undefined);
    client.on("message", (topic, payload) => listener.take(topic, payload.toString()));
    await client.subscribeAsync(["rooms/+/+/turn", "rooms/+/+/session"], { qos: 1 });
    return listener;
  }

  of(event: string): RoomEvent[] {
    return this.events.filter((candidate) => candidate.event === event);
  }

  textOf(room: string): string {
    return this.turns
      .filter((turn) => turn.room === room)
      .map(({ text }) => text)
      .join(" ");
  }

  async stop(): Promise<void> {
    await this.client.endAsync(true);
  }

  private take(topic: string, text: string): void {
    const at = performance.now();
    if (topic.endsWith("/session")) this.events.push({ ...(JSON.parse(text) as RoomEvent), at });
    else this.turns.push({ room: topic.slice(0, -"/turn".length), text, at });
  }
}

/** A room with a microphone that publishes what is said in it, live: WAV files of 50 ms, QoS 0, as docs/scaling.md recommends. */
export class Room {
  /** all samples that were to be published, whether the broker took them or not */
  readonly sent: Buffer[] = [];
  words = 0;
  private said = "";
  private isOn = true;

  private constructor(
    readonly name: string,
    private readonly client: MqttClient,
  ) {}

  /** @param name `rooms/<floor>/<room>` */
  static async open(url: string, name: string): Promise<Room> {
    const client = await connectAsync(url, { reconnectPeriod: 200, keepalive: 4, clean: true });
    client.on("error", () => undefined);
    return new Room(name, client);
  }

  /** Recordings one after another, with a quiet room between and after them. Resolves when the last of it is published. */
  async play(recordings: readonly RecordingName[], { pauseMs = 1200, leadMs = 500, tailMs = 6500 } = {}): Promise<void> {
    const { pcm, words } = spoken({ recordings, pauseMs, leadMs });
    this.said += ` ${words.join(" ")}`;
    this.words += words.length;
    await this.publish(pcm);
    await this.publish(spoken({ recordings: [], leadMs: tailMs }).pcm);
  }

  /** Live: each message leaves when its time has come. */
  async publish(pcm: Int16Array): Promise<void> {
    const began = performance.now();
    for (let at = 0; at < pcm.length && this.isOn; at += PIECE_SAMPLES) {
      const piece = pcm.subarray(at, at + PIECE_SAMPLES);
      const samples = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      this.sent.push(samples);
      // As with a microphone: audio that cannot be published now is lost.
      if (this.client.connected) this.client.publish(`${this.name}/audio`, wavFile(samples, RATE), { qos: 0 });
      await pause(Math.max(0, began + ((at + piece.length) * 1000) / RATE - performance.now()));
    }
  }

  /** How many of the words that were said did not come out, or came out wrong. */
  errorsIn(heard: string): number {
    return wordErrors(this.said, heard).errors;
  }

  /** Its machine dies: no DISCONNECT, no more audio. */
  die(): void {
    this.isOn = false;
    this.client.stream.destroy();
    this.client.end(true);
  }

  async close(): Promise<void> {
    this.isOn = false;
    await this.client.endAsync(true);
  }
}
