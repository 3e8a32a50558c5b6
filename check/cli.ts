#!/usr/bin/env node
/**
 * `assemblyai-check`: compares what this package assumes about AssemblyAI's streaming service with what the service does. `--help` prints
 * all options.
 */
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { resolveAccount, type Account } from "../nodes/lib/assemblyai/account";
import { isLoopback } from "../nodes/lib/assemblyai/addressee";
import { webSocketConnect } from "../nodes/lib/assemblyai/connection";
import { systemClock } from "../nodes/lib/common/clock";
import { agreed } from "./ask";
import { EXPERIMENTS } from "./experiments";
import { plain, reportOf, tableOf } from "./report";
import { runExperiments } from "./run";

const HELP = `assemblyai-check: does AssemblyAI's streaming service behave as this package assumes?

Usage: assemblyai-check [options]

Opens ${EXPERIMENTS.length} connections with the key in ASSEMBLYAI_API_KEY, sends silence and recordings that come with the package, and
compares what it sees with what is assumed. It takes about a minute, and costs about one cent, at most three.

  --region us|eu       the data zone (without: the nearest region)
  --url URL            another address, up to and including /v3/ws; not beside --region. One on this machine is taken for the simulator, and gets no key;
                       for any other, ASSEMBLYAI_API_KEY must be "HOST KEY": a key goes only to the address that it is meant for
  --yes                does not ask before it spends money
  --json FILE          writes the result to a file as well, to attach it to a report: without the key, and without any words
  --per-minute N       new sessions in a minute (5, as the free plan allows; on this machine all at once)
  --help

Exit code: 0 all assumptions hold, 1 some do not or could not be measured, 2 nothing could be measured, 130 interrupted.
`;

const [FAILED, INTERRUPTED] = [2, 130];

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      region: { type: "string" },
      url: { type: "string" },
      yes: { type: "boolean", default: false },
      json: { type: "string" },
      "per-minute": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values.url !== undefined && values.region !== undefined) throw new Error("--region and --url exclude each other");
  const account = accountFor(values.url, values.region);
  const { host } = new URL(account.url);
  const isLocal = isLoopback(account.url);
  const perMinute = perMinuteOf(values["per-minute"]) ?? (isLocal ? Infinity : 5);
  // Not after the money is spent.
  if (values.json !== undefined) assertWritable(values.json);

  const stop = new AbortController();
  const interrupt = (): void => {
    process.removeAllListeners("SIGINT").removeAllListeners("SIGTERM"); // a second signal ends it at once
    stop.abort(new Interrupted());
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  if (!isLocal && !values.yes) {
    if (!process.stdin.isTTY) throw new Error("nobody can be asked here whether it may spend money: add --yes");
    const question = `This costs about $0.01, at most $0.03, at ${host}. Go on? [y/N] `;
    if (!(await agreed(question, process.stdin, process.stdout, interrupt)))
      stop.abort(new Error("nothing was measured, and nothing spent"));
  }
  stop.signal.throwIfAborted();

  console.log(`Measuring ${host} …`);
  const connect = webSocketConnect(systemClock, "node-red-contrib-assemblyai check");
  const outcome = await runExperiments({ clock: systemClock, connect, ...account }, perMinute, stop);
  const { version } = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")) as { version: string };
  const report = reportOf(outcome, { version, date: new Date().toISOString(), host });
  process.stdout.write(tableOf(report));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  return report.findings.every(({ result }) => result === "equal") ? 0 : 1;
}

class Interrupted extends Error {}

/** @throws AaiError, as in the config node: the key in the environment goes to the service's own addresses only */
function accountFor(url: string | undefined, region: string | undefined): Account {
  const environmentKey = process.env["ASSEMBLYAI_API_KEY"];
  if (url === undefined) return resolveAccount({ endpoint: region ?? "default", url, apiKey: "", environmentKey });
  const local = URL.canParse(url) && isLoopback(url) ? `${new URL(url).host} simulator` : undefined;
  return resolveAccount({ endpoint: "custom", url, apiKey: local ?? environmentKey, environmentKey });
}

/** @throws where the file cannot be written. Leaves none behind: what is not measured has no report */
function assertWritable(file: string): void {
  const isNew = !existsSync(file);
  closeSync(openSync(file, "a"));
  if (isNew) rmSync(file);
}

function perMinuteOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new Error(`--per-minute needs a whole number from 1, not "${text}"`);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const isInterrupted = error instanceof Interrupted;
    const text = error instanceof Error ? error.message : String(error);
    console.error(`assemblyai-check: ${isInterrupted ? "interrupted; its sessions are terminated" : plain(text)}`);
    process.exitCode = isInterrupted ? INTERRUPTED : FAILED;
  },
);
