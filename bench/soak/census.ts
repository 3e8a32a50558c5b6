/**
 * Counts what must not leak in a process: running timers of the engine (of more than a tenth of a second), listeners of all emitters,
 * memory. Loaded before anything else, with `--require` in a process of its own; answers the message "census".
 */
import { EventEmitter } from "node:events";
import { systemClock } from "../../nodes/lib/common/clock";
import { memoryInUse } from "../../test/support/memory";

export interface Census {
  timers: number;
  listeners: number;
  /** after a collection of garbage */
  heapMB: number;
  buffersMB: number;
}

/** A frame that waits for its time does so for less, and for all streams at one moment or for none: such a timer cannot be left over. */
const SHORT_MS = 100;

const emitters = new Set<WeakRef<EventEmitter>>();
const seen = new WeakSet<EventEmitter>();
const timers = new Set<object>();

watchEmitters();
watchTimers();
process.on("message", (order) => {
  if (order === "census") process.send?.(census());
});

export function census(): Census {
  const { heap, buffers } = memoryInUse(); // before emitters are counted: those that are garbage have no listeners
  return { timers: timers.size, listeners: countListeners(), heapMB: heap / 1e6, buffersMB: buffers / 1e6 };
}

function countListeners(): number {
  let listeners = 0;
  for (const reference of emitters) {
    const emitter = reference.deref();
    if (!emitter) emitters.delete(reference);
    else for (const name of emitter.eventNames()) listeners += emitter.listenerCount(name);
  }
  return listeners;
}

/** All other ways to listen end in one of these methods. */
function watchEmitters(): void {
  for (const method of ["on", "addListener", "prependListener"] as const) {
    const original = EventEmitter.prototype[method];
    EventEmitter.prototype[method] = function watched(...args) {
      if (!seen.has(this)) {
        seen.add(this);
        emitters.add(new WeakRef(this));
      }
      return original.apply(this, args);
    };
  }
}

function watchTimers(): void {
  const unwatched = { ...systemClock };
  systemClock.setTimeout = (callback, ms) => {
    const timer = unwatched.setTimeout(() => {
      timers.delete(timer);
      callback();
    }, ms);
    if (ms > SHORT_MS) timers.add(timer);
    return {
      cancel() {
        timers.delete(timer);
        timer.cancel();
      },
    };
  };
}
