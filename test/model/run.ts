import type { BookFile } from "../../nodes/lib/billing/book-file";
import { AaiError } from "../../nodes/lib/common/errors";
import { ModelClock } from "./clock";
import { makeEngine } from "./engine";
import { Flow, type Came } from "./flow";
import { audioMessage, Microphone, type Piece } from "./microphone";
import type { Action, Reaction, Schedule, Step } from "./schedule";
import { ModelService, type ConnectionLog, type ServedConnection } from "./service";
import { Room } from "./sound";
import { isWhole, overBudgetAt } from "./spending";

/** How long nothing more happens before what is still open counts as left open: the timeout, texts that are waited for, retries. */
const REST_MS = 200_000;
/** Terminations that are owed go out some time after the flows have started. */
const OWED_MS = 10_000;
/** As long as a retry waits at most, ms. */
const LONGEST_RETRY_MS = 75_000;
/** A look for a voice in what a lost session owes takes less, ms. */
const SEARCH_MS = 500;
const CLOSE_LIMIT_MS = 5_300;
/** Turns of the microtask queue that everything asynchronous in the engine is through after. */
const MICROTASKS = 12;
/** The same of `close`, which awaits one thing after another. */
const MICROTASKS_OF_CLOSE = 48;

export interface Violation {
  kind: string;
  text: string;
}

/** A word as the engine was given it. */
export interface GivenWord {
  id: number;
  stream: number;
  generation: number;
  /** ms of it that were taken, and of all of it */
  taken: number;
  length: number;
  firstAt: number;
  lastAt: number;
  /** when its last sound was made, as far as the engine can know */
  soundedAt: number;
  isOfFile: boolean;
}

/** What was done to the engine from outside, for those who judge. */
export interface Mark {
  at: number;
  stream: number;
  generation: number;
  what: Action | "close" | "crash" | "unusable account" | "file" | "over budget";
}

/** All that happened in one schedule. */
export interface Record {
  schedule: Schedule;
  violations: Violation[];
  connections: { connection: ServedConnection; generation: number }[];
  came: Came[];
  words: Map<number, GivenWord>;
  marks: Mark[];
  endAt: number;
}

interface Engine {
  core: ReturnType<typeof makeEngine>;
  flow: Flow;
  generation: number;
  clock: ReturnType<ModelClock["ownedBy"]>;
  closedAt: number;
  isDone: boolean;
}

/** Plays one schedule. */
export class Run implements Record {
  readonly violations: Violation[] = [];
  readonly connections: { connection: ServedConnection; generation: number }[] = [];
  readonly came: Came[] = [];
  readonly words = new Map<number, GivenWord>();
  readonly marks: Mark[] = [];
  endAt = Infinity;
  private readonly clock = new ModelClock();
  private readonly service: ModelService;
  private readonly rooms: Room[];
  private readonly microphones = new Map<number, Microphone>();
  private readonly disk: ModelDisk;
  private readonly startedAt = this.clock.time;
  private engine!: Engine;
  private generations = 0;
  private nextWord = 1;
  private inputs = 0;
  private isAccountUsable = true;
  private isAsync = true;
  private reactions: readonly Reaction[];
  /** of each stream: when audio came last, and whether a recording has begun of which nothing was taken yet */
  private readonly flows = new Map<number, { lastAt: number; begins: boolean }>();

  constructor(readonly schedule: Schedule) {
    this.reactions = schedule.reactions;
    const nextId = () => this.nextWord++;
    this.rooms = Array.from({ length: schedule.streams }, () => new Room(nextId));
    this.disk = new ModelDisk(() => (this.isAsync = true));
    this.service = new ModelService(this.clock, schedule.connections, schedule.style, (id) => this.words.get(id)?.length ?? Infinity, {
      violation: (kind, text) => this.violation(kind, text),
      isPrompted: () => this.inputs > 0,
      connected: (connection) => this.connected(connection),
      changed: () => undefined,
    });
    this.engine = this.newEngine();
  }

  async play(): Promise<this> {
    await this.settle();
    for (const step of [...this.schedule.steps].sort((one, other) => one.at - other.at)) {
      await this.turnTo(this.startedAt + step.at);
      await this.take(step);
      await this.settle();
    }
    for (const microphone of this.microphones.values()) microphone.off();
    await this.turnTo(this.clock.time + REST_MS);
    this.checkNothingOpen();
    const isRemoved = this.schedule.removed && this.engine.closedAt === Infinity;
    await this.close(isRemoved);
    this.useAfterClose();
    await this.turnTo(this.clock.time + 1_000);
    if (!isRemoved) {
      // The last life only sends what is owed.
      this.reactions = [];
      await this.startAnew();
      await this.turnTo(this.clock.time + OWED_MS);
      await this.close(true);
    }
    this.endAt = this.clock.time;
    return this;
  }

