import type { Clock, Timer } from "../common/clock";
import { IdleTimer } from "../common/idle-timer";
import { SAMPLE_BYTES } from "../audio/pcm-buffer";
import type { Stretch, Timeline } from "../audio/timeline";
import { TEXT_WITHIN_MS } from "../assemblyai/text-delay";
import { turnSpan, type TurnMessage } from "../assemblyai/protocol";
import { Session, type SessionEvent, type SessionOptions } from "../session/session";

/** The service accepts 50 to 1000 ms in a message; 50 is recommended, and more is sent only where more is waiting. */
const SHORTEST_FRAME_MS = 50;
const LONGEST_FRAME_MS = 100;
/** After this long without audio, ForceEndpoint ends the open turn: the server detects silence in audio only. */
const DRY_MS = 1_000;
/**
 * Where no turn is open by then, silence is sent: a word or two may have no partial yet, which follows its onset by 1.2 s of audio. Live: 2 s
 * of zeros brought the final.
 */
const TRAILING_SILENCE_MS = 2_000;
/** The server ends a session that gets no message for a time, which may be as short as 5 s. */
const KEEP_ALIVE_MS = 4_000;
/** A replayed turn begins this much before its first word, because word times are estimates. */
const LEAD_IN_MS = 300;
/** The time within which a text follows its voice where texts come at the ends of turns only: a turn may last 60 s. */
const TEXT_WITHIN_WITHOUT_PARTIALS_MS = 65_000;
/**
 * Word times are estimates, and differ between sessions, so a word counts as where its middle is. After silence, the service places starts
 * up to 1 s early: the middle is at most this long before the end.
 */
const LONGEST_HALF_WORD_MS = 250;
/** A handshake and a pre-roll leave less backlog than this; it does not extend the silence timeout. */
const LONG_BACKLOG_MS = 3_000;

/** A turn whose words have their places on the timeline. */
export interface PlacedTurn {
  turn: TurnMessage;
  sessionId: string;
  words: { text: string; middle: number; end: number }[];
}

/**
 * One session, fed from the timeline at its pace. Above a feed there are positions on the timeline only, below it the session's
 * milliseconds only. A session's audio has no gaps: each frame begins where the one before it ended.
 *
 *   waiting ──start(position)──▶ flowing ──1 s without a frame──▶ dry: tail sent, turn ended by ForceEndpoint or silence ──audio──▶ flowing
 */
export class Feed {
  readonly session: Session;
  /** where on the timeline the session's sample 0 lies; undefined until the feed starts */
  private origin: number | undefined;
  /** sent beside what is on the timeline: after which sample of the session, and how many */
  private readonly silences: { after: number; length: number }[] = [];
  /** the position of the next sample to be sent */
  cursor = 0;
  /** the end of the last word of the last final turn: the server needs nothing before it */
  private finalisedUntil = -Infinity;
  /** where the session's newest text ends */
  textUntil = -Infinity;
  /** nothing is sent from there on */
  private limit = Infinity;
  /** a long backlog, until the texts of all of it have had the time to arrive */
  private backlog: Stretch | undefined;
  private dry = false;
  private forced = false;
  private frameTimer: Timer | undefined;
  private readonly dryTimer: IdleTimer;
  private keepAliveTimer: Timer | undefined;
  /** samples; rounded up, as the service counts them exactly */
  private readonly shortestFrame: number;
  /** samples */
  private readonly longestFrame: number;

  /** @param emit takes the session's events, when the feed has done its part */
  constructor(
    private readonly clock: Clock,
    private readonly timeline: Timeline,
    private readonly options: SessionOptions & { hasPartials: boolean },
    private readonly emit: (event: SessionEvent) => void,
  ) {
    this.shortestFrame = Math.ceil((SHORTEST_FRAME_MS * timeline.sampleRate) / 1000);
    this.longestFrame = Math.floor((LONGEST_FRAME_MS * timeline.sampleRate) / 1000);
    this.dryTimer = new IdleTimer(clock, DRY_MS, () => this.ranDry());
    this.session = new Session(options, (event) => this.on(event));
  }

  /** Sends the audio from `position` on, which must still be kept, up to `limit`. */
  start(position: number, limit = Infinity): void {
    this.origin = position;
    this.cursor = position;
    this.limit = limit;
    this.pump();
  }

