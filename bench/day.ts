/**
 * What a day costs: `npm run bench:day [-- --hours N]`. 24 hours of a room in which people speak for three minutes, heard by this
 * package, by the official SDK and by the program of the vendor's guide, on the simulator, over real sockets.
 *
 * Both sides live by a clock that is turned: 100 ms of audio, then everything that was sent is let arrive, then the next. So the day is
 * over as soon as the machine has worked through it, and not a message of it is left out. The simulator answers as late as the real
 * service does and works off audio in real time, by the same clock.
 */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hourlyRate, sessionCost } from "../nodes/lib/pricing";
import { makeDay } from "./day/audio";
import { MODEL } from "./day/clients";
import { CLIENTS, runDay, type ClientName, type Result } from "./day/run";

/** The longest first: they decide when the table is complete. */
const ORDER: readonly ClientName[] = ["sdk", "guide", "guide, once", "speech", "command", "audio, started", "audio"];
const LABELS: Record<ClientName, string> = {
  speech: "this package, `open: speech`, microphone on all day",
  command: "this package, `open: command`, a `start` at the beginning of each conversation",
  "audio, started": "this package, `open: audio`, microphone started for each conversation, stopped by output 3",
  audio: "this package, `open: audio`, microphone on all day (hears until the first silence, then waits)",
  sdk: "official SDK, left open, reopened when the server ends it",
  guide: "vendor's guide (inactivity checked in the Turn handler), reopened when it ends",
  "guide, once": "vendor's guide, not reopened",
};

/** In a child process: one client, for its parent. */
async function child(name: ClientName, hours: number, files: readonly string[]): Promise<void> {
  const [key, cert] = files;
  process.send?.(await runDay(name, hours, key !== undefined && cert !== undefined ? { key, cert } : undefined));
}

async function main(hours: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-day-"));
  try {
    const results = await runAll(hours, folder);
    print(hours, results);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runAll(hours: number, folder: string): Promise<Map<ClientName, Result>> {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", key, "-out", cert, "-days", "1", ...names], { stdio: "ignore" });
  const results = new Map<ClientName, Result>();
  const left = [...ORDER];
  const worker = async () => {
    for (let name = left.shift(); name; name = left.shift()) {
      const usesTls = name === "sdk" || name.startsWith("guide");
      const env = { ...process.env, ...(usesTls ? { NODE_EXTRA_CA_CERTS: cert } : {}) };
      const running = fork(__filename, ["--child", name, "--hours", String(hours), ...(usesTls ? [key, cert] : [])], { env });
      const ended = once(running, "exit");
      running.once("message", (result: Result) => results.set(name, result));
      await ended;
      if (!results.has(name)) throw new Error(`${name}: no result`);
      console.error(`${name}: done, at ${results.get(name)?.speed.toFixed(0)}x real time`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), ORDER.length) }, worker));
  return results;
}

function print(hours: number, results: Map<ClientName, Result>): void {
  const rate = hourlyRate(MODEL);
  const day = makeDay(hours);
  const { words, sentences } = [...results.values()][0] as Result;
  const slowest = Math.min(...[...results.values()].map(({ speed }) => speed));
  console.log(
    `${hours} h of a quiet room; ${sentences} sentences (${words} words, ${(day.speechMs / 1000).toFixed(0)} s) in ` +
      `${day.conversations.length} conversations; ${(day.musicMs / 3_600_000).toFixed(1)} h of music. ` +
      `USD at ${rate.toFixed(2)} per hour (${MODEL}). Silence timeout 5 s.\n`,
  );
  console.log("| | billed | USD | speech heard | first words lost | sessions |\n| --- | --: | --: | --: | --: | --: |");
  for (const name of Object.keys(LABELS) as ClientName[]) {
    const { billedSeconds, heard, firstWordsLost, sessions } = results.get(name) as Result;
    const cost = sessionCost(billedSeconds, rate).toFixed(4);
    const share = `${((100 * heard) / words).toFixed(1)} %`;
    console.log(`| ${LABELS[name]} | ${billedSeconds} s | ${cost} | ${share} | ${firstWordsLost} of ${sentences} | ${sessions} |`);
  }
  const date = new Date().toISOString().slice(0, 10);
  console.log(
    `\n${cpus()[0]?.model.trim()}, Node.js ${process.version}, ${date}; the day at ${slowest.toFixed(0)} times real time or faster`,
  );
}

const { values, positionals } = parseArgs({
  options: { hours: { type: "string", default: "24" }, child: { type: "string" } },
  allowPositionals: true,
});
const hours = Number(values.hours);
if (!(hours > 0 && hours <= 24)) throw new Error("--hours must be a number up to 24");
if (values.child !== undefined) {
  if (!(values.child in CLIENTS)) throw new Error(`no client ${values.child}`);
  void child(values.child as ClientName, hours, positionals);
} else void main(hours);
