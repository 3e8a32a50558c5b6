/**
 * Many live streams at once, on the same audio, against the simulator in another process, over TLS: this package in a real Node-RED;
 * a bare node with `ws` in a Node-RED of its own, which shows Node-RED's own share; the official SDK; and a bare
 * `ws` loop. Prints a table in Markdown, of the medians of several rounds, because a machine's speed varies from minute to minute.
 *
 *   npm run bench:streams [-- --streams 1,10,50,100,200] [--seconds 10] [--rounds 3]
 */
import { availableParallelism, cpus, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { ClientFigures } from "./streams/load";
import { ask, CLIENTS, end, startClient, WARM_UP_MS, withRig, type ClientName, type Rig } from "./streams/rig";
import { delays, median } from "./streams/statistics";

interface Row extends ClientFigures {
  client: ClientName;
  frameDelays: number[];
}

const { values: settings } = parseArgs({
  options: {
    streams: { type: "string", default: "1,10,50,100,200" },
    seconds: { type: "string", default: "10" },
    rounds: { type: "string", default: "3" },
  },
});

void withRig(async (rig) => {
  const date = new Date().toISOString().slice(0, 10);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  console.log(`${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores (load ${load}), Node.js ${process.version}, ${date}\n`);
  console.log(
    "| streams | client | CPU s per stream-hour | to bare node | to bare loop | RSS MB | in use MB | a stream beyond bare node, MB | frame p50 / p99 ms | turn p50 / p99 ms |",
  );
  console.log("| --: | --- | --: | --: | --: | --: | --: | --: | --- | --- |");
  for (const streams of settings.streams.split(",").map(Number)) {
    await compare(rig, streams, Number(settings.seconds) * 1000, Number(settings.rounds));
  }
});

async function compare(rig: Rig, streams: number, measuredMs: number, rounds: number): Promise<void> {
  const measured: Record<ClientName, Row>[] = [];
  for (let round = 0; round < rounds; round++) {
    const rows: [ClientName, Row][] = [];
    for (const client of CLIENTS) rows.push([client, await measure(rig, client, streams, measuredMs)]);
    measured.push(Object.fromEntries(rows) as Record<ClientName, Row>);
  }
  for (const client of CLIENTS) {
    const rows = measured.map((round) => round[client]);
    // Compared with another client of the same round, some minutes apart at most.
    const ratioTo = (other: ClientName) => median(measured.map((round) => round[client].cpuSeconds / round[other].cpuSeconds)).toFixed(2);
    const beyond = median(measured.map((round) => (round[client].inUseMB - round["bare ws node in Node-RED"].inUseMB) / streams));
    const cells = [
      streams,
      client,
      median(rows.map(({ cpuSeconds }) => (cpuSeconds / streams) * (3_600_000 / measuredMs))).toFixed(1),
      ratioTo("bare ws node in Node-RED"),
      ratioTo("bare ws loop"),
      median(rows.map(({ rssMB }) => rssMB)).toFixed(0),
      median(rows.map(({ inUseMB }) => inUseMB)).toFixed(0),
      client === "this package in Node-RED" ? beyond.toFixed(2) : "",
      delays(rows.map(({ frameDelays }) => frameDelays)),
      delays(rows.map(({ turnDelays }) => turnDelays)),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

async function measure(rig: Rig, client: ClientName, streams: number, measuredMs: number): Promise<Row> {
  const child = await startClient(rig, { client, streams });
  try {
    await sleep(WARM_UP_MS);
    for (const process of [rig.service, child]) process.send("begin");
    await sleep(measuredMs);
    const figures = (await ask(child, "end")) as ClientFigures;
    const { frameDelays, open } = (await ask(rig.service, "end")) as { frameDelays: number[]; open: number };
    if (open !== streams) throw new Error(`${client}: ${open} of ${streams} sessions are open`);
    return { client, ...figures, frameDelays };
  } finally {
    await end(child);
  }
}