  /** The topic that a stream's messages have. */
  private topic(stream: number): string | undefined {
    return this.schedule.streams > 1 ? `room ${stream}` : undefined;
  }

  private newEngine(): Engine {
    const generation = this.generations++;
    const clock = this.clock.ownedBy(`engine ${generation}`);
    const flow = new Flow(
      generation,
      () => this.clock.time,
      this.reactions,
      (entry) => this.note(entry),
      (reaction) => this.react(reaction),
      (topic) => (topic === undefined ? 0 : Number(topic.slice("room ".length))),
    );
    const core = makeEngine(
      {
        clock,
        connect: this.service.connect,
        account: () => this.account(),
        properties: this.schedule.properties,
        book: this.disk.forProcess(),
      },
      flow,
    );
    const engine = { core, flow, generation, clock, closedAt: Infinity, isDone: false };
    flow.isWired = true;
    core.start().catch((error: unknown) => this.violation("thrown", `by start: ${String(error)}`));
    this.isAsync = true;
    return engine;
  }

  private note(entry: Came): void {
    this.came.push(entry);
    const isOverBudget = entry.what === "budget" ? isWhole(entry) : entry.what === "error" && entry.code === "AAI_BUDGET";
    if (isOverBudget) this.mark(-1, "over budget");
    if (entry.what !== "begin") return;
    const begun = this.connections.find(({ connection }) => connection.log.id === entry.sessionId);
    // Where streams wait in one line for their sessions, only this says whose it is.
    if (begun) begun.connection.log.stream = entry.stream;
  }

  private account(): { url: string; apiKey: string } {
    if (!this.isAccountUsable) throw new AaiError("AAI_KEY_MISSING");
    return { url: "ws://127.0.0.1/v3/ws", apiKey: "key" };
  }

  private connected(connection: ServedConnection): void {
    const { generation } = this.engine;
    this.connections.push({ connection, generation });
  }

  private async take(step: Step): Promise<void> {
    const { stream } = step;
    const connection = this.service.newest(stream);
    switch (step.do) {
      case "say":
        return this.room(stream).say(this.clock.time + 100, step.words);
      case "microphone": {
        const before = this.microphones.get(stream);
        before?.off();
        // Half a sample of the one before it would shift every sample of this one: they are two recordings.
        const setting = { ...step, first: step.first || before?.isOdd === true };
        this.microphones.set(
          stream,
          new Microphone(this.clock, this.room(stream), setting, (piece) => this.audio(stream, piece, this.room(stream))),
        );
        return;
      }
      case "microphone off":
        return this.microphones.get(stream)?.off();
      case "hold audio":
        return this.microphones.get(stream)?.hold(step.ms);
      case "file":
        return this.file(step);
      case "action":
        return this.act(stream, step.action);
      case "drop":
        return connection?.line.drop();
      case "half-open":
        return connection?.line.die();
      case "stall":
        return connection?.line.stall(step.ms);
      case "mute pongs":
        if (connection) connection.line.pongMs = undefined;
        return;
      case "error":
        return connection?.error(step.code, step.text, step.typed, step.close);
      case "close":
        return connection?.close(step.code);
      case "terminate":
        return connection?.log.id === undefined ? undefined : connection.terminate();
      case "frame":
        return connection?.sendText(step.text);
      case "junk":
        this.input(stream, { payload: { not: "audio" } });
        return;
      case "account":
        this.isAccountUsable = step.usable;
        if (!step.usable) this.mark(stream, "unusable account");
        return;
      case "redeploy":
        await this.close(false);
        return this.startAnew();
      case "crash":
        this.crash();
        return this.startAnew();
    }
  }

  private room(stream: number): Room {
    return this.rooms[stream] as Room;
  }

  private file(step: Step & { do: "file" }): void {
    const room = new Room(() => this.nextWord++);
    for (const words of step.sentences) room.say((room.words.at(-1)?.end ?? 0) + step.pauseMs, words);
    const to = (room.words.at(-1)?.end ?? 0) + 200;
    this.mark(step.stream, "file");
    const message = audioMessage(room.render(0, to, step.rate), step.rate, step.form === "wav" ? "wavs" : step.form, true);
    this.audio(step.stream, { ...message, from: 0, to }, room, true);
  }

