import type { Account } from "../assemblyai/account";
import type { BookFile } from "../billing/book-file";
import { Budget, type BudgetLevel } from "../billing/budget";
import { SessionBook, type BilledSummary } from "../billing/session-book";
import type { Clock, Timer } from "../common/clock";
import type { Connect } from "../assemblyai/connection";
import { isEmptyConfiguration } from "../assemblyai/configuration";
import { toAaiError, type AaiError, type ErrorCode, type ErrorKey } from "../common/errors";
import type { NodeStatus } from "../common/node-status";
import { OncePer } from "../common/once-per";
import { guardClock } from "./guard";
import { readConfiguration } from "../assemblyai/update-configuration";
import { readStreamingAction, type StreamingInput } from "./control";
import {
  beginOutput,
  budgetOutput,
  failedOutput,
  reconnectingOutput,
  serverOutput,
  terminationOutput,
  turnOutput,
  wakeOutput,
  type EventOutput,
  type TurnOutput,
} from "./messages";
import { Outbox } from "./outbox";
import { SessionCosts } from "./session-costs";
import type { SpeechToTextSettings } from "./settings";
import { StreamingStatusLine, type StreamingTexts } from "./status";
import type { SpeechDetector } from "../voice/silero";
import type { StreamEvent } from "../stream/stream-events";
import { Observation, type Snapshot } from "./snapshot";
import { Streams } from "./streams";
import { WakeWordTrial } from "./wake-word-trial";

/** The node as its engine sees it: where messages, errors and statuses go. */
export interface SpeechToTextHost {
  sendFinal(message: TurnOutput): void;
  sendPartial(message: TurnOutput): void;
  sendEvent(message: EventOutput): void;
  /** whether the event output still leads to a node that runs */
  eventsArrive(): boolean;
  /** an error that no input message's `done` can carry */
  error(error: AaiError, topic: string | undefined): void;
  warn(error: AaiError, topic: string | undefined): void;
  show(status: NodeStatus): void;
}

export interface SpeechToTextOptions {
  clock: Clock;
  connect: Connect;
  /** @throws AaiError where no usable account is set up */
  account: () => Account;
  settings: SpeechToTextSettings;
  /** where the account book is kept */
  book: BookFile;
  texts: StreamingTexts;
  /** makes what judges frames of audio; by default the package's own network */
  voiceDetector?: () => SpeechDetector;
}

/** Errors of live audio, which would come with each of its messages: by their codes, or by their keys where others of a code are of files. */
const REPEATED: ReadonlySet<ErrorCode | ErrorKey> = new Set([
  "AAI_INPUT",
  "AAI_TOO_MANY_STREAMS",
  "AAI_BOOK",
  "AAI_AUDIO_FORMAT/audio",
  "AAI_AUDIO_FORMAT/encoding",
  "AAI_AUDIO_FORMAT/channels",
  "AAI_AUDIO_FORMAT/rate",
]);
/** Such an error is reported once in this time for each topic. */
const REPEATED_EVERY_MS = 60_000;
/** What an earlier life owes comes so long after the start: a broker node that has not connected yet would drop it. */
const OWED_AFTER_MS = 5_000;
/** What only a person can mend: trying again, at the next voice too, would fail alike. */
const NEEDS_A_PERSON: ReadonlySet<ErrorCode> = new Set([
  "AAI_UNAUTHORIZED",
  "AAI_ACCOUNT",
  "AAI_BUDGET",
  "AAI_BOOK",
  "AAI_CONFIG_MISSING",
  "AAI_KEY_MISSING",
  "AAI_KEY_HOST",
  "AAI_KEY_INVALID",
  "AAI_KEY_UNRESOLVED",
  "AAI_WEBHOOK_HOST",
  "AAI_URL",
]);

/** The streaming node's front door: its streams, their book and budget, and the messages, errors and statuses that result. */
export class SpeechToText {
  /** undefined where no wake word is waited for */
  readonly wakeWordTrial: WakeWordTrial | undefined;
  private readonly streams: Streams;
  private readonly status: StreamingStatusLine;
  private readonly book: SessionBook;
  private readonly budget: Budget;
  private readonly outbox: Outbox;
  private readonly clock: Clock;
  private closing: { removed: boolean } | undefined;
  private owing: Timer | undefined;
  private lastBudgetError = "";
  private readonly repeated: OncePer;
  private readonly observation: Observation;
  /** Warnings that pass once in the node's life. */
  private readonly warned: OncePer;
  private readonly costs = new SessionCosts();

