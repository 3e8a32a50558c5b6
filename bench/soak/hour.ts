/**
 * An hour of live streams in a real Node-RED, against the simulator in another process. Every stream changes to a new session now and
 * then, as `maxSession` asks. Memory is sampled each minute; timers and listeners are counted at the start, in the middle and at the end.
 */
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClientFigures } from "../streams/load";
import { ask, end, startClient, WARM_UP_MS, withRig } from "../streams/rig";
import { delays } from "../streams/statistics";
import type { Census } from "./census";
import { expect } from "./expect";

/** In the last half hour, memory stays this close to what it was at its beginning. */
const STEADY_SHARE = 0.05;
const LAST_MINUTES = 30;
/** A whole number of these minutes is not half an hour or an hour: no session is changed while something is counted. */
const MAX_SESSION_MINUTES = 13;
const MOMENTS = 5;

export async function soakHour(streams: number, minutes: number): Promise<void> {
  await withRig(async (rig) => {
    const client = await startClient(rig, {
      client: "this package in Node-RED",
      streams,
      preload: require.resolve("./census"),
      properties: { silenceTimeout: 5, maxSession: MAX_SESSION_MINUTES },
    });
    try {
      await sleep(WARM_UP_MS);
      const atStart = await takeCensus(client);
      const samples: number[] = [];
      console.log("| minute | RSS MB | CPU s | turn p50 / p99 ms |\n| --: | --: | --: | --- |");
      for (let minute = 1; minute <= minutes; minute++) {
        client.send("begin");
        await sleep(60_000);
        const { rssMB, cpuSeconds, turnDelays } = (await ask(client, "end")) as ClientFigures;
        samples.push(rssMB);
        console.log(`| ${minute} | ${rssMB.toFixed(0)} | ${cpuSeconds.toFixed(1)} | ${delays([turnDelays])} |`);
      }
      const atEnd = await takeCensus(client);
      const { open, sessions } = (await ask(rig.service, "end")) as { open: number; sessions: number };
      console.log(`\nat the start: ${describe(atStart)}\nat the end: ${describe(atEnd)}; ${sessions} sessions, ${open} open`);
      const last = samples.slice(-LAST_MINUTES);
      const first = last[0] ?? NaN;
      const change = Math.max(...last.map((rss) => Math.abs(rss - first) / first));
      console.log(`RSS in the last ${last.length} minutes: within ${(100 * change).toFixed(1)} % of its beginning`);
      expect(change <= STEADY_SHARE, "memory is flat");
      expect(atEnd.timers <= atStart.timers, "no timer more than at the start");
      expect(atEnd.listeners <= atStart.listeners, "no listener more than at the start");
      expect(open === streams, "one open session for each stream");
    } finally {
      await end(client);
    }
  });
}

/** The least of some moments: at any one, pings may be waiting for their answers. */
async function takeCensus(client: ChildProcess): Promise<Census> {
  const least = (await ask(client, "census")) as Census;
  for (let moment = 1; moment < MOMENTS; moment++) {
    await sleep(700);
    const { timers, listeners } = (await ask(client, "census")) as Census;
    least.timers = Math.min(least.timers, timers);
    least.listeners = Math.min(least.listeners, listeners);
  }
  return least;
}

function describe({ timers, listeners, heapMB, buffersMB }: Census): string {
  return `${timers} timers, ${listeners} listeners, ${heapMB.toFixed(1)} MB of heap, ${buffersMB.toFixed(1)} MB of Buffers`;
}
