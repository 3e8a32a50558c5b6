import { setTimeout as pause } from "node:timers/promises";

/** Waits for a condition that depends on another process or on Node-RED. @throws Error with `what` after `ms` milliseconds */
export async function until<Value>(what: string, read: () => Value | undefined | false, ms = 5000): Promise<Value> {
  const end = performance.now() + ms;
  for (;;) {
    const value = read();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(5);
  }
}
