import type { Account } from "../assemblyai/account";
import { Budget } from "../billing/budget";
import type { Clock } from "../common/clock";
import type { Connect } from "../assemblyai/connection";
import { toAaiError, type AaiError, type ErrorCode } from "../common/errors";
import type { NodeStatus } from "../common/node-status";
import { OncePer } from "../common/once-per";

import { guardClock } from "./guard";
import { SessionBook, type BookStore } from "../billing/session-book";
import { readConfiguration } from "../assemblyai/update-configuration";
import { readStreamingAction, type StreamingInput } from "./control";
import { beginOutput, reconnectingOutput, terminationOutput, turnOutput, type SessionOutput, type TurnOutput } from "./messages";
import type { StreamingSettings } from "../stream/stream-settings";
import { StreamingStatusLine, type StreamingTexts } from "./status";
import type { SpeechDetector } from "../voice/silero";
import type { StreamEvent } from "../stream/stream-events";
import { Streams } from "./streams";

/** The node as its engine sees it: where messages, errors and statuses go. */
export interface SpeechToTextHost {
  sendFinal(message: TurnOutput): void;
  sendPartial(message: TurnOutput): void;
  sendEvent(message: SessionOutput): void;
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
  settings: StreamingSettings;
  store: BookStore;
  texts: StreamingTexts;
  /** makes what judges frames of audio; by default the package's own network */
  voiceDetector?: () => SpeechDetector;
}

/** Errors of live audio, which would come with each of its messages. */
const REPEATED: readonly ErrorCode[] = ["AAI_INPUT", "AAI_TOO_MANY_STREAMS"];
/** Such an error is reported once in this time for each topic. */
const REPEATED_EVERY_MS = 60_000;

/** All that the streaming node does: its streams, their account book and budget, and what of it a flow and its user get to see. */
export class SpeechToText {
  private readonly streams: Streams;
  private readonly status: StreamingStatusLine;
  private readonly book: SessionBook;
  private readonly budget: Budget;
  private closing: { removed: boolean } | undefined;
  private lastBudgetError = "";
  private readonly repeated: OncePer;

  constructor(
    private readonly options: SpeechToTextOptions,
    private readonly host: SpeechToTextHost,
  ) {
    const { settings, store, texts } = options;
    const report = (error: AaiError) => this.report(error, undefined);
    const clock = guardClock(options.clock, report);
    this.repeated = new OncePer(clock, REPEATED_EVERY_MS);
    this.book = new SessionBook(clock, store, (error) => report(toAaiError(error)));
    this.budget = new Budget(clock, settings.budgetSeconds, this.book, (error) => {
      this.streams.end("budget");
      report(error);
    });
    this.streams = new Streams(
      {
        clock,
        connect: options.connect,
        account: () => this.account(),
        settings,
        voiceDetector: options.voiceDetector,
      },
      (event, topic) => this.on(event, topic),
    );
    this.status = new StreamingStatusLine(
      clock,
      texts,
      settings.silenceTimeoutMs,
      () => this.streams.statuses,
      (status) => host.show(status),
    );
    this.status.refresh();
  }

  /** To be called when what is wired to the node can take messages: sends what an earlier run could not. */
  async start(): Promise<void> {
    await this.book.open();
    if (this.closing === undefined) for (const message of this.book.takeOwed()) this.host.sendEvent(message);
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

  /**
   * Ends all sessions; resolves when that is done and written down, at most 5 s later.
   * @param removed whether no other node takes this one's place now: it was deleted or disabled
   */
  async close(removed: boolean): Promise<void> {
    this.closing = { removed };
    await this.streams.close("redeploy");
    this.budget.close();
    this.status.close();
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
        return streams.configure(readConfiguration(payload), topic);
      case undefined:
        return streams.stream(topic)?.audio(payload, audio, first === true);
    }
  }

  private on(event: StreamEvent, topic: string | undefined): void {
    const { host, status, book, budget } = this;
    switch (event.type) {
      case "begun":
        status.begun();
        book.begun(event.begin.id, event.summary, topic);
        budget.update();
        return this.sendEvent(beginOutput(event.begin, topic));
      case "turn": {
        const message = turnOutput(event.turn, event.sessionId, event.number, topic);
        return event.turn.final ? host.sendFinal(message) : host.sendPartial(message);
      }
      case "terminated":
        status.terminated(event.summary);
        book.terminated(event.summary);
        budget.update();
        return this.sendEvent(terminationOutput(event.summary, topic, this.options.settings.open !== "speech"));
      case "reconnecting":
        return this.sendEvent(reconnectingOutput(event.info, event.sessionId, topic));
      case "failed":
        return;
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
      return this.options.account();
    } catch (thrown) {
      const error = toAaiError(thrown);
      this.status.failed(error);
      throw error;
    }
  }

  /**
   * While it closes, nobody can tell how far a message would get: a deploy also stops nodes behind those that it is wired to. The node
   * that takes its place sends it.
   */
  private sendEvent(message: SessionOutput): void {
    if (this.closing === undefined || (this.closing.removed && this.host.eventsArrive())) return this.host.sendEvent(message);
    if (message.event !== "termination") return;
    // When it is sent at last, a microphone that was stopped for this session may long be wanted again.
    const { action: _, ...owed } = message;
    this.book.owe(owed);
  }

  private report(error: AaiError, topic: string | undefined): void {
    this.status.failed(error);
    if (!this.wasTold(error)) this.host.error(error, topic);
  }

  /** An action is always answered. */
  private isRepeated({ code, message }: AaiError, { action, topic }: StreamingInput): boolean {
    return REPEATED.includes(code) && action === undefined && !this.repeated.passes(`${String(topic)} ${message}`);
  }

  /** Each voice would tell again that the day's budget is used up; the text holds the day. */
  private wasTold(error: AaiError): boolean {
    if (error.code !== "AAI_BUDGET") return false;
    const was = error.message === this.lastBudgetError;
    this.lastBudgetError = error.message;
    return was;
  }
}