  constructor(
    private readonly options: SpeechToTextOptions,
    private readonly host: SpeechToTextHost,
  ) {
    const { settings, texts } = options;
    const report = (error: AaiError) => this.report(error, undefined);
    const clock = guardClock(options.clock, report);
    this.repeated = new OncePer(clock, REPEATED_EVERY_MS);
    this.warned = new OncePer(clock, Infinity);
    this.clock = clock;
    this.observation = new Observation(clock, settings);
    this.outbox = new Outbox(report);
    this.book = new SessionBook(clock, options.book, { failed: report, damaged: (error) => host.warn(error, undefined) });
    this.budget = new Budget(clock, settings.budgetUsd, this.book, {
      reached: (level) => this.budgetReached(level),
      exhausted: (error) => this.budgetExhausted(error),
      renewed: () => this.status.recovered("AAI_BUDGET"),
    });
    this.streams = new Streams(
      {
        clock,
        connect: options.connect,
        account: () => this.account(),
        settings,
        voiceDetector: options.voiceDetector,
        wakeWordsOnTrial: () => this.wakeWordTrial?.isRunning ?? false,
        isWatched: () => this.observation.isWatched,
      },
      (event, topic) => this.on(event, topic),
    );
    const { wakeWords } = settings;
    if (wakeWords.length > 0) this.wakeWordTrial = new WakeWordTrial(clock, wakeWords, this.streams);
    this.status = new StreamingStatusLine(
      clock,
      texts,
      settings,
      () => this.streams.statuses,
      (status) => host.show(status),
    );
    this.status.refresh();
  }

  /** To be called when what is wired to the node can take messages. Resolves when the account book has been read. */
  async start(): Promise<void> {
    for (const warning of this.options.settings.warnings) this.warnOnce(warning, undefined);
    await this.book.open();
    this.observation.begin(this.book);
    if (this.closing !== undefined) return;
    this.owing = this.clock.setTimeout(() => this.sendOwed(), OWED_AFTER_MS);
    this.budget.resume();
  }

  /** @throws AaiError for a message that cannot be taken, and where it asks for a session that cannot be opened */
  input(message: StreamingInput): void {
    try {
      this.handle(message);
    } catch (thrown) {
      const error = toAaiError(thrown);
      if (!this.wasTold(error) && !this.isRepeated(error, message)) throw error;
    }
  }

  /** For whoever looks on in the editor. @see Observation.snapshot */
  snapshot(since = 0): Snapshot {
    const { book, budget, streams, status } = this;
    const configurationOf = (topic: string) => streams.configurationOf(topic);
    return this.observation.snapshot({ book, budget, views: streams.views, problem: status.problem, configurationOf }, since);
  }

  /** Ends all sessions that are open. The next voice, call or audio opens others, as after `stop`. */
  hangUp(): void {
    this.streams.end("stop");
  }

  /**
   * Ends all sessions; resolves when that is done and written to the book, at most 5 s later.
   * @param removed whether no other node takes this one's place now: it was deleted or disabled
   */
  async close(removed: boolean): Promise<void> {
    this.closing = { removed };
    await this.streams.close("redeploy");
    this.owing?.cancel();
    this.budget.close();
    this.status.close();
    await this.outbox.empty();
    this.observation.end(this.book);
    await this.book.close();
  }

  private handle(message: StreamingInput): void {
    const { streams } = this;
    const { payload, audio, topic, first } = message;
    switch (readStreamingAction(message)) {
      case "start":
        return streams.stream(topic)?.start();
      case "stop":
        return streams.stop(topic);
      case "flush":
        return streams.flush(topic);
      case "configure":
        return this.configure(payload, topic);
      case undefined:
        streams.stream(topic)?.audio(payload, audio, first === true);
        return this.observation.heard(topic);
    }
  }

  private configure(payload: unknown, topic: unknown): void {
    const { model, checkConfiguration } = this.options.settings;
    const { fields, warnings } = readConfiguration(payload, model);
    for (const warning of warnings) this.warnOnce(warning, undefined);
    // Only an empty payload goes back to the node's settings, not one whose names are all misspelled.
    if (warnings.length > 0 && isEmptyConfiguration(fields)) return;
    checkConfiguration(fields);
    this.streams.configure(fields, topic);
    this.costs.changed();
    this.budget.update();
  }