  private audio(stream: number, piece: Piece, room: Room, isOfFile = false): void {
    const { payload, audio, first, from, to } = piece;
    const spoken = room.between(from, to);
    for (const { id, start, end } of spoken) {
      if (this.words.has(id)) continue;
      const { generation } = this.engine;
      const times = { firstAt: this.clock.time, lastAt: this.clock.time, soundedAt: this.clock.time };
      this.words.set(id, { id, stream, generation, taken: 0, length: end - start, ...times, isOfFile });
    }
    const flow = this.flows.get(stream) ?? { lastAt: -Infinity, begins: false };
    const begins = flow.begins || first === true || this.clock.time - flow.lastAt >= 1_000;
    const isTaken = this.input(stream, { payload, ...(audio ? { audio } : {}), ...(first ? { first } : {}) });
    this.flows.set(stream, { lastAt: this.clock.time, begins: begins && !isTaken && this.isAccountUsable });
    if (!isTaken) return;
    for (const { id, start, end } of spoken) {
      const word = this.words.get(id);
      if (!word || word.generation !== this.engine.generation) continue;
      word.taken += Math.min(end, to) - Math.max(start, from);
      word.lastAt = this.clock.time;
      word.soundedAt = this.clock.time - Math.max(0, to - end);
    }
    if (begins && (this.schedule.properties["open"] ?? "audio") === "audio") this.mustListen(stream, "audio after a pause");
  }

  private act(stream: number, action: Action): void {
    const payload = action === "configure" ? { min_turn_silence: 400 } : undefined;
    const isTaken = this.input(stream, { action, ...(payload ? { payload } : {}) });
    if (isTaken) this.mark(stream, action);
    if (isTaken && action === "start") this.mustListen(stream, "start");
  }

  /** @returns whether the engine took the message */
  private input(stream: number, message: { [name: string]: unknown }): boolean {
    const { core, closedAt } = this.engine;
    this.inputs++;
    try {
      const topic = this.topic(stream);
      this.clock.within(stream, () => core.input({ ...message, ...(topic === undefined ? {} : { topic }) }));
      return closedAt === Infinity;
    } catch (error) {
      if (!(error instanceof AaiError) || error.code === "AAI_INTERNAL") this.violation("thrown", `by input: ${String(error)}`);
      else if (error.code === "AAI_BUDGET") this.mark(-1, "over budget");
      return false;
    } finally {
      this.inputs--;
    }
  }

  private react({ stream, action }: Reaction): void {
    if (this.engine.closedAt < Infinity) return;
    if (action === "audio") {
      // Short enough not to cut a word in two; between pieces of odd length it would.
      if (this.microphones.get(stream)?.isOdd || !this.input(stream, { payload: Buffer.alloc(160) })) return;
      this.flows.set(stream, { lastAt: this.clock.time, begins: false });
    } else if (action === "close") void this.close(false);
    else this.act(stream, action);
  }

  /** Something has asked for a session: one is there, on its way, or waited for, unless it was stopped again. */
  private mustListen(stream: number, why: string): void {
    const { engine, isAccountUsable, isLimited } = this;
    const askedAt = this.clock.time;
    if (!isAccountUsable || isLimited || overBudgetAt(this, engine.generation) < Infinity || this.isListening(stream)) return;
    // A failure, or the account's limit of new sessions, of which all its streams wait in one line.
    const isRefused = this.connections.some(
      ({ connection: { log } }) => log.errorCode === 3009 || [1008, 3009].includes(log.closed?.code ?? 0) || log.closed?.httpStatus === 429,
    );
    const waits =
      isRefused ||
      this.came.some(({ what, stream: of, at }) => what === "reconnecting" && of === stream && at > askedAt - LONGEST_RETRY_MS);
    const check = () => {
      const isStopped = this.marks.some(({ what, at }) => what !== "start" && what !== "flush" && what !== "configure" && at >= askedAt);
      // One that had waited in line was asked for in another stream's name.
      const isOpened = this.connections.some(
        ({ connection: { log } }) =>
          log.stream === stream && (log.connectAt >= askedAt || (log.begunAt >= askedAt && log.begunAt < Infinity)),
      );
      const isFailed = this.came.some(({ what, stream: of, at }) => what === "failed" && of === stream && at >= askedAt);
      if (engine !== this.engine || isStopped || isOpened || isFailed || this.isListening(stream)) return;
      this.violation("nobody listens", `${why} opened nothing in stream ${stream} at ${(askedAt - 1000) / 1000} s`);
    };
    this.clock.schedule("flow", check, waits ? LONGEST_RETRY_MS : SEARCH_MS);
  }

  /** There are more streams than may be open: what is refused is reported once only. */
  private get isLimited(): boolean {
    return Number(this.schedule.properties["maxStreams"] ?? Infinity) < this.schedule.streams;
  }

  private isListening(stream: number): boolean {
    const { generation } = this.engine;
    const own = this.connections.filter((each) => each.generation === generation && each.connection.log.stream === stream);
    const now = this.clock.time;
    // After an Error, the close is waited for.
    const isThere = ({ letGoAt, closedAt, errorCode }: ConnectionLog) => closedAt >= now && (letGoAt >= now || errorCode !== undefined);
    if (own.some(({ connection: { log } }) => isThere(log))) return true;
    const lastConnectAt = Math.max(-Infinity, ...own.map(({ connection: { log } }) => log.connectAt));
    return this.came.some(({ what, at, stream: of }) => what === "reconnecting" && of === stream && at >= lastConnectAt);
  }

