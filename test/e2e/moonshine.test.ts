/**
 * The simulator with Moonshine: real recordings of people, through the real arecord and the nodes where it matters. `npm run
 * fetch:moonshine` fetches the model before; where it cannot be had, these tests are skipped and say why, but not in CI.
 */
import { equal, ok } from "node:assert/strict";
import { join } from "node:path";
import type { Node } from "node-red";
import helper from "node-red-node-test-helper";
import { WebSocket } from "ws";
import configNode from "../../nodes/assemblyai-config";
import microphoneNode from "../../nodes/assemblyai-microphone";
import streamingNode from "../../nodes/assemblyai-streaming";
import { installMoonshine, moonshineRecogniser, startSimulator, type Recording, type Simulator } from "../../simulator";
import { startFakeMicrophone } from "../support/fake-mic";
import { loadFlow, recording, type Message } from "../support/flow";
import { sampleSentences } from "../support/spoken";
import { until } from "../support/until";
import { keyFor } from "../support/flow-parts";
import { wordErrors } from "../support/word-errors";
import { connect, type Client } from "../unit/simulator/client";
import { join as joined, resample, sample, silence, text } from "../unit/simulator/sounds";

const SAMPLES = join(__dirname, "../../simulator/samples");
const CHUNK_MS = 50;
const LEAD_MS = 1000;
/** For both silences, so that it does not depend on the words when a turn ends. */
const SILENCE_MS = 400;

interface Arrived {
  at: number;
  msg: Message;
}

/** Everything that arrives at a node, with its time. */
function arrivals(node: Node): Arrived[] {
  const all: Arrived[] = [];
  node.on("input", (msg: Message) => all.push({ at: performance.now(), msg }));
  return all;
}

const payloads = (arrived: readonly Arrived[]): string => arrived.map(({ msg }) => String(msg.payload)).join(" ");
const isTermination = ({ msg }: Arrived): boolean => msg["event"] === "termination";

