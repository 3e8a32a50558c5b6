import type { Clock } from "../common/clock";
import type { Connect } from "../assemblyai/connection";
import { toAaiError, type AaiError } from "../common/errors";

/**
 * The last net: whatever is called from outside of a message (a timer, a socket) runs behind it, so that a defect of this package is
 * reported, not thrown into Node-RED, which would end with all its flows.
 */
export function guardClock(clock: Clock, report: (error: AaiError) => void): Clock {
  return {
    now: () => clock.now(),
    date: () => clock.date(),
    setTimeout: (callback, ms) => clock.setTimeout(guarded(callback, report), ms),
  };
}

export function guardConnect(connect: Connect, report: (error: AaiError) => void): Connect {
  return (url, apiKey, handlers) =>
    connect(url, apiKey, {
      opened: guarded(() => handlers.opened(), report),
      text: guarded((data) => handlers.text(data), report),
      alive: guarded(() => handlers.alive(), report),
      closed: guarded((closed) => handlers.closed(closed), report),
    });
}

function guarded<Args extends unknown[]>(callback: (...args: Args) => void, report: (error: AaiError) => void): (...args: Args) => void {
  return (...args) => {
    try {
      callback(...args);
    } catch (thrown) {
      report(toAaiError(thrown));
    }
  };
}