  get isStarted(): boolean {
    return this.origin !== undefined;
  }

  /** Whether audio is waiting until it may be sent. */
  get hasQueue(): boolean {
    return this.timeline.end - this.cursor >= this.shortestFrame;
  }

  /** Whether a turn is open. */
  get turnIsOpen(): boolean {
    return this.session.openTurns.length > 0;
  }

  /** ms of audio that the session has been sent and cannot have processed yet; 0 where a handshake and a pre-roll explain it */
  get lagMs(): number {
    return this.hasLongBacklog ? this.session.record.lagMs : 0;
  }

  /** The newest partial of each turn that is open, the oldest turn first. */
  get openTurns(): PlacedTurn[] {
    return this.session.openTurns.map((turn) => this.placed(turn));
  }

  /** A turn of the session, with the places of its words. */
  placed(turn: TurnMessage): PlacedTurn {
    const words = (turn.words ?? []).map(({ text, start, end }) => {
      const half = Math.min(LONGEST_HALF_WORD_MS, Math.max(0, end - start) / 2);
      return { text, middle: this.positionOf(end - half), end: this.positionOf(end) };
    });
    return { turn, sessionId: this.session.id as string, words };
  }

  /** Sends all frames that are due, and goes on by itself while more is queued. */
  pump(released = this.released): void {
    if (!this.isStarted || !this.session.isBegun) return;
    const from = this.cursor;
    const { shortestFrame: shortest, longestFrame: longest } = this;
    this.noteBacklog(this.firstPosition);
    for (let waiting = released - from; waiting >= shortest; waiting = released - this.cursor) {
      // The audio after a frame should be enough for another frame, or it would wait for more.
      const most = waiting <= longest ? waiting : Math.max(shortest, Math.min(longest, waiting - shortest));
      this.session.send(this.timeline.read(this.cursor, this.cursor + most));
      this.cursor += most;
    }
    this.frameTimer?.cancel();
    const next = this.cursor + shortest;
    if (next <= Math.min(this.timeline.end, this.limit)) {
      this.frameTimer = this.clock.setTimeout(() => this.pump(), this.timeline.msUntil(next));
    }
    if (this.cursor === from) return;
    this.dry = false;
    this.forced = false;
    this.noteBacklog(from);
    this.dryTimer.touch();
  }

  /** Sends the last of the audio that is due, filled up with silence where it is less than a frame. */
  pumpAll(): void {
    // Of queued audio more is due from one moment to the next: one look decides what is a frame and what is the rest.
    const { released } = this;
    this.pump(released);
    const tail = released - this.cursor;
    if (tail <= 0 || !this.isStarted || !this.session.isBegun) return;
    const samples = this.timeline.read(this.cursor, this.cursor + tail);
    this.cursor += tail;
    this.sendWithSilence(samples, this.shortestFrame - tail);
  }

  /** Ends the open turn now. */
  flush(): void {
    this.pumpAll();
    this.session.forceEndpoint();
  }

  /** What the session has certainly processed: up to the end of its last final, or as far as it has had the time. */
  get processed(): Stretch {
    return { from: this.firstPosition, until: Math.max(this.finalisedUntil, this.processedUntil) };
  }

  /** Everything that the session was sent. */
  get sent(): Stretch {
    return { from: this.firstPosition, until: this.cursor };
  }

  /** The position from which another session must get the audio, if this one sends no more texts. */
  resumeFrom(): number {
    const [openTurn] = this.session.openTurns;
    const span = openTurn && turnSpan(openTurn);
    const acknowledged = Math.max(this.firstPosition, this.finalisedUntil);
    if (openTurn && !span) return acknowledged;
    const from = span ? this.positionOf(span.startMs - LEAD_IN_MS) : this.processedUntil;
    return Math.min(this.cursor, Math.max(acknowledged, Math.floor(from)));
  }

  /** Where the audio of a backlog begins whose texts may still arrive; Infinity where there is no backlog. */
  owesTextFrom(): number {
    // An answer to a ping may have shown one.
    this.noteBacklog(this.firstPosition);
    return this.backlog ? Math.max(this.backlog.from, this.textsArrivedUntil) : Infinity;
  }

