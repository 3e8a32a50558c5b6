import type { Clock, Timer } from "./clock";
import { turnText, type TurnMessage } from "./protocol";

/** A turn as it leaves the session: many partials, then exactly one final that is not empty. */
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

/**
 * Makes exactly one final of each turn, in every shape that the service has:
 *
 * - Pro models: cumulative partials, one final.
 * - Universal-Streaming: partials with an empty transcript, one final; with `format_turns` a plain final and then its formatted
 *   twin (same `turn_order`); after Terminate sometimes an extra, empty final.
 *
 *   unknown ──partial──▶ open ──end_of_turn──▶ done
 *                              └─plain, twin expected──▶ held ──twin / another turn / wait over / finish()──▶ done
 */
export class TurnAssembler {
  private readonly done = new Set<number>();
  private last: TurnMessage | undefined;
  private held: TurnMessage | undefined;
  private heldTimer: Timer | undefined;

  /** @param awaitFormatted whether a plain final is followed by a formatted one */
  constructor(
    private readonly clock: Clock,
    private readonly emit: (event: TurnEvent) => void,
    public awaitFormatted: boolean,
  ) {}

  /** The newest message of the turn that has partials and no final yet. */
  get open(): TurnMessage | undefined {
    return this.last;
  }

  accept(turn: TurnMessage): void {
    if (this.done.has(turn.turn_order)) return;
    if (this.held && this.held.turn_order !== turn.turn_order) this.settle();
    if (!turn.end_of_turn) {
      this.partial(turn);
    } else if (this.awaitFormatted && turn.turn_is_formatted !== true && turnText(turn) !== "") {
      this.hold(turn);
    } else {
      this.final(turn);
    }
  }

  /** Gives out a final that still waits for its formatted twin. */
  settle(): void {
    const turn = this.held;
    if (turn) this.final(turn);
  }

  /** Nothing more comes: makes a final of the turn that never got its own, so that its words are not lost. */
  finish(): void {
    this.settle();
    if (this.last) this.final(this.last);
  }

  private partial(turn: TurnMessage): void {
    const text = turnText(turn);
    if (text === "" || this.held) return;
    this.last = turn;
    this.emit({ final: false, text, turn });
  }

  private hold(turn: TurnMessage): void {
    this.heldTimer?.cancel();
    this.held = turn;
    this.last = undefined;
    this.heldTimer = this.clock.setTimeout(() => this.settle(), FORMATTED_FINAL_WAIT_MS);
  }

  private final(turn: TurnMessage): void {
    this.heldTimer?.cancel();
    this.heldTimer = undefined;
    this.held = undefined;
    this.last = undefined;
    this.done.add(turn.turn_order);
    const text = turnText(turn);
    if (text !== "") this.emit({ final: true, text, turn });
  }
}
