import type { Closed, Connect } from "../../nodes/lib/assemblyai/connection";
import type { ModelClock } from "./clock";
import { Line, type FarEnd } from "./line";
import { Recogniser, type RecogniserStyle, type ServedMessage } from "./recogniser";
import type { ConnectionPlan, PresentEnd } from "./schedule";

/** How often a session of the model works on its audio, ms. */
const TICK_MS = 100;
/** A handshake and a pre-roll leave less to work off than this; the engine leaves it out of account, ms. */
export const LONG_BACKLOG_MS = 3_000;
/** What the service takes in a message, ms. */
const FRAME_RANGE = { min: 50, max: 1000 };
const ACCEPTED = ["Terminate", "ForceEndpoint", "UpdateConfiguration", "KeepAlive"];
const DEFAULT_PLAN: ConnectionPlan = { openMs: 100, beginMs: 300, textDelayMs: 0, pongMs: 20, terminationMs: 600 };

/** A text as it reached the engine. */
export interface Heard {
  at: number;
  words: number[];
  /** It came when the engine had let go of the session, though it may be in the same ms. */
  isLate: boolean;
}

/** What one connection was, for those who judge it: times are the clock's, in ms. */
export interface ConnectionLog {
  number: number;
  stream: number;
  rate: number;
  plan: ConnectionPlan;
  /** asked for in the course of a message of the flow's, not of a timer or an event */
  isPrompted: boolean;
  connectAt: number;
  /** the socket is open, and paid from then on */
  openedAt: number;
  id: string | undefined;
  begunAt: number;
  terminateAt: number;
  /** the engine has sent Terminate, or has cut it off */
  letGoAt: number;
  closedAt: number;
  closed: Closed | undefined;
  errorCode: number | undefined;
  terminationAt: number;
  /** the words that it had still to work off at Terminate, by more than the engine leaves out of account */
  aheadAtEnd: number[];
  /** what the Termination says that is billed, s */
  billedS: number | undefined;
  /** the service has ended it by itself, in order */
  isEndedByService: boolean;
  texts: Heard[];
  lastTextAt: number;
}

export interface ServiceWatch {
  violation(kind: string, text: string): void;
  /** whether a message of the flow's is being handled */
  isPrompted(): boolean;
  connected(connection: ServedConnection): void;
  changed(): void;
}

/** The service's side of one connection. */
export class ServedConnection implements FarEnd {
  readonly log: ConnectionLog;
  readonly line: Line;
  private readonly recogniser: Recogniser;
  private readonly inactivityMs: number;
  private messageAt = 0;
  private isTerminated = false;
  private isGone = false;
  private delivered = 0;

  constructor(
    private readonly clock: ModelClock,
    url: URL,
    handlers: Parameters<Connect>[2],
    style: RecogniserStyle,
    lengthOf: (id: number) => number,
    readonly plan: ConnectionPlan,
    number: number,
    private readonly watch: ServiceWatch,
  ) {
    const rate = Number(url.searchParams.get("sample_rate"));
    this.inactivityMs = Number(url.searchParams.get("inactivity_timeout") ?? Infinity) * 1000;
    const never = Infinity;
    this.log = {
      number,
      stream: clock.stream ?? 0,
      rate,
      plan,
      isPrompted: watch.isPrompted(),
      connectAt: clock.time,
      openedAt: never,
      id: undefined,
      begunAt: never,
      terminateAt: never,
      letGoAt: never,
      closedAt: never,
      closed: undefined,
      errorCode: undefined,
      terminationAt: never,
      aheadAtEnd: [],
      billedS: undefined,
      isEndedByService: false,
      texts: [],
      lastTextAt: -Infinity,
    };
    this.recogniser = new Recogniser(rate, style, lengthOf);
    this.line = new Line(clock, clock.stream, handlers, {
      sent: (data) => this.engineSent(data),
      letGo: () => this.letGo(),
      closed: (closed) => {
        this.log.closedAt = clock.time;
        this.log.closed = closed;
      },
      thrown: (error) => watch.violation("thrown", `into the socket: ${String(error)}`),
    });
    this.line.far = this;
    this.line.pongMs = plan.pongMs;
    if (plan.refusal === "network") this.later(plan.openMs, () => this.line.drop());
    else if (plan.refusal && "http" in plan.refusal) this.refuse(plan.refusal.http);
    else this.later(plan.openMs, () => this.open());
  }

  /** Open at the service, and paid. */
  get isOpen(): boolean {
    return this.log.begunAt < Infinity && !this.line.isClosed;
  }

  received(data: string | Buffer): void {
    if (this.isGone || this.isTerminated) return;
    this.messageAt = this.clock.time;
    if (typeof data !== "string") return this.recogniser.append(data);
    const { type } = JSON.parse(data) as { type: string };
    if (type === "Terminate") this.terminate(false);
    else if (type === "ForceEndpoint") this.recogniser.forceEndpoint();
  }

  gone(): void {
    this.isGone = true;
  }

  error(code: number, text: string | null, typed: boolean, close: boolean): void {
    const message = { ...(typed ? { type: "Error" } : {}), error_code: code, error: text };
    if (!this.isGone) this.line.deliver(JSON.stringify(message), () => (this.log.errorCode ??= code));
    if (close) this.close(code);
  }

  close(code: number): void {
    this.isGone = true;
    this.line.closedByFarEnd({ code, reason: code === 1000 ? "" : "See Error message for details" });
  }

