import type { Connect } from "../assemblyai/connection";
import type { Clock } from "../common/clock";
import { toAaiError } from "../common/errors";
import type { Emit, StreamEvent } from "./stream-events";

/**
 * Runs each step of a stream (a message, a timer, a frame from the socket) to its end before what it emits is delivered. Node-RED
 * delivers messages synchronously, and a flow may stop, start or configure the stream from within any of them: whatever it does, it
 * meets a stream that is between two steps.
 *
 * It is also the last net: what is thrown in a timer or a socket is a defect of this package. It is emitted as an error, not thrown into
 * Node-RED, which would end with all its flows.
 */
export class RunToCompletion {
  /** Whose timers are steps. */
  readonly clock: Clock;
  /** Whose connections call back in steps. */
  readonly connect: Connect;
  private readonly queue: StreamEvent[] = [];
  private depth = 0;
  private delivering = false;

  constructor(
    clock: Clock,
    connect: Connect,
    private readonly deliver: Emit,
  ) {
    this.clock = {
      now: () => clock.now(),
      date: () => clock.date(),
      setTimeout: (callback, ms) => clock.setTimeout(this.step(callback), ms),
    };
    this.connect = (url, apiKey, handlers) =>
      connect(url, apiKey, {
        opened: this.step(() => handlers.opened()),
        text: this.step((text) => handlers.text(text)),
        alive: this.step((roundTripMs) => handlers.alive(roundTripMs)),
        closed: this.step((closed) => handlers.closed(closed)),
      });
  }

  /** Delivered when the step is over. */
  readonly emit: Emit = (event) => {
    this.queue.push(event);
    if (this.depth === 0) this.flush();
  };

  /** One step whose caller waits for it: what it throws, the caller gets. */
  run<Result>(step: () => Result): Result {
    this.depth++;
    try {
      return step();
    } finally {
      this.depth--;
      if (this.depth === 0) this.flush();
    }
  }

  /** A callback that is a step. */
  step<Args extends unknown[]>(callback: (...args: Args) => void): (...args: Args) => void {
    return (...args) =>
      this.run(() => {
        try {
          callback(...args);
        } catch (thrown) {
          this.emit({ type: "error", error: toAaiError(thrown) });
        }
      });
  }

  private flush(): void {
    // What a delivery leads to is emitted behind what waits already.
    if (this.delivering) return;
    this.delivering = true;
    for (let event = this.queue.shift(); event; event = this.queue.shift()) {
      try {
        this.deliver(event);
      } catch (thrown) {
        if (event.type !== "error") this.queue.unshift({ type: "error", error: toAaiError(thrown) });
      }
    }
    this.delivering = false;
  }
}
