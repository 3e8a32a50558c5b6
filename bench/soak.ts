/**
 * Lets the engine run for long, and looks for what it loses or gathers. Exits with 1 where something does not hold.
 *
 *   npm run bench:soak -- --minutes 60 [--streams 100]      a real hour of live streams in a real Node-RED
 */
import { parseArgs } from "node:util";
import { soakHour } from "./soak/hour";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    streams: { type: "string", default: "100" },
  },
});

void soakHour(Number(values.streams), Number(values.minutes));