  private on(event: StreamEvent, topic: string | undefined): void {
    const { host, status, book, budget, outbox } = this;
    switch (event.type) {
      case "called":
        if (event.onTrial) return this.wakeWordTrial?.called(event.word, event.probability);
        status.called(event.word.phrase);
        return this.sendEvent(() => wakeOutput(event.word, event.probability, topic));
      case "begun": {
        const { begin, asked, summary, warnings } = event;
        status.begun();
        for (const warning of warnings) this.warnOnce(warning, topic);
        const written = book.begun(begin.id, this.costs.begun(begin.id, topic, asked, summary));
        budget.update();
        const message = beginOutput(begin, topic, this.listensByItself);
        return this.sendEvent(() => message, written);
      }
      case "turn": {
        this.observation.said(topic, event.turn);
        const message = turnOutput(event.turn, event.sessionId, event.number, topic);
        return outbox.push(() => (event.turn.final ? host.sendFinal(message) : host.sendPartial(message)));
      }
      case "message": {
        const message = serverOutput(event.message, event.sessionId, topic, this.listensByItself);
        return this.sendEvent(() => message);
      }
      case "terminated": {
        status.terminated(event.summary);
        const { summary, rate } = this.costs.ended(event.summary);
        const written = book.terminated(summary, topic, rate);
        budget.update();
        const listening = this.goesOn(summary, event.replaced);
        return this.sendEvent(() => terminationOutput(summary, topic, listening), written);
      }
      case "reconnecting":
        return this.sendEvent(() => reconnectingOutput(event.info, event.sessionId, topic));
      case "failed": {
        const listening = this.listensByItself && !NEEDS_A_PERSON.has(event.error.code);
        return this.sendEvent(() => failedOutput(event.error, topic, listening));
      }
      case "error":
        return this.report(event.error, topic);
      case "warning":
        return host.warn(event.error, topic);
      case "changed":
        return status.refresh();
    }
  }

  private account(): Account {
    try {
      this.budget.check();
      const account = this.options.account();
      this.options.settings.checkServer(account.url);
      return account;
    } catch (thrown) {
      const error = toAaiError(thrown);
      this.status.failed(error);
      throw error;
    }
  }

  /** The next voice, or the next call by name, opens the next session. */
  private get listensByItself(): boolean {
    const { open } = this.options.settings;
    return open !== "audio" && open !== "command";
  }

  /** Whether another session follows the one that has ended, without anything being started anew. */
  private goesOn({ reason, code }: BilledSummary, replaced: boolean): boolean {
    if (reason === "redeploy" || reason === "budget" || NEEDS_A_PERSON.has(code as ErrorCode)) return false;
    return this.listensByItself || replaced;
  }

  private budgetReached(level: BudgetLevel): void {
    const listening = this.listensByItself && level.usedUsd < level.budgetUsd;
    this.sendEvent(() => budgetOutput(level, listening));
  }

  /** Where nothing runs, the next one that wants a session is told. */
  private budgetExhausted(error: AaiError): void {
    const isListening = this.streams.statuses.some(({ phase }) => phase !== "idle");
    this.streams.end("budget");
    if (isListening) this.report(error, undefined);
  }

  private sendOwed(): void {
    for (const { summary, topic } of this.book.takeOwed()) this.sendEvent(() => terminationOutput(summary, topic));
  }

  /**
   * During a deploy, nodes downstream may already be stopped: events are not sent then, and the successor node sends the termination,
   * which is still owed by the book.
   */
  private sendEvent(make: () => EventOutput, written?: Promise<void>): void {
    this.outbox.push(() => {
      if (this.closing !== undefined && !(this.closing.removed && this.host.eventsArrive())) return;
      const message = make();
      this.host.sendEvent(message);
      if (message.event === "termination" && message.sessionId !== undefined) this.book.sent(message.sessionId);
    }, written);
  }

  private report(error: AaiError, topic: string | undefined): void {
    this.status.failed(error);
    if (!this.wasTold(error)) this.host.error(error, topic);
  }

  /** An action is always answered. */
  private isRepeated({ code, key, message }: AaiError, { action, topic }: StreamingInput): boolean {
    return (REPEATED.has(code) || REPEATED.has(key)) && action === undefined && !this.repeated.passes(`${String(topic)} ${message}`);
  }

  private warnOnce(error: AaiError, topic: string | undefined): void {
    if (this.warned.passes(error.message)) this.host.warn(error, topic);
  }

  /** Each voice would report again that the day's budget is used up; the text names the day. */
  private wasTold(error: AaiError): boolean {
    if (error.code !== "AAI_BUDGET") return false;
    const was = error.message === this.lastBudgetError;
    this.lastBudgetError = error.message;
    return was;
  }
}
