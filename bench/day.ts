/**
 * The cost of a day: 24 hours of a room in which people speak for three minutes, transcribed by this package, by the official SDK and by
 * the program of the vendor's guide, on the simulator, over real sockets. Prints a table in Markdown for each day, and puts the figures of
 * whole days into docs/day.json, from which scripts/cost-bar.mjs draws a picture.
 *
 *   npm run bench:day [-- --hours 1]    three days: people pause for up to 4 s between their sentences, and for up to 8 s
 *                                       and the second with a television that talks for 5 hours, and commands after a wake word
 *   npm run bench:day -- --pause 8      one of the two only, or any other
 *   npm run bench:day -- --television   the third one only
 *   npm run bench:day -- --client speech --client command    these clients only: the official SDK, whose audio goes to the service all day, takes longest
 *
 * Client and simulator share a clock that the bench advances: it sends 100 ms of audio, waits until every message has arrived, then sends
 * the next. So the day takes as long as the machine needs to process it, and no message is left out. The simulator has the real service's latencies and
 * processes audio in real time, by the same clock.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hourlyRate, sessionCost } from "../nodes/lib/billing/pricing";
import { makeCertificate } from "../test/support/certificate";
import { MODEL, SILENCE_TIMEOUT_S } from "./day/clients";
import type { ClientName, Job, Result } from "./day/run";
import { readRecords, updateRecords, writeRecords } from "./day/record";
import { makeDay, SHORTEST_PAUSE_MS, type DayPlan } from "./day/schedule";

/** Shorter and longer than the silence timeout of 5 s: only a longer pause ends a session within a conversation. */
const LONGEST_PAUSES_S = ["4", "8"];
/** The slowest clients first: they decide how long the bench takes. */
const ORDER: readonly ClientName[] = ["sdk", "guide", "speech", "wake-word", "guide, once", "command", "audio, started", "audio"];
/** With a television. */
const BESIDE_TELEVISION: readonly ClientName[] = ["sdk", "speech", "wake-word"];
const LABELS: Record<ClientName, string> = {
  speech: "this package, `open: speech`, microphone on all day",
  "wake-word": "this package, `open: wake-word`, microphone on all day, stopped after each command as in example 15",
  command: "this package, `open: command`, a `start` at the beginning of each conversation",
  "audio, started": "this package, `open: audio`, microphone started for each conversation, stopped by output 3",
  audio: "this package, `open: audio`, microphone on all day: listens until the first silence, then waits",
  sdk: "official SDK, left open, reopened when the server ends it",
  guide: "the vendor's guide (inactivity checked in the Turn handler), reopened when it ends",
  "guide, once": "the vendor's guide, not reopened",
};
const DISCLOSURE =
  "The simulated service finds speech with the neural network that this package's voice gate uses too (Silero VAD v6; each has thresholds " +
  "of its own, and spares the network in a quiet room by the same rule). So both tend to make the same mistakes. The words are " +
  "known from the recordings: a word whose audio arrives in a turn is recognised without error.";

type Results = Map<ClientName, Result>;

const { values } = parseArgs({
  options: {
    hours: { type: "string", default: "24" },
    pause: { type: "string", multiple: true },
    television: { type: "boolean" },
    client: { type: "string", multiple: true },
  },
});

void main(readPlans());

function readPlans(): DayPlan[] {
  const unknown = values.client?.find((name) => !ORDER.some((client) => client === name));
  if (unknown !== undefined) throw new Error(`--client must be one of: ${ORDER.join("; ")}`);
  const hours = Number(values.hours);
  if (!(hours >= 0.1 && hours <= 24)) throw new Error("--hours must be a number from 0.1 to 24");
  const longest = values.pause ?? (values.television ? [] : LONGEST_PAUSES_S);
  const quiet = longest.map((seconds) => {
    const longestPauseMs = Number(seconds) * 1000;
    if (!(longestPauseMs >= SHORTEST_PAUSE_MS && longestPauseMs <= 60_000)) throw new Error("--pause must be from 1 to 60 (s)");
    return { hours, longestPauseMs, television: false };
  });
  const withTelevision = values.television === true || values.pause === undefined;
  return withTelevision ? [...quiet, { hours, longestPauseMs: 8000, television: true }] : quiet;
}

