import type { ClientOptions, WebSocket } from "ws";
import type { Clock, Timer } from "../common/clock";

/** How a connection ended. `code` is the WebSocket close code; 1006 where none was received. */
export interface Closed {
  code: number;
  reason: string;
  /** HTTP status with which the server refused the upgrade */
  httpStatus?: number;
  /** the socket's last error, for example ECONNREFUSED */
  error?: NodeJS.ErrnoException;
  /** the peer stopped answering pings */
  dead?: boolean;
}

export interface ConnectionHandlers {
  opened(): void;
  text(data: string): void;
  /** The peer answered a ping after so many ms: it has received everything that was sent before the ping. */
  alive(roundTripMs: number): void;
  /** called exactly once, whatever happens; nothing is called after it */
  closed(closed: Closed): void;
}

/** One WebSocket, from its first packet to its end. Sending on one that is not open does nothing. */
export interface Connection {
  send(data: string | Uint8Array): void;
  /** Sends a ping beside the regular ones: `alive` is called when the peer answers. */
  ping(): void;
  /** Closes with the closing handshake; cuts the connection where the peer does not answer within a second. */
  close(): void;
  /** Cuts the connection at once. `closed` is still called. */
  destroy(): void;
}

export type Connect = (url: string, apiKey: string, handlers: ConnectionHandlers) => Connection;

/** A frame beyond this ends the connection with 1009: the largest real message is a 60 s turn, a few hundred kB with its words. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;
export const PING_INTERVAL_MS = 10_000;
/** Together with the ping interval, a dead peer is detected within 20 s. */
const PONG_TIMEOUT_MS = 9_000;
/** How long the closing handshake may take, whichever side began it. */
const CLOSE_TIMEOUT_MS = 1_000;

/** A socket that breaks while it sends: a close with the same error follows. */
const absorbError = () => undefined;

/** Loaded with the first session: it takes about as long as the rest of the package, and many flows are deployed that open none. */
const loadWs = () => require("ws") as typeof import("ws");

/** Opens connections with `ws`. The key goes into the Authorization header (raw, no "Bearer"), never into the URL. */
export function webSocketConnect(clock: Clock, userAgent: string): Connect {
  return (url, apiKey, handlers) => new WebSocketConnection(clock, url, { Authorization: apiKey, "User-Agent": userAgent }, handlers);
}

class WebSocketConnection implements Connection {
  private readonly socket: WebSocket;
  private readonly end: Omit<Closed, "code" | "reason"> = {};
  private ended = false;
  private pingTimer: Timer | undefined;
  private pongTimer: Timer | undefined;
  /** the payloads of the pings that wait for their answers, the oldest first: when each was sent */
  private readonly pings: string[] = [];

  constructor(
    private readonly clock: Clock,
    url: string,
    headers: Record<string, string>,
    private readonly handlers: ConnectionHandlers,
  ) {
    const options: ClientOptions & { closeTimeout: number } = {
      headers,
      maxPayload: MAX_FRAME_BYTES,
      // Audio does not compress, and a compression context would cost 300 kB a stream.
      perMessageDeflate: false,
      followRedirects: false,
      // A timer of ws itself: only ws knows when the peer begins to close.
      closeTimeout: CLOSE_TIMEOUT_MS,
    };
    this.socket = new (loadWs().WebSocket)(url, options);
    // Attached for the socket's whole life: ws reports the teardown of a connecting socket as an error, too.
    this.socket.on("error", (error: NodeJS.ErrnoException) => (this.end.error ??= error));
    this.socket.on("unexpected-response", (_request, response) => {
      if (response.statusCode !== undefined) this.end.httpStatus = response.statusCode;
      this.destroy();
    });
    this.socket.on("open", () => {
      this.pingRegularly();
      this.handlers.opened();
    });
    this.socket.on("message", (data, isBinary) => {
      // A message shows that the peer is alive: on a slow line a pong may be late behind much audio.
      this.answered();
      // The service sends text only; a binary frame has no meaning here.
      if (!this.ended && !isBinary) this.handlers.text((data as Buffer).toString());
    });
    this.socket.on("pong", (payload) => {
      this.answered();
      // RFC 6455 allows a pong that nobody asked for, and lets one pong answer several pings.
      const answered = this.pings.splice(0, this.pings.indexOf(payload.toString()) + 1);
      if (answered.length > 0 && !this.ended) this.handlers.alive(this.clock.now() - Number(answered[0]));
    });
    this.socket.on("close", (code, reason) => this.closed(code, reason.toString()));
  }

  send(data: string | Uint8Array): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(data, absorbError);
  }

  close(): void {
    this.socket.close(1000);
  }

  destroy(): void {
    this.socket.terminate();
  }

  ping(): void {
    // A socket that closes would not answer, and needs no other end.
    if (this.socket.readyState !== this.socket.OPEN) return;
    const payload = String(this.clock.now());
    this.pings.push(payload);
    this.socket.ping(payload, undefined, absorbError);
    // A further ping does not extend the time for an answer that is due.
    this.pongTimer ??= this.clock.setTimeout(() => {
      this.end.dead = true;
      this.destroy();
    }, PONG_TIMEOUT_MS);
  }

  /** No answer is due any more, until the next ping. */
  private answered(): void {
    this.pongTimer?.cancel();
    this.pongTimer = undefined;
  }

  private pingRegularly(): void {
    this.pingTimer = this.clock.setTimeout(() => {
      this.ping();
      this.pingRegularly();
    }, PING_INTERVAL_MS);
  }

  private closed(code: number, reason: string): void {
    if (this.ended) return;
    this.ended = true;
    this.pingTimer?.cancel();
    this.pongTimer?.cancel();
    this.handlers.closed({ ...this.end, code, reason });
  }
}
