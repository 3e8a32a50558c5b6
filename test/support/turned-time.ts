import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { systemClock } from "../../nodes/lib/common/clock";
import { FakeClock } from "./fake-clock";

/** After so many turns of the event loop without data in transit, arrived data has been processed and passed on from node to node. */
const QUIET_TURNS = 4;
/** ms of real time after which data in transit counts as stuck: the peer has stopped reading. */
const STUCK_MS = 2_000;

/**
 * Time for tests with real sockets: a clock that the test advances in small steps. After each step, it waits until everything that was sent
 * over loopback has arrived. So minutes pass in a second, and events keep their order on a slow machine.
 *
 * It replaces the system's clock too, for nodes in a real runtime. Both ends of each connection must be in this process.
 */
export class TurnedTime {
  readonly clock: FakeClock;
  private readonly sockets = new Set<Socket>();
  private readonly original = { ...systemClock };

  /** @param epoch ms since the Unix epoch: the clock's first date */
  constructor(epoch?: number) {
    this.clock = new FakeClock(epoch);
    const { clock } = this;
    Object.assign(systemClock, {
      now: () => clock.now(),
      date: () => clock.date(),
      setTimeout: (callback: () => void, ms: number) => clock.setTimeout(callback, ms),
    });
    subscribe("net.client.socket", this.opened);
    subscribe("net.server.socket", this.opened);
  }

  /** Restores the system's clock. */
  restore(): void {
    unsubscribe("net.client.socket", this.opened);
    unsubscribe("net.server.socket", this.opened);
    Object.assign(systemClock, this.original);
  }

  async advance(ms: number, stepMs = 50): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left));
      await this.settle();
    }
  }

  /** Advances the clock until the promise is settled. @throws Error after `limitMs` */
  async until<Value>(promise: Promise<Value>, limitMs = 60_000): Promise<Value> {
    const state = { done: false };
    const settled = () => (state.done = true);
    promise.then(settled, settled);
    await this.settle();
    for (let passed = 0; !state.done; passed += 50) {
      if (passed >= limitMs) throw new Error(`not within ${limitMs} ms`);
      await this.advance(50);
    }
    return promise;
  }

  /** Waits until all data in transit has arrived. */
  async settle(): Promise<void> {
    const patience = performance.now() + STUCK_MS;
    for (let quiet = 0; quiet < QUIET_TURNS;) {
      await turn();
      quiet = this.isQuiet() || performance.now() > patience ? quiet + 1 : 0;
    }
  }

  private readonly opened = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
  };

  private isQuiet(): boolean {
    // An account book on its way to the disk.
    if (process.getActiveResourcesInfo().some((type) => /^FSReq|^CloseReq/.test(type))) return false;
    for (const socket of this.sockets) {
      if (socket.connecting) return false;
      const peer = this.peerOf(socket);
      // The other end does not exist yet, or is gone, and this end will get an event about it.
      if (!peer || peer.bytesRead < socket.bytesWritten) return false;
    }
    return true;
  }

  private peerOf({ localPort, remotePort }: Socket): Socket | undefined {
    for (const peer of this.sockets) if (peer.localPort === remotePort && peer.remotePort === localPort) return peer;
    return undefined;
  }
}