async function main(plans: readonly DayPlan[]): Promise<void> {
  const began = performance.now();
  const days = plans.map((plan) => ({ plan, results: new Map() as Results }));
  const folder = mkdtempSync(join(tmpdir(), "bench-day-"));
  try {
    await runAll(days, makeCertificate(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const { plan, results } of days) if (results.size > 0) print(plan, results);
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node.js ${process.version}`;
  console.log(`${machine}, ${date}; ${minutes} min`);
  const usd = (billedSeconds: number) => sessionCost(billedSeconds, hourlyRate(MODEL));
  writeRecords(days.reduce((records, { plan, results }) => updateRecords(records, plan, results, { usd, machine, date }), readRecords()));
}

/** Each client on each day, as many at a time as there are cores. */
async function runAll(days: readonly { plan: DayPlan; results: Results }[], tls: { key: string; cert: string }): Promise<void> {
  const left = ORDER.filter((client) => values.client?.includes(client) ?? true).flatMap((client) =>
    days
      .filter(({ plan }) => (plan.television ? BESIDE_TELEVISION.includes(client) : client !== "wake-word"))
      .map(({ plan, results }) => ({ client, plan, results })),
  );
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const { client, plan, results } = next;
      const usesTls = client === "sdk" || client.startsWith("guide");
      const result = await runChild({ client, plan, ...(usesTls ? { tls } : {}) });
      results.set(client, result);
      console.error(`${client}, ${pauses(plan)}${plan.television ? ", television" : ""}: done, at ${result.speed.toFixed(0)}x real time`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

async function runChild(job: Job): Promise<Result> {
  const env = { ...process.env, ...(job.tls ? { NODE_EXTRA_CA_CERTS: job.tls.cert } : {}) };
  const child = fork(join(__dirname, "day/child.js"), [JSON.stringify(job)], { env });
  let result: Result | undefined;
  child.once("message", (message) => (result = message as Result));
  await once(child, "close"); // not "exit", which may come before the message
  if (!result) throw new Error(`${job.client}, ${pauses(job.plan)}: no result`);
  return result;
}

function print(plan: DayPlan, results: Results): void {
  const rate = hourlyRate(MODEL);
  const { conversations, speechMs, pausesMs, music, television } = makeDay(plan);
  const { words, sentences } = [...results.values()][0] as Result;
  const long = pausesMs.filter((ms) => ms > SILENCE_TIMEOUT_S * 1000).length;
  console.log(
    `${plan.hours} h of a quiet room; ${sentences} sentences (${words} words, ${(speechMs / 1000).toFixed(0)} s) in ` +
      `${conversations.length} conversations, with ${pauses(plan)} between the sentences (${long} of ${pausesMs.length} over ` +
      `${SILENCE_TIMEOUT_S} s); ${plan.television ? `${hoursOf(television)} of television, 20 dB below them, each sentence after "Okay Nabu"` : `${hoursOf(music)} of music`}. Silence timeout ${SILENCE_TIMEOUT_S} s; ` +
      `USD at ${rate.toFixed(2)} per hour (${MODEL}). ${DISCLOSURE}\n`,
  );
  console.log("| | billed | USD | words recognised | first words lost | sessions |\n| --- | --: | --: | --: | --: | --: |");
  for (const name of Object.keys(LABELS) as ClientName[]) {
    const result = results.get(name);
    if (!result) continue;
    const { billedSeconds, recognised, firstWordsLost, sessions } = result;
    const cost = sessionCost(billedSeconds, rate).toFixed(4);
    const share = `${((100 * recognised) / words).toFixed(1)} %`;
    console.log(`| ${LABELS[name]} | ${billedSeconds} s | ${cost} | ${share} | ${firstWordsLost} of ${sentences} | ${sessions} |`);
  }
  console.log();
}

function hoursOf({ begin, end }: { begin: number; end: number }): string {
  return `${((end - begin) / 3_600_000).toFixed(1)} h`;
}

function pauses({ longestPauseMs }: DayPlan): string {
  return `pauses of ${SHORTEST_PAUSE_MS / 1000} to ${longestPauseMs / 1000} s`;
}
