import type { Clock, Timer } from "../common/clock";
import { turnText, type TurnMessage } from "./protocol";

/** A turn that the session emits: many partials, then exactly one final that is not empty. */
export interface TurnEvent {
  final: boolean;
  text: string;
  /** the server's message, as received */
  turn: TurnMessage;
}

/**
 * How long a final waits for its formatted twin. The service sends it right after the plain one; no figure is published, so this
 * is well above the 0.3 s that a forced final takes and still quick enough for a light switch.
 */
export const FORMATTED_FINAL_WAIT_MS = 1500;

/** A twin or a late partial follows its turn's final by a turn or two, so a session of hours need not keep all of its turns. */
const REMEMBERED_TURNS = 100;

/**
 * Emits exactly one final for each turn, in every shape that the service sends:
 *
 * - Pro models: cumulative partials, one final.
 * - Universal-Streaming: partials with an empty transcript, one final; with `format_turns` a plain final and then its formatted
 *   twin (same `turn_order`); after Terminate sometimes an extra, empty final.
 *
 * A turn that had partials and whose final is empty or lost ends with its newest partial. Finals are emitted in order.
 *
 *   unknown ──partial──▶ open ──end_of_turn──▶ done
 *                              └─plain, twin expected──▶ held ──twin / another turn / wait over / finish()──▶ done
 */
export class TurnAssembler {
  private readonly done = new Set<number>();
  /** the newest partial of each turn that has no final yet, the oldest turn first */
  private readonly unfinished = new Map<number, TurnMessage>();
  private held: TurnMessage | undefined;
  private heldTimer: Timer | undefined;

  /** @param awaitFormatted whether a plain final is followed by a formatted one */
  constructor(
    private readonly clock: Clock,
    private readonly emit: (event: TurnEvent) => void,
    private readonly awaitFormatted: () => boolean,
  ) {}

  /** The newest message of each turn that has partials and no final yet, the oldest turn first. */
  get open(): TurnMessage[] {
    return [...this.unfinished.values()];
  }

  /** Whether the turn has its final. */
  isDone(order: number): boolean {
    return this.done.has(order);
  }

  accept(turn: TurnMessage): void {
    const { turn_order: order } = turn;
    if (this.held && this.held.turn_order !== order && !this.done.has(order)) this.settle();
    if (this.done.has(order)) return;
    const isEmpty = turnText(turn) === "";
    if (!turn.end_of_turn) {
      if (!isEmpty && !this.held) this.partial(turn);
    } else if (isEmpty) {
      this.final(this.held ?? this.unfinished.get(order) ?? turn);
    } else if (this.awaitFormatted() && turn.turn_is_formatted !== true) {
      this.hold(turn);
    } else {
      this.final(turn);
    }
  }

  /** Emits a final that still waits for its formatted twin. */
  settle(): void {
    if (this.held) this.final(this.held);
  }

  /** The session is over: emits finals for the turns that never got their own, so that their words are not lost. */
  finish(): void {
    this.settle();
    for (const turn of this.unfinished.values()) this.end(turn);
  }

  private partial(turn: TurnMessage): void {
    this.unfinished.set(turn.turn_order, turn);
    this.emit({ final: false, text: turnText(turn), turn });
  }

  private hold(turn: TurnMessage): void {
    this.heldTimer?.cancel();
    this.held = turn;
    this.unfinished.delete(turn.turn_order);
    this.heldTimer = this.clock.setTimeout(() => this.settle(), FORMATTED_FINAL_WAIT_MS);
  }

  private final(turn: TurnMessage): void {
    this.heldTimer?.cancel();
    this.heldTimer = undefined;
    this.held = undefined;
    // The service ends turns in order: an earlier one without a final will not get one.
    for (const earlier of this.unfinished.values()) if (earlier.turn_order < turn.turn_order) this.end(earlier);
    this.end(turn);
  }

  private end(turn: TurnMessage): void {
    this.unfinished.delete(turn.turn_order);
    this.done.add(turn.turn_order);
    const [oldest] = this.done;
    if (oldest !== undefined && this.done.size > REMEMBERED_TURNS) this.done.delete(oldest);
    const text = turn.end_of_turn ? turnText(turn) : wholeText(turn);
    if (text !== "") this.emit({ final: true, text, turn });
  }
}

/** The text of a last partial: Universal-Streaming alone leaves the newest word out of a partial's transcript. */
export function wholeText(turn: TurnMessage): string {
  return turnText({ ...turn, transcript: "" }) || turnText(turn);
}