  /** Terminates by itself, as a service that goes down for maintenance may. */
  terminate(isByItself = true): void {
    if (this.isTerminated) return;
    this.log.isEndedByService = isByItself;
    this.isTerminated = true;
    if (!isByItself) this.log.aheadAtEnd = this.recogniser.ahead(LONG_BACKLOG_MS + TICK_MS);
    for (const message of this.recogniser.flush()) this.say(message, 300);
    const { terminationMs } = this.plan;
    if (terminationMs === undefined) return;
    this.later(Math.max(300, terminationMs) + this.plan.textDelayMs, () => {
      const seconds = Math.round((this.clock.time - this.log.openedAt) / 1000);
      const message = { type: "Termination", audio_duration_seconds: seconds, session_duration_seconds: seconds };
      this.line.deliver(JSON.stringify(message), () => {
        this.log.billedS ??= seconds;
        this.log.terminationAt = Math.min(this.log.terminationAt, this.clock.time);
      });
      this.later(50, () => this.close(1000));
    });
  }

  /** A frame that the session's own messages know nothing of. */
  sendText(text: string): void {
    if (!this.isGone && this.log.id !== undefined) this.line.deliver(text);
  }

  private open(): void {
    this.log.openedAt = this.clock.time;
    this.line.opened();
    const { refusal, errorFirst, beginMs, expiresS } = this.plan;
    if (typeof refusal === "object" && "code" in refusal) {
      return this.later(beginMs ?? 0, () => this.error(refusal.code, refusal.text, refusal.typed, true));
    }
    if (errorFirst !== undefined) this.error(errorFirst, "first an error", true, false);
    if (beginMs === undefined) return;
    this.later(beginMs, () => {
      const id = `session ${this.log.number}`;
      const expiresAt = Math.floor((Date.UTC(2026, 10, 20, 12) + this.clock.time) / 1000) + (expiresS ?? 10_800);
      this.line.deliver(JSON.stringify({ type: "Begin", id, expires_at: expiresAt }), () => {
        this.log.id = id;
        this.log.begunAt = Math.min(this.log.begunAt, this.clock.time);
      });
      this.messageAt = this.clock.time;
      if (expiresS !== undefined) this.later(expiresS * 1000, () => this.error(3008, "Session Expired", true, true));
      this.tick();
    });
  }

  private refuse(httpStatus: number): void {
    this.later(this.plan.openMs, () => this.line.closedByFarEnd({ code: 1006, reason: "", httpStatus }));
  }

  private tick(): void {
    this.later(TICK_MS, () => {
      if (this.isTerminated) return;
      for (const message of this.recogniser.work((this.log.rate * TICK_MS) / 1000)) this.say(message, 0);
      if (this.clock.time - this.messageAt >= this.inactivityMs) {
        return this.error(3006, "Session terminated due to inactivity: No messages received", true, true);
      }
      this.tick();
    });
  }

  private say({ message, words }: ServedMessage, afterMs: number): void {
    const at = Math.max(this.delivered, this.clock.time + afterMs + (message["type"] === "Turn" ? this.plan.textDelayMs : 0));
    this.delivered = at;
    this.later(at - this.clock.time, () =>
      this.line.deliver(JSON.stringify(message), () => {
        if (words.length === 0) return;
        this.log.texts.push({ at: this.clock.time, words, isLate: this.log.letGoAt < Infinity });
        this.log.lastTextAt = this.clock.time;
      }),
    );
  }

  private engineSent(data: string | Uint8Array): void {
    const { log, clock, watch } = this;
    if (log.terminateAt < Infinity) watch.violation("protocol", `connection ${log.number} is sent something after Terminate`);
    if (typeof data !== "string") {
      const ms = (data.length * 500) / log.rate;
      if (ms < FRAME_RANGE.min || ms > FRAME_RANGE.max) watch.violation("protocol", `a frame of ${ms} ms`);
      if (log.begunAt === Infinity) watch.violation("protocol", "audio before Begin");
      return;
    }
    const { type } = JSON.parse(data) as { type: string };
    if (!ACCEPTED.includes(type)) watch.violation("protocol", `${type} is no message of a client's`);
    if (type !== "Terminate") return;
    log.terminateAt = clock.time;
    this.letGo();
  }

  private letGo(): void {
    this.log.letGoAt = Math.min(this.log.letGoAt, this.clock.time);
    this.watch.changed();
  }

  private later(ms: number, callback: () => void): void {
    this.clock.schedule("service", () => this.isGone || callback(), ms);
  }
}

/** Stands in for the network and the service: each connection that is asked for goes as it is planned. */
export class ModelService {
  readonly connections: ServedConnection[] = [];

  constructor(
    private readonly clock: ModelClock,
    private readonly plans: readonly ConnectionPlan[],
    private readonly style: RecogniserStyle,
    private readonly lengthOf: (id: number) => number,
    private readonly watch: ServiceWatch,
  ) {}

  readonly connect: Connect = (url, _apiKey, handlers) => {
    const number = this.connections.length + 1;
    const plan = this.plans[number - 1] ?? DEFAULT_PLAN;
    const connection = new ServedConnection(this.clock, new URL(url), handlers, this.style, this.lengthOf, plan, number, this.watch);
    this.connections.push(connection);
    this.watch.connected(connection);
    const { presentEnds } = plan;
    if (presentEnds) this.clock.schedule("service", () => this.endPresent(connection.log.stream, presentEnds.by), presentEnds.afterMs);
    return connection.line;
  };

  /** The session that listens to a stream ends, where one does. */
  private endPresent(stream: number, by: PresentEnd): void {
    const present = this.connections.find(({ log, isOpen }) => log.stream === stream && isOpen && log.letGoAt === Infinity);
    if (by === "drop") present?.line.drop();
    else if (by === "close") present?.close(1011);
    else present?.terminate();
  }

  /** The connection that a stream asked for last. */
  newest(stream: number): ServedConnection | undefined {
    return this.connections.findLast(({ log }) => log.stream === stream && log.closedAt === Infinity);
  }
}
