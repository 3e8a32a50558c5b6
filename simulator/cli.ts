#!/usr/bin/env node
/**
 * `assemblyai-simulator`: the simulator from the command line. `--help` prints all options.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  ChangingRecogniser,
  DEVIATIONS,
  startMoonshine,
  loadRecording,
  LONGEST_TIMER_MS,
  NAMED_FAULTS,
  parseDeviation,
  parseFault,
  REALISTIC_LATENCY,
  scriptRecogniser,
  startSimulator,
  type Fault,
  type SimulatorOptions,
  type SimulatorSession,
} from "./index";

const HELP = `assemblyai-simulator: an offline AssemblyAI streaming service (v3), for flows without a key

Usage: assemblyai-simulator [options]

  --port PORT          on 127.0.0.1 (8765; 0: any free one)
  --key KEY            accept this API key only, may be given several times (without: any)
  --recogniser NAME    script (knows recordings, see --script; the default), or moonshine: recognises what is really said, in
                       English; fetched at its first use from npm's registry (56 MB) into the user's cache
  --script FILE        a recording and what is said in it, may be given several times:
                       {"audio": "door.wav", "text": "Open the door."}; the samples are always known
  --realistic          take as long as the service does for Begin, turns and errors, and process audio at 1.0x
  --begin-delay MS     connect to Begin (0, or 1200 with --realistic)
  --early-start MS     place a turn's first word so much too early after silence, as the service does, by 990 ms in the median (0)
  --max-session S      end a session with 3008 after so many seconds (10800)
  --tls CERT KEY       serve wss:// and https:// with these PEM files
  --fault FAULT        NAME[:NUMBER[:NUMBER]][@CONNECTION], may be given several times; without a
                       connection (the first is 1) it strikes every one
  --deviate NAME       behaves otherwise than the service, may be given several times
  --allow-origin URL   a web page of this origin may connect, such as http://localhost:1880, may be given several times
                       (without: programs of this machine only, no page)
  --token-fault STATUS answer every request for a token with this HTTP status, such as 429
  --ledger             print the ledger (open sessions, billed seconds) whenever it changes
  --help

Faults, their numbers and defaults:
${NAMED_FAULTS.map(({ name, numbers }) => `  ${name.padEnd(20)} ${numbers}`).join("\n")}

Deviations, by which assemblyai-check is tested:
${Object.entries(DEVIATIONS)
  .map(([name, meaning]) => `  ${name.padEnd(20)} ${meaning}`)
  .join("\n")}

Examples:
  assemblyai-simulator
      then choose the service "simulator" in the config node: it means ws://127.0.0.1:8765/v3/ws, and needs no key
  assemblyai-simulator --recogniser moonshine --realistic
      speak into the microphone of a flow, and read what was said
  assemblyai-simulator --realistic --fault drop:2000@1
      the first connection is cut after two seconds of audio
  assemblyai-simulator --script greeting.json --ledger
      recognises your own recording, and prints what each session cost
  curl http://127.0.0.1:8765/samples/
      lists the sample recordings; /samples/librivox_0880.wav is one of them
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: "string", default: "8765" },
      key: { type: "string", multiple: true },
      recogniser: { type: "string", default: "script" },
      script: { type: "string", multiple: true, default: [] },
      realistic: { type: "boolean", default: false },
      "begin-delay": { type: "string" },
      "early-start": { type: "string" },
      "max-session": { type: "string" },
      tls: { type: "string" },
      fault: { type: "string", multiple: true, default: [] },
      deviate: { type: "string", multiple: true, default: [] },
      "allow-origin": { type: "string", multiple: true, default: [] },
      "token-fault": { type: "string" },
      ledger: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  // --tls takes two values: the second one is left as a positional.
  const keyFile = values.tls === undefined ? undefined : positionals.shift();
  if (values.tls !== undefined && keyFile === undefined) throw new Error("--tls needs two files: CERT KEY");
  if (positionals.length > 0) throw new Error(`unknown argument "${positionals.join(" ")}"`);
  if (values.recogniser !== "script" && values.recogniser !== "moonshine") throw new Error(`unknown recogniser "${values.recogniser}"`);
  const port = wholeNumber("--port", values.port, 0, 65_535) ?? 8765;
  const beginDelay = wholeNumber("--begin-delay", values["begin-delay"], 0, LONGEST_TIMER_MS);
  const earlyStart = wholeNumber("--early-start", values["early-start"], 0, 60_000);
  const maxSession = wholeNumber("--max-session", values["max-session"], 1, LONGEST_TIMER_MS / 1000);
  const tokenFault = wholeNumber("--token-fault", values["token-fault"], 400, 599);
  const allowedOrigins = values["allow-origin"].map(originOf);

  const printLedger = (): void => {
    if (values.ledger) console.log(`ledger: ${simulator.ledger.state.open} open, ${simulator.ledger.state.billedSeconds} s billed`);
  };
  const script = scriptRecogniser(values.script.map(loadRecording));
  const recogniser = new ChangingRecogniser(script);
  const options: SimulatorOptions = {
    port,
    allowedOrigins,
    recogniser,
    keepMessages: false,
    processing: values.realistic ? "realtime" : "immediate",
    latency: { ...(values.realistic ? REALISTIC_LATENCY : {}), ...(beginDelay === undefined ? {} : { begin: beginDelay }) },
    faults: faultsFor(values.fault),
    deviations: values.deviate.map(parseDeviation),
    onBegin: printLedger,
    onEnd(session) {
      console.log(describe(session));
      printLedger();
    },
    ...(values.key ? { keys: values.key } : {}),
    ...(earlyStart === undefined ? {} : { earlyStartMs: earlyStart }),
    ...(maxSession === undefined ? {} : { maxSessionMs: 1000 * maxSession }),
    ...(tokenFault === undefined ? {} : { tokenFault }),
    ...(values.tls !== undefined && keyFile !== undefined ? { tls: { cert: readFileSync(values.tls), key: readFileSync(keyFile) } } : {}),
  };

  const stopping = new AbortController();
  const stop = (): void => {
    process.removeAllListeners("SIGINT").removeAllListeners("SIGTERM"); // a second signal stops it at once
    stopping.abort();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  if (values.recogniser === "moonshine") await startMoonshine(recogniser, script, console.log, stopping.signal);
  if (stopping.signal.aborted) return recogniser.close();

  const simulator = await startSimulator(options);
  stopping.signal.addEventListener("abort", () => void simulator.close());
  console.log(`listening on ${simulator.url}`);
  console.log(`samples at ${simulator.httpUrl}/samples/`);
}

function faultsFor(texts: readonly string[]): (connection: number) => Fault[] {
  const parsed = texts.map(parseFault);
  return (index) => parsed.filter(({ connection }) => connection === undefined || connection === index + 1).map(({ fault }) => fault);
}

function describe({ record, billedSeconds }: SimulatorSession): string {
  const audio = `${(record.audio.ms / 1000).toFixed(1)} s of audio`;
  return `session ${record.index + 1} ${record.id || "(no Begin)"}: billed ${billedSeconds} s, ${audio}, closed with ${record.closeCode ?? "?"}`;
}

function wholeNumber(name: string, text: string | undefined, low: number, high: number): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= low && number <= high) return number;
  throw new Error(`${name} needs a whole number from ${low} to ${Math.floor(high)}, not "${text}"`);
}

/** As a browser writes it in `Origin`: without a path, and without the port that goes without saying. */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") throw new Error(`--allow-origin needs an http(s) origin, not "${text}"`);
  return url.origin;
}

main().catch((error: unknown) => {
  console.error(`assemblyai-simulator: ${error instanceof Error ? error.message : String(error)}\nTry --help.`);
  process.exitCode = 1;
});
