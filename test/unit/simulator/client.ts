/** A plain v3 client for the simulator's tests. */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { Simulator } from "../../../simulator";

export interface Message {
  type?: string;
  [field: string]: unknown;
}

export interface Options {
  key?: string | null;
  params?: Record<string, string | number>;
}

export class Client {
  readonly messages: Message[] = [];
  /** The raw text, for messages that are not JSON, and for the order of keys. */
  readonly frames: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** HTTP status of a refused upgrade. */
  refused: number | undefined;
  private changed: () => void = () => undefined;

  constructor(readonly socket: WebSocket) {
    socket.on("message", (data: Buffer) => {
      const text = data.toString();
      this.frames.push(text);
      try {
        this.messages.push(JSON.parse(text) as Message);
      } catch {
        this.messages.push({ type: "(not JSON)" });
      }
      this.changed();
    });
    socket.on("unexpected-response", (request, response) => {
      this.refused = response.statusCode;
      request.destroy();
      socket.terminate();
    });
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on("close", (code: number, reason: Buffer) => {
        resolve({ code, reason: reason.toString() });
        this.changed();
      });
    });
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, "open");
    return this;
  }

  /** Resolves with the first message of this type. @throws where the socket closes before */
  async message(type: string): Promise<Message> {
    for (;;) {
      const found = this.messages.find((message) => message.type === type);
      if (found) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed without ${type}: ${this.frames.join("\n")}`);
      await new Promise<void>((resolve) => (this.changed = resolve));
    }
  }

  ofType(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }

  /** The transcripts of the turns that have ended. */
  finals(): string[] {
    return this.ofType("Turn")
      .filter((turn) => turn["end_of_turn"])
      .map((turn) => String(turn["transcript"]));
  }

  json(message: object): this {
    this.socket.send(JSON.stringify(message));
    return this;
  }

  /** Sends PCM in frames of 100 ms, the last one filled up with zeros. */
  pcm(pcm: Int16Array, sampleRate = 16_000): this {
    const frame = sampleRate / 10;
    for (let at = 0; at < pcm.length; at += frame) {
      const samples = new Int16Array(frame);
      samples.set(pcm.subarray(at, at + frame));
      this.socket.send(Buffer.from(samples.buffer));
    }
    return this;
  }

  /** Terminates, and waits for the end. */
  async finish(): Promise<this> {
    this.json({ type: "Terminate" });
    await this.closed;
    return this;
  }
}

export function connect(simulator: Simulator, { key = "a-key", params = {} }: Options = {}): Client {
  const url = new URL(simulator.url);
  for (const [name, value] of Object.entries({ sample_rate: 16_000, ...params })) url.searchParams.set(name, String(value));
  return new Client(new WebSocket(url, key === null ? {} : { headers: { authorization: key } }));
}
