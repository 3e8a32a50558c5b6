import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { WebSocketServer, type ServerOptions } from "ws";
import { webSocketConnect, type Closed, type Connection } from "../../nodes/lib/assemblyai/connection";
import { FakeClock } from "./fake-clock";

const open: (() => Promise<void>)[] = [];

/** Ends every server that was started: for afterEach. */
export async function closeLoopback(): Promise<void> {
  await Promise.all(open.splice(0).map((close) => close()));
}

/** A WebSocket server on a free port of 127.0.0.1. */
export async function webSocketServer(options: ServerOptions = {}): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, ...options });
  await once(server, "listening");
  open.push(
    () =>
      new Promise((resolve) => {
        for (const client of server.clients) client.terminate();
        server.close(() => resolve());
      }),
  );
  return { server, url: addressOf(server) };
}

/** A server that speaks TCP only; `answer` decides what it sends to a client. */
export async function tcpServer(answer: (socket: Socket) => void): Promise<{ url: string; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  // Half open: a peer that is stuck does not answer the end of the connection either.
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    answer(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  return { url: addressOf(server), sockets };
}

/** Accepts the upgrade by hand, sends `frame`, and never sends anything else, not even a close. */
export function upgradeAndFallSilent(frame: Buffer = Buffer.alloc(0)): (socket: Socket) => void {
  return (socket) => {
    socket.once("data", (request) => {
      const key = /sec-websocket-key: (.+)\r\n/i.exec(request.toString())?.[1] ?? "";
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.write(frame);
      socket.on("data", () => undefined);
    });
  };
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function unusedUrl(): Promise<string> {
  const { url } = await tcpServer(() => undefined);
  await closeLoopback();
  return url;
}

/** A connection to `url`, with everything that it reports. */
export class Recorder {
  readonly clock = new FakeClock();
  readonly texts: string[] = [];
  readonly ends: Closed[] = [];
  readonly opened: Promise<void>;
  readonly closed: Promise<Closed>;
  readonly connection: Connection;
  readonly roundTrips: number[] = [];
  opens = 0;

  constructor(url: string) {
    let opened: () => void;
    let closed: (end: Closed) => void;
    this.opened = new Promise((resolve) => (opened = resolve));
    this.closed = new Promise((resolve) => (closed = resolve));
    this.connection = webSocketConnect(this.clock, "node-red-contrib-assemblyai/1.2.3")(url, "the-key", {
      opened: () => {
        this.opens++;
        opened();
      },
      text: (data) => this.texts.push(data),
      alive: (roundTripMs) => this.roundTrips.push(roundTripMs),
      closed: (end) => {
        this.ends.push(end);
        closed(end);
      },
    });
  }

  get pongs(): number {
    return this.roundTrips.length;
  }
}

/** Waits for a condition that depends on the network. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => void setTimeout(resolve, 1));
}

function addressOf(server: { address(): AddressInfo | string | null }): string {
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v3/ws?speech_model=x`;
}
