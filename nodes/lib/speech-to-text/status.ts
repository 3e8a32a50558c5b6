import type catalogue from "../../locales/en-US/assemblyai-streaming.json";
import type { Clock, Timer } from "../common/clock";
import type { AaiError, ErrorCode, ErrorKey } from "../common/errors";
import type { NodeStatus } from "../common/node-status";
import type { NodeTexts } from "../common/node-texts";
import type { TextValues } from "../common/texts";
import { RateLimit } from "../common/rate-limit";
import type { SessionSummary } from "../session/session-summary";
import type { StreamStatus } from "../stream/stream";
import type { StreamingSettings } from "../stream/stream-settings";
import type { WakeWord } from "../wakeword/wake-word";

type StatusKey = keyof typeof catalogue.status;
export type StreamingTexts = NodeTexts<StatusKey>;

/** The errors that have a short text of their own, of all variants of a code or of one: a status has room for some words. */
const SHORT_TEXTS = [
  "AAI_CONFIG_MISSING",
  "AAI_KEY_MISSING",
  "AAI_KEY_UNRESOLVED",
  "AAI_KEY_INVALID",
  "AAI_KEY_HOST",
  "AAI_WEBHOOK_HOST",
  "AAI_URL",
  "AAI_PROPERTY",
  "AAI_WAKE_WORD",
  "AAI_UNAUTHORIZED",
  "AAI_ACCOUNT",
  "AAI_RATE_LIMIT",
  "AAI_REJECTED",
  "AAI_SERVER",
  "AAI_TIMEOUT",
  "AAI_CONNECTION_LOST",
  "AAI_UNREACHABLE",
  "AAI_UNREACHABLE/internet",
  "AAI_UNREACHABLE/simulator",
  "AAI_BUDGET",
  "AAI_BOOK",
] as const satisfies readonly (StatusKey & (ErrorKey | ErrorCode))[];

/** An error in some words. */
export function shortText(error: AaiError, texts: Pick<StreamingTexts, "status">): string {
  const { key, code, values } = error;
  const known = SHORT_TEXTS.find((each) => each === key) ?? SHORT_TEXTS.find((each) => each === code);
  return texts.status(known ?? "error", values);
}

/** The silence timeout is shown once this much of it has passed: while someone speaks it is of no interest. */
const COUNTS_DOWN_AFTER_MS = 1_000;
const REFRESH_MS = 500;
/** For so long it is shown that a wake word was heard. */
const FLASH_MS = 1_000;

/** The streaming node's status, from its streams, its last session and its last error. */
export class StreamingStatusLine {
  private readonly limit: RateLimit<NodeStatus>;
  private shown = "";
  private timer: Timer | undefined;
  private error: AaiError | undefined;
  private lastSessionSeconds: number | undefined;
  private flash: { phrase: string; until: number } | undefined;
  private closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly texts: StreamingTexts,
    private readonly settings: Pick<StreamingSettings, "silenceTimeoutMs" | "wakeWords">,
    private readonly streams: () => StreamStatus[],
    show: (status: NodeStatus) => void,
  ) {
    this.limit = new RateLimit(clock, show);
  }

  terminated(summary: SessionSummary): void {
    this.lastSessionSeconds = summary.sessionSeconds;
  }

  /** Someone has said a wake word. */
  called(phrase: string): void {
    this.flash = { phrase, until: this.clock.now() + FLASH_MS };
    this.refresh();
  }

  /** Shown until a session begins. */
  failed(error: AaiError): void {
    this.error = error;
    this.refresh();
  }

  begun(): void {
    this.error = undefined;
  }

  /** What was wrong in this way is over. */
  recovered(code: ErrorCode): void {
    if (this.error?.code !== code) return;
    this.error = undefined;
    this.refresh();
  }

  /** Why no session could be had, in a few words, until one begins. */
  get problem(): string | undefined {
    return this.error && shortText(this.error, this.texts);
  }

  /** Shows the present state, and goes on by itself while seconds are being counted. */
  refresh(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.closed) return;
    const streams = this.streams();
    const status = this.describe(streams);
    const key = JSON.stringify(status);
    if (key !== this.shown) this.limit.push(status);
    this.shown = key;
    const counting = streams.some(({ phase }) => phase === "open" || phase === "waiting");
    if (counting || this.flash) this.timer = this.clock.setTimeout(() => this.refresh(), REFRESH_MS);
  }

  /** Stops showing: after a redeploy another node of the same id has a status of its own. */
  close(): void {
    this.closed = true;
    this.timer?.cancel();
    this.limit.cancel();
  }

  private describe(streams: StreamStatus[]): NodeStatus {
    if (this.flash && this.flash.until <= this.clock.now()) this.flash = undefined;
    if (this.flash) return { fill: "blue", shape: "dot", text: this.texts.status("called", { phrase: this.flash.phrase }) };
    const open = streams.filter(({ phase }) => phase === "open");
    const [first] = open;
    if (first) return { fill: "green", shape: "dot", text: this.openText(first, open.length) };
    const waiting = streams.find(({ phase }) => phase === "waiting");
    if (waiting?.phase === "waiting") return this.retrying(Math.ceil((waiting.retryInMs ?? 0) / 1000));
    if (streams.some(({ phase }) => phase === "connecting")) return this.yellow("connecting");
    if (streams.some(({ phase }) => phase === "ending")) return this.yellow("closing");
    if (this.error) return { fill: "red", shape: "ring", text: shortText(this.error, this.texts) };
    const { wakeWords } = this.settings;
    if (wakeWords.length > 0)
      return { fill: "grey", shape: "ring", text: this.texts.status("waitingFor", { phrase: phrasesOf(wakeWords) }) };
    if (this.lastSessionSeconds === undefined) return { fill: "grey", shape: "ring", text: this.texts.status("idle") };
    return { fill: "grey", shape: "ring", text: this.texts.status("lastSession", { seconds: Math.round(this.lastSessionSeconds) }) };
  }

  private openText(status: StreamStatus, count: number): string {
    if (count > 1) return this.texts.status("listeningMany", { count });
    const left = "silenceRemainingMs" in status ? status.silenceRemainingMs : undefined;
    const counts = left !== undefined && left <= this.settings.silenceTimeoutMs - COUNTS_DOWN_AFTER_MS;
    return counts ? this.texts.status("closesIn", { seconds: Math.ceil(left / 1000) }) : this.texts.status("listening");
  }

  /** A drop that heals is no error; where no session can be opened, the status says why. */
  private retrying(seconds: number): NodeStatus {
    if (!this.error) return this.yellow("reconnecting", { seconds });
    const text = this.texts.status("retrying", { error: shortText(this.error, this.texts), seconds });
    return { fill: "red", shape: "ring", text };
  }

  private yellow(key: "connecting" | "closing" | "reconnecting", values: TextValues = {}): NodeStatus {
    return { fill: "yellow", shape: "ring", text: this.texts.status(key, values) };
  }
}

function phrasesOf(words: readonly WakeWord[]): string {
  return words.map(({ phrase }) => phrase).join(", ");
}
