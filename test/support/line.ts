import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** The network between a client and a server, as a proxy that can stall, or drop everything silently. */
export class Line {
  private readonly pairs = new Set<readonly [Socket, Socket]>();

  private constructor(
    private readonly server: Server,
    /** as the server's, but through this line */
    readonly url: string,
  ) {}

  /** @param url of the server, as ws://127.0.0.1:port/path */
  static async to(url: string): Promise<Line> {
    const target = new URL(url);
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const through = new URL(url);
    through.port = String((server.address() as AddressInfo).port);
    const line = new Line(server, through.href);
    server.on("connection", (client) => line.join(client, connect(Number(target.port), "127.0.0.1")));
    return line;
  }

  /** Nothing passes in either direction for `ms`; then all of it does. */
  stall(ms: number): void {
    for (const ends of this.pairs) for (const end of ends) end.pause();
    setTimeout(() => {
      for (const ends of this.pairs) for (const end of ends) end.resume();
    }, ms);
  }

  /** All present connections die without a notice to either end: what is sent is read and dropped. New connections work. */
  loseAll(): void {
    for (const [client, server] of this.pairs) {
      client.unpipe(server);
      server.unpipe(client);
      for (const end of [client, server]) end.on("data", () => undefined);
    }
  }

  async close(): Promise<void> {
    for (const ends of this.pairs) for (const end of ends) end.destroy();
    this.server.close();
    await once(this.server, "close");
  }

  private join(client: Socket, server: Socket): void {
    const pair = [client, server] as const;
    this.pairs.add(pair);
    for (const end of pair) {
      // Each end's failure is the other one's end.
      end.on("error", () => undefined);
      end.on("close", () => {
        this.pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
    client.pipe(server).pipe(client);
  }
}