  private mark(stream: number, what: Mark["what"]): void {
    this.marks.push({ at: this.clock.time, stream, generation: this.engine.generation, what });
  }

  private checkNothingOpen(): void {
    if (this.schedule.properties["silenceTimeout"] === 0) return;
    for (const { connection, generation } of this.connections) {
      const { number, letGoAt, closedAt } = connection.log;
      if (generation !== this.engine.generation || letGoAt < Infinity || closedAt < Infinity) continue;
      this.violation("left open", `connection ${number}, ${REST_MS / 1000} s after the last audio`);
    }
  }

  private async close(removed: boolean): Promise<void> {
    const { engine } = this;
    if (engine.closedAt < Infinity) return this.turnUntilDone(engine);
    this.mark(-1, "close");
    engine.closedAt = this.clock.time;
    engine.core.close(removed).then(
      () => this.closed(engine),
      (error: unknown) => this.violation("thrown", `by close: ${String(error)}`),
    );
    this.isAsync = true;
    // Called in the course of a message, it is waited for by nobody.
    if (this.inputs > 0 || this.isFiring) return;
    await this.turnUntilDone(engine);
  }

  private closed(engine: Engine): void {
    engine.isDone = true;
    const took = this.clock.time - engine.closedAt;
    if (took > CLOSE_LIMIT_MS) this.violation("close is slow", `${took} ms`);
    const timers = this.clock.timersOf(`engine ${engine.generation}`);
    if (timers > 0) this.violation("timers left", `${timers} after close`);
    for (const { connection, generation } of this.connections) {
      if (generation !== engine.generation || connection.log.closedAt < Infinity || connection.log.letGoAt < Infinity) continue;
      this.violation("left open", `connection ${connection.log.number} after close`);
    }
  }

  private async turnUntilDone(engine: Engine): Promise<void> {
    await this.settle();
    const limit = this.clock.time + 30_000;
    while (!engine.isDone && this.clock.nextDue <= limit) await this.fire();
    if (!engine.isDone) this.violation("close hangs", "for 30 s");
  }

  private useAfterClose(): void {
    const { engine } = this;
    for (let stream = 0; stream < this.schedule.streams; stream++) {
      this.input(stream, { payload: Buffer.alloc(16_000) });
      this.input(stream, { action: "start" });
    }
    if (this.clock.timersOf(`engine ${engine.generation}`) > 0) this.violation("timers left", "by messages after close");
  }

  /** The process is gone, with all that was not on the disk. */
  private crash(): void {
    this.mark(-1, "crash");
    const { engine } = this;
    engine.clock.kill();
    engine.flow.isDead = true;
    this.disk.crash();
    for (const { connection, generation } of this.connections) {
      if (generation !== engine.generation) continue;
      connection.line.abandon();
      connection.log.closedAt = Math.min(connection.log.closedAt, this.clock.time);
    }
  }

  private startAnew(): Promise<void> {
    for (const microphone of this.microphones.values()) microphone.realign();
    this.engine = this.newEngine();
    return this.settle();
  }

  private isFiring = false;

  private async turnTo(time: number): Promise<void> {
    while (this.clock.nextDue <= time) await this.fire();
    this.clock.time = Math.max(this.clock.time, time);
  }

  private async fire(): Promise<void> {
    this.isFiring = true;
    try {
      this.clock.fireNext();
    } catch (error) {
      this.violation("thrown", `by a timer: ${error instanceof Error ? (error.stack ?? "") : String(error)}`);
    }
    this.isFiring = false;
    if (this.isAsync) await this.settle();
  }

  /** Lets promises come to what they come to. */
  private async settle(): Promise<void> {
    const isClosing = () => this.engine.closedAt < Infinity && !this.engine.isDone;
    do {
      this.isAsync = false;
      const turns = isClosing() ? MICROTASKS_OF_CLOSE : MICROTASKS;
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    } while (this.isAsync);
    this.isAsync = isClosing();
  }

  private violation(kind: string, text: string): void {
    this.violations.push({ kind, text });
  }
}

/** What is kept over a crash: only what was written in full. */
class ModelDisk {
  private text = "";
  private process = 0;

  constructor(private readonly used: () => void) {}

  forProcess(): BookFile {
    const { process } = this;
    const write = async (change: () => string) => {
      this.used();
      await Promise.resolve();
      if (process === this.process) this.text = change();
    };
    return {
      name: "book",
      read: () => Promise.resolve(this.text),
      append: (text) => write(() => this.text + text),
      replace: (text) => write(() => text),
    };
  }

  crash(): void {
    this.process++;
  }
}
