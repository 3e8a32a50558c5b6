import { setTimeout as pause } from "node:timers/promises";

/** Waits for what another process or Node-RED does in its own time. @throws Error with `what` after `ms` milliseconds */
export async function until<Value>(what: string, read: () => Value | undefined | false, ms = 5000): Promise<Value> {
  const end = performance.now() + ms;
  for (;;) {
    const value = read();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(5);
  }
}