describe("moonshine", () => {
  let simulator: Simulator;
  let finals: Arrived[];
  let partials: Arrived[];
  let events: Arrived[];
  let audio: Arrived[];

  before(async function () {
    this.timeout(300_000); // where it is fetched
    let folder: string;
    try {
      folder = await installMoonshine({ say: console.log });
    } catch (error) {
      const why = `Moonshine cannot be had: ${error instanceof Error ? error.message : String(error)}`;
      if (process.env["CI"]) throw new Error(why, { cause: error });
      console.log(`    skipped: ${why}`);
      return this.skip();
    }
    const recogniser = moonshineRecogniser(folder);
    await recogniser.ready;
    simulator = await startSimulator({ recogniser });
    helper.init(require.resolve("node-red"));
    await new Promise<void>((resolve) => helper.startServer(resolve));
  });
  afterEach(() => helper.unload());
  after(async () => {
    if (simulator === undefined) return;
    await new Promise<void>((resolve) => helper.stopServer(resolve));
    await simulator.close();
  });

  /** microphone → speech to text, and back to stop it. */
  async function load(properties: Record<string, unknown>): Promise<void> {
    const flow = [
      { id: "tab", type: "tab", label: "test" },
      { id: "account", type: "assemblyai-config", endpoint: "custom", url: simulator.url },
      { id: "mic", z: "tab", type: "assemblyai-microphone", device: "filemic", chunkMs: CHUNK_MS, wires: [["stt", "audio"]] },
      {
        id: "stt",
        z: "tab",
        type: "assemblyai-streaming",
        config: "account",
        silenceTimeout: 3, // more than the lead and the wait for the first partial, or for a final
        ...properties,
        wires: [["finals"], ["partials"], ["mic", "events"]],
      },
      ...["finals", "partials", "events", "audio"].map((id) => ({ id, z: "tab", type: "helper" })),
    ];
    await loadFlow([configNode, microphoneNode, streamingNode], flow, { account: keyFor(simulator.url) });
    [finals, partials, events, audio] = ["finals", "partials", "events", "audio"].map((id) => arrivals(helper.getNode(id))) as [
      Arrived[],
      Arrived[],
      Arrived[],
      Arrived[],
    ];
  }

  describe("through arecord and the nodes", () => {
    /** By recording: what counts is the last try. */
    const results = new Map<string, { errors: number; words: number }>();

    for (const { name, words } of sampleSentences()) {
      it(`recognises ${name}: a partial within 1.5 s of the first word, the final within 1 s of the turn's silence`, async () => {
        const microphone = await startFakeMicrophone({ wav: join(SAMPLES, name), leadSeconds: LEAD_MS / 1000 });
        process.env["ALSA_CONFIG_PATH"] = microphone.env.ALSA_CONFIG_PATH;
        try {
          await load({ minTurnSilence: SILENCE_MS, maxTurnSilence: SILENCE_MS });
          helper.getNode("mic").receive({ payload: "start" });
          await until("the end", () => events.some(isTermination), 30_000);
        } finally {
          await helper.unload();
          delete process.env["ALSA_CONFIG_PATH"];
          await microphone.stop();
        }
        /** When the recording was at this place (ms). */
        const cameAt = (ms: number): number => audio[Math.floor((LEAD_MS + ms) / CHUNK_MS)]?.at ?? Infinity;
        const { errors, words: count } = wordErrors(text(words), payloads(finals));
        results.set(name, { errors, words: count });
        const first = (partials[0]?.at ?? Infinity) - cameAt(words[0]?.start ?? 0);
        const last = (finals.at(-1)?.at ?? Infinity) - cameAt((words.at(-1)?.end ?? 0) + SILENCE_MS);
        console.log(`      "${payloads(finals)}": ${errors} errors; ${Math.round(first)} ms, ${Math.round(last)} ms`);
        equal(finals.length, 1);
        ok(first <= 1500, `the first partial came after ${first} ms`);
        ok(Number.isFinite(last) && last <= 1000, `the final came after ${last} ms`);
      });
    }

    it("recognises all of them with at most 10 % word errors", () => {
      const all = [...results.values()];
      const words = all.reduce((sum, result) => sum + result.words, 0);
      const errors = all.reduce((sum, result) => sum + result.errors, 0);
      equal(
        words,
        sampleSentences().reduce((sum, said) => sum + said.words.length, 0),
      );
      ok(errors <= words / 10, `${errors} of ${words}`);
    });
  });

  it("does not mix two recordings in two topics at the same time", async () => {
    await load({ perTopic: true });
    const said = { kitchen: sample("librivox_0870"), hall: sample("goforward") };
    for (const [topic, { name }] of Object.entries(said)) {
      helper.getNode("stt").receive({ payload: recording(name.replace(".wav", "")), topic });
    }
    await until("both ends", () => events.filter(isTermination).length === 2, 30_000);
    for (const [topic, { words }] of Object.entries(said)) {
      const recognised = payloads(finals.filter(({ msg }) => msg.topic === topic));
      const { errors } = wordErrors(text(words), recognised);
      ok(errors <= 1, `${topic}: ${recognised}`);
    }
    equal(finals.length, finals.filter(({ msg }) => msg.topic === "kitchen" || msg.topic === "hall").length);
  });

  it("has the shape of Universal-Streaming too: lower case, then formatted", async () => {
    const client = await connect(simulator, { params: { speech_model: "universal-streaming-english", format_turns: "true" } }).opened();
    await client.pcm(joined(silence(500), sample("goforward").pcm, silence(2000))).finish();
    equal(client.finals().join(" | "), "go forward ten meters | Go forward ten meters. | ");
  });

  it("ends a turn by ForceEndpoint, and by Terminate", async () => {
    const client = await connect(simulator, { params: { min_turn_silence: 5000, max_turn_silence: 5000 } }).opened();
    const { pcm } = sample("goforward");
    client.pcm(joined(silence(500), pcm)).json({ type: "ForceEndpoint" });
    client.pcm(joined(silence(500), pcm));
    await client.finish();
    equal(client.finals().join(" | "), "Go forward ten meters. | Go forward ten meters.");
  });

  for (const rate of [8000, 11_025, 44_100, 48_000]) {
    it(`recognises audio of ${rate} Hz`, async () => {
      const client = await connect(simulator, { params: { sample_rate: rate } }).opened();
      const pcm = resample(joined(silence(1000), sample("librivox_0930").pcm, silence(2000)), rate);
      for (let at = 0; at < pcm.length; at += rate / 10) client.socket.send(Buffer.from(pcm.slice(at, at + rate / 10).buffer));
      await client.finish();
      const { errors } = wordErrors(text(sample("librivox_0930").words), client.finals().join(" "));
      ok(errors <= 1, client.finals().join(" | "));
    });
  }

  it("finds no words in noise", async () => {
    const noise = Int16Array.from({ length: 10 * 16_000 }, (_, i) => ((i * 7919 * (i % 13)) % 4001) - 2000);
    const client = await (await connect(simulator).opened()).pcm(noise).finish();
    equal(client.ofType("Turn").length, 0);
  });

  it("keeps up with four people who speak at once", async function () {
    this.timeout(120_000);
    const recordings = sampleSentences();
    const streams = await Promise.all(
      recordings.map(async (_, i) => {
        const order = recordings.map((__, j) => recordings[(i + j) % recordings.length]).filter((one) => one !== undefined);
        return speak(await connect(simulator, { params: { min_turn_silence: SILENCE_MS, max_turn_silence: SILENCE_MS } }).opened(), order);
      }),
    );
    const result = { errors: 0, words: 0 };
    for (const { said, recognised } of streams) {
      const { errors, words } = wordErrors(said, recognised);
      result.errors += errors;
      result.words += words;
    }
    const lags = streams.flatMap(({ lags: own }) => own).sort((a, b) => a - b);
    const shown = lags.map((lag) => Math.round(lag));
    console.log(`      ${result.errors} errors in ${result.words} words; finals after the silence: ${shown.join(", ")} ms`);
    ok(result.errors <= result.words / 10, `${result.errors} of ${result.words}`);
    equal(lags.length, 16);
    ok((lags.at(-1) ?? Infinity) <= 2000, `a final came ${lags.at(-1)} ms after its turn's silence`);
    for (const { toTermination } of streams) ok(toTermination <= 1000, `${toTermination} ms from Terminate to Termination`);
  });
});

/** Speaks recordings one after the other at their pace, as a microphone would, and measures how late the finals are. */
async function speak(client: Client, recordings: readonly Recording[]) {
  const pcm = joined(silence(1000), ...recordings.flatMap((one) => [one.pcm, silence(1500)]));
  const began = performance.now();
  const lags: number[] = [];
  client.socket.on("message", () => {
    const turn = client.messages.at(-1);
    const words = turn?.["words"] as { end: number }[] | undefined;
    if (turn?.["end_of_turn"] === true) lags.push(performance.now() - began - (words?.at(-1)?.end ?? 0) - SILENCE_MS);
  });
  const frame = 1600;
  for (let at = 0; at < pcm.length; at += frame) {
    const wait = began + (at + frame) / 16 - performance.now(); // a frame is sent once it was spoken
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    if (client.socket.readyState === WebSocket.OPEN) client.pcm(pcm.subarray(at, at + frame));
  }
  const terminated = performance.now();
  await client.finish();
  return {
    said: recordings.map(({ words }) => text(words)).join(" "),
    recognised: client.finals().join(" "),
    lags,
    toTermination: performance.now() - terminated,
  };
}
