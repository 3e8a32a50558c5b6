import type { Closed, Connect, Connection, ConnectionHandlers } from "../../nodes/lib/assemblyai/connection";

/** The server's side of one connection, driven by a test. */
export class FakeServerConnection implements Connection {
  readonly audio: Buffer[] = [];
  readonly messages: Record<string, unknown>[] = [];
  isClosed = false;
  /** does not answer pings any more */
  isStalled = false;
  pings = 0;

  constructor(
    readonly url: URL,
    readonly apiKey: string,
    private readonly handlers: ConnectionHandlers,
  ) {}

  send(data: string | Uint8Array): void {
    if (this.isClosed) return;
    if (typeof data === "string") this.messages.push(JSON.parse(data) as Record<string, unknown>);
    else this.audio.push(Buffer.from(data));
  }

  ping(): void {
    this.pings++;
    if (!this.isClosed && !this.isStalled) this.handlers.alive(0);
  }

  /** Answers a ping that is pending. */
  pong(roundTripMs = 0): void {
    this.handlers.alive(roundTripMs);
  }

  close(): void {
    this.closed({ code: 1000, reason: "" });
  }

  destroy(): void {
    this.closed({ code: 1006, reason: "" });
  }

  open(): this {
    this.handlers.opened();
    return this;
  }

  begin(id = "session", extra: Record<string, unknown> = {}): this {
    this.open();
    this.receive({ type: "Begin", id, expires_at: 2_000_000_000, ...extra });
    return this;
  }

  receive(message: object | string): void {
    this.handlers.text(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** A turn whose words are spread over the given ms of the session's audio. */
  turn(order: number, text: string, final: boolean, startMs = 0, endMs = startMs + 500, extra: Record<string, unknown> = {}): void {
    const texts = text.split(" ").filter((word) => word !== "");
    const step = (endMs - startMs) / Math.max(1, texts.length);
    const words = texts.map((word, index) => ({
      text: word,
      start: Math.round(startMs + index * step),
      end: Math.round(startMs + (index + 1) * step),
      confidence: 1,
      word_is_final: final,
    }));
    this.receive({ turn_order: order, turn_is_formatted: true, end_of_turn: final, transcript: text, words, type: "Turn", ...extra });
  }

  error(code: number, text: string): void {
    this.receive({ type: "Error", error_code: code, error: text });
    this.closed({ code, reason: "See Error message for details" });
  }

  terminate(audioSeconds = 3, sessionSeconds = 4): void {
    this.receive({ type: "Termination", audio_duration_seconds: audioSeconds, session_duration_seconds: sessionSeconds });
  }

  closed(closed: Closed): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.handlers.closed(closed);
  }

  sent(type: string): number {
    return this.messages.filter((message) => message["type"] === type).length;
  }

  get audioBytes(): Buffer {
    return Buffer.concat(this.audio);
  }
}

/** Replaces the network: each connection that is opened waits in `connections` for the test to drive it. */
export class FakeService {
  readonly connections: FakeServerConnection[] = [];

  readonly connect: Connect = (url, apiKey, handlers) => {
    const connection = new FakeServerConnection(new URL(url), apiKey, handlers);
    this.connections.push(connection);
    return connection;
  };

  get last(): FakeServerConnection {
    const connection = this.connections.at(-1);
    if (!connection) throw new Error("nothing has connected");
    return connection;
  }
}
