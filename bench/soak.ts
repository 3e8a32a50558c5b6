/**
 * Runs the engine for hours, and looks for lost words and for leaks. Exits with 1 where an expectation fails.
 *
 *   npm run bench:soak [-- --hours 24] [--topics 20]        a day of simulated time with a fault every few minutes
 *   npm run bench:soak -- --minutes 60 [--streams 100]      a real hour of live streams in a real Node-RED
 */
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { soakDay } from "./soak/day";
import { soakHour } from "./soak/hour";

const { values } = parseArgs({
  options: {
    hours: { type: "string", default: "24" },
    topics: { type: "string", default: "20" },
    minutes: { type: "string" },
    streams: { type: "string", default: "100" },
  },
});

void main();

async function main(): Promise<void> {
  const { hours, topics, minutes, streams } = values;
  const began = performance.now();
  if (minutes === undefined) await soakDay(Number(topics), Number(hours));
  else await soakHour(Number(streams), Number(minutes));
  const date = new Date().toISOString().slice(0, 10);
  const lasted = ((performance.now() - began) / 60_000).toFixed(0);
  console.log(`\n${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node.js ${process.version}, ${date}; ${lasted} min`);
}
