import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "./until";

export interface WyomingEvent {
  type: string;
  data: Record<string, unknown>;
}

const RATE = 16_000;
const FORMAT = { rate: RATE, width: 2, channels: 1 };
/** Samples of a chunk, as Home Assistant sends them: 64 ms. */
const CHUNK = 1024;

/**
 * A client of Wyoming's, written from the protocol's page (https://github.com/rhasspy/wyoming): header and data in lengths of their own, as
 * the Python package writes them, and both forms of data read.
 */
export class WyomingClient {
  readonly events: WyomingEvent[] = [];
  private rest = Buffer.alloc(0);

  private constructor(private readonly socket: Socket) {
    socket.on("data", (bytes: Buffer) => this.read(bytes));
    socket.on("error", () => undefined);
  }

  static async call(port: number): Promise<WyomingClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new WyomingClient(socket);
  }

  get isOpen(): boolean {
    return !this.socket.destroyed && !this.socket.readableEnded;
  }

  write(type: string, data: object = {}, payload?: Uint8Array): void {
    const body = Buffer.from(JSON.stringify(data));
    const header = { type, version: "1.7.2", data_length: body.length, ...(payload ? { payload_length: payload.length } : {}) };
    this.socket.write(Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body, payload ?? Buffer.alloc(0)]));
  }

  /** The first event of a type. */
  next(type: string, ms = 15_000): Promise<WyomingEvent> {
    return until(type, () => this.events.find((event) => event.type === type), ms);
  }

  /** As Home Assistant: a sentence in real time, from transcribe to the last chunk. */
  async say(pcm: Int16Array): Promise<void> {
    this.write("transcribe", { language: "en" });
    this.write("audio-start", FORMAT);
    const began = performance.now();
    for (let at = 0; at < pcm.length; at += CHUNK) {
      const piece = pcm.subarray(at, at + CHUNK);
      this.write("audio-chunk", FORMAT, new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
      await pause(Math.max(0, began + ((at + piece.length) * 1000) / RATE - performance.now()));
    }
  }

  hangUp(): void {
    this.socket.destroy();
  }

  private read(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    for (let line = this.rest.indexOf("\n"); line >= 0; line = this.rest.indexOf("\n")) {
      const header = JSON.parse(this.rest.toString("utf8", 0, line)) as WyomingEvent & { data_length?: number; payload_length?: number };
      const dataEnd = line + 1 + (header.data_length ?? 0);
      const end = dataEnd + (header.payload_length ?? 0);
      if (this.rest.length < end) return;
      const own = dataEnd > line + 1 ? (JSON.parse(this.rest.toString("utf8", line + 1, dataEnd)) as Record<string, unknown>) : {};
      this.events.push({ type: header.type, data: { ...header.data, ...own } });
      this.rest = this.rest.subarray(end);
    }
  }
}