  /** Stops sending. */
  close(): void {
    this.frameTimer?.cancel();
    this.dryTimer.stop();
    this.keepAliveTimer?.cancel();
  }

  private on(event: SessionEvent): void {
    switch (event.type) {
      case "text":
        this.textUntil = Math.max(this.textUntil, event.endMs === undefined ? this.cursor : this.positionOf(event.endMs));
        this.noteBacklog(this.textUntil);
        break;
      case "turn":
        if (event.turn.final) this.turnEnded(event.turn.turn);
        else if (this.dry) this.forceOnce();
        break;
      case "ended":
        this.close();
        break;
      case "begun":
        if (this.session.isBegun) this.keepAlive();
        break;
      case "message":
      case "warning":
    }
    this.emit(event);
  }

  /** Keeps a session alive that waits to take over, or still has audio to process after the last of it was sent. */
  private keepAlive(): void {
    this.keepAliveTimer = this.clock.setTimeout(() => {
      if (!this.isStarted || (this.dry && this.session.record.lagMs > 0)) this.session.keepAlive();
      this.keepAlive();
    }, KEEP_ALIVE_MS);
  }

  private turnEnded(turn: TurnMessage): void {
    this.forced = false;
    const span = turnSpan(turn);
    // Without times, everything that was sent before the turn's end counts as processed, so that no turn is emitted twice.
    const end = span ? this.positionOf(span.endMs) : this.cursor;
    this.finalisedUntil = Math.min(this.cursor, Math.max(this.finalisedUntil, end));
  }

  /** Where on the timeline a time of the session lies. */
  private positionOf(ms: number): number {
    let samples = this.timeline.samples(ms);
    for (const { after, length } of this.silences.toReversed()) samples -= Math.min(length, Math.max(0, samples - after));
    return this.firstPosition + samples;
  }

  private get firstPosition(): number {
    return this.origin ?? 0;
  }

  private get released(): number {
    return Math.min(this.timeline.released(), this.limit);
  }

  /** Up to here the session had processed the audio and had the time to send a text, at its last sign of life. */
  private get processedUntil(): number {
    const textWithinMs = this.options.hasPartials ? TEXT_WITHIN_MS : TEXT_WITHIN_WITHOUT_PARTIALS_MS;
    return this.positionProcessedBy(this.session.record.answeredAt - textWithinMs);
  }

  /** The position up to which the session, if it works, had processed the audio at a time of the clock. */
  private positionProcessedBy(at: number): number {
    return this.positionOf(this.session.record.processedMs(at));
  }

  private get hasLongBacklog(): boolean {
    return this.cursor - this.positionProcessedBy(this.clock.now()) >= this.timeline.samples(LONG_BACKLOG_MS);
  }

  /** Up to here the texts have had the time to arrive. */
  private get textsArrivedUntil(): number {
    return this.positionProcessedBy(this.clock.now() - TEXT_WITHIN_MS);
  }

  /** Keeps account of the backlog. @param from where it begins, if there was none before */
  private noteBacklog(from: number): void {
    if (this.hasLongBacklog) this.backlog = { from: this.backlog?.from ?? from, until: this.cursor };
    else if (this.backlog && this.textsArrivedUntil >= this.backlog.until) this.backlog = undefined;
  }

  private ranDry(): void {
    this.pumpAll();
    this.dry = true;
    // A partial that arrives later, when there is no audio, is ended by ForceEndpoint as well.
    if (this.turnIsOpen || !this.session.isBegun) return this.forceOnce();
    for (let ms = 0; ms < TRAILING_SILENCE_MS; ms += LONGEST_FRAME_MS) this.sendWithSilence(Buffer.alloc(0), this.longestFrame);
  }

  /** @param silence samples that are not on the timeline; `samples` up to the cursor are */
  private sendWithSilence(samples: Buffer, silence: number): void {
    this.session.send(Buffer.concat([samples, Buffer.alloc(silence * SAMPLE_BYTES)]));
    const before = this.silences.reduce((sum, { length }) => sum + length, 0);
    const after = this.cursor - this.firstPosition + before;
    const last = this.silences.at(-1);
    if (last && last.after + last.length === after) last.length += silence;
    else this.silences.push({ after, length: silence });
  }

  private forceOnce(): void {
    if (this.forced) return;
    this.forced = true;
    this.session.forceEndpoint();
  }
}
