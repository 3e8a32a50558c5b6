import { toAaiError, type AaiError } from "../common/errors";

interface Waiting {
  readonly send: () => void;
  isWritten: boolean;
}

/**
 * The way out for all messages of a node: each leaves once what it tells of is on disk, and none overtakes another, on whichever output.
 * Where nothing waits, a message leaves at once.
 */
export class Outbox {
  private readonly queue: Waiting[] = [];
  private emptied: (() => void) | undefined;

  /** @param failed told of what a `send` throws */
  constructor(private readonly failed: (error: AaiError) => void) {}

  /** @param written settles when the message may leave; absent: as soon as those before it have left */
  push(send: () => void, written?: Promise<void>): void {
    const waiting = { send, isWritten: written === undefined };
    this.queue.push(waiting);
    if (written === undefined) return this.drain();
    const mayLeave = () => {
      waiting.isWritten = true;
      this.drain();
    };
    written.then(mayLeave, mayLeave);
  }

  /** Resolves when everything has left. */
  empty(): Promise<void> {
    if (this.queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => (this.emptied = resolve));
  }

  private drain(): void {
    while (this.queue[0]?.isWritten) {
      const { send } = this.queue.shift() as Waiting;
      try {
        send();
      } catch (thrown) {
        this.failed(toAaiError(thrown));
      }
    }
    if (this.queue.length === 0) this.emptied?.();
  }
}
