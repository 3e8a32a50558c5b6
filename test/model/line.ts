import type { Closed, Connection, ConnectionHandlers } from "../../nodes/lib/assemblyai/connection";
import type { Timer } from "../../nodes/lib/common/clock";
import type { ModelClock } from "./clock";

/** As in connection.ts: what a WebSocket does by itself. */
const PING_EVERY_MS = 10_000;
const PONG_TIMEOUT_MS = 9_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** The far end of a line. */
export interface FarEnd {
  received(data: string | Buffer): void;
  /** the client has gone, as far as this end can know */
  gone(): void;
}

export interface LineWatch {
  /** the engine has sent this */
  sent(data: string | Uint8Array): void;
  /** the engine has let go of the connection */
  letGo(): void;
  closed(closed: Closed): void;
  /** something was thrown where nothing may be */
  thrown(error: unknown): void;
}

/** One connection's way through the network, which can stall, be cut, or be dead without anyone being told. Its order is TCP's. */
export class Line implements Connection {
  private state: "connecting" | "open" | "closing" | "closed" = "connecting";
  private readonly waiting: (() => void)[] = [];
  private isStalled = false;
  private isDead = false;
  private pingTimer: Timer | undefined;
  private pongTimer: Timer | undefined;
  /** ms; undefined: none ever comes */
  pongMs: number | undefined = 20;
  far!: FarEnd;

  constructor(
    private readonly clock: ModelClock,
    /** whose line it is */
    private readonly stream: number | undefined,
    private readonly handlers: ConnectionHandlers,
    private readonly watch: LineWatch,
  ) {}

  get isClosed(): boolean {
    return this.state === "closed";
  }

  send(data: string | Uint8Array): void {
    if (this.state !== "open") return;
    this.watch.sent(data);
    const copy = typeof data === "string" ? data : Buffer.from(data);
    this.carry(() => this.far.received(copy));
  }

  ping(): void {
    if (this.state !== "open") return;
    const { pongMs } = this;
    const { time } = this.clock;
    if (pongMs !== undefined) this.carry(() => this.later(pongMs, () => this.carry(() => this.ponged(time))));
    this.pongTimer ??= this.later(PONG_TIMEOUT_MS, () => this.end({ code: 1006, reason: "", dead: true }));
  }

  close(): void {
    if (this.state === "closed" || this.state === "closing") return;
    this.watch.letGo();
    this.state = "closing";
    this.later(CLOSE_TIMEOUT_MS, () => this.end({ code: 1006, reason: "" }));
    this.carry(() => this.later(1, () => this.end({ code: 1000, reason: "" })));
  }

  destroy(): void {
    if (this.state === "closed") return;
    this.watch.letGo();
    this.state = "closing";
    this.later(0, () => this.end({ code: 1006, reason: "" }));
  }

  opened(): void {
    if (this.state !== "connecting") return;
    this.state = "open";
    this.pingRegularly();
    this.call(() => this.handlers.opened());
  }

  /** From the far end. @param told called when it has arrived */
  deliver(text: string, told: () => void = () => undefined): void {
    this.carry(() => {
      if (this.state === "closed" || this.state === "connecting") return;
      this.answered();
      told();
      this.call(() => this.handlers.text(text));
    });
  }

  closedByFarEnd(closed: Closed): void {
    this.carry(() => this.end(closed));
  }

  /** The connection breaks, and this end hears of it. */
  drop(): void {
    this.end({ code: 1006, reason: "" });
  }

  /** Nothing passes any more, either way, and nobody is told. */
  die(): void {
    this.isDead = true;
    this.waiting.length = 0;
  }

  /** Nothing passes for a while, either way; then all of it does. */
  stall(ms: number): void {
    if (this.isStalled) return;
    this.isStalled = true;
    this.later(ms, () => {
      // What is sent meanwhile comes behind what waits.
      for (let pass = this.waiting.shift(); pass; pass = this.waiting.shift()) pass();
      this.isStalled = false;
    });
  }

  /** The process at this end is no more. */
  abandon(): void {
    this.state = "closed";
    this.pingTimer?.cancel();
    this.pongTimer?.cancel();
    this.far.gone();
  }

  private carry(pass: () => void): void {
    if (this.isDead) return;
    if (this.isStalled) this.waiting.push(pass);
    else pass();
  }

  private ponged(pingedAt: number): void {
    if (this.state !== "open" && this.state !== "closing") return;
    this.answered();
    const ms = this.clock.time - pingedAt;
    if (!Number.isFinite(ms)) this.watch.thrown(new RangeError(`a round trip of ${ms} ms`));
    this.call(() => this.handlers.alive(ms));
  }

  private answered(): void {
    this.pongTimer?.cancel();
    this.pongTimer = undefined;
  }

  private pingRegularly(): void {
    this.pingTimer = this.later(PING_EVERY_MS, () => {
      this.ping();
      this.pingRegularly();
    });
  }

  private end(closed: Closed): void {
    if (this.state === "closed") return;
    this.abandon();
    this.watch.closed(closed);
    this.call(() => this.handlers.closed(closed));
  }

  private call(handler: () => void): void {
    try {
      this.clock.within(this.stream, handler);
    } catch (error) {
      this.watch.thrown(error);
    }
  }

  private later(ms: number, callback: () => void): Timer {
    return this.clock.within(this.stream, () => this.clock.schedule("network", callback, ms));
  }
}
