import type { Clock } from "../common/clock";
import { toAaiError, type AaiError } from "../common/errors";

/**
 * The safety net for the node's own timers: a defect of this package is reported, not thrown into Node-RED, where it would end all flows.
 */
export function guardClock(clock: Clock, report: (error: AaiError) => void): Clock {
  return {
    now: () => clock.now(),
    date: () => clock.date(),
    setTimeout: (callback, ms) =>
      clock.setTimeout(() => {
        try {
          callback();
        } catch (thrown) {
          report(toAaiError(thrown));
        }
      }, ms),
  };
}
