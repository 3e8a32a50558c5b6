/**
 * The simulator with a client as the vendor's guides show it ("Transcribe streaming audio", the variant without an SDK): a raw
 * WebSocket, the key in the Authorization header, audio as soon as the socket is open, a switch over three messages, Terminate at the end.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import querystring from "node:querystring";
import { WebSocket } from "ws";
import { startSimulator, type Simulator } from "../../../simulator";
import { join, sample, silence, text } from "./sounds";

const CHUNK = 1600; // 50 ms at 16 kHz, as the guide's microphone gives them

interface Said {
  type: string;
  id?: string;
  expires_at?: number;
  transcript?: string;
  turn_is_formatted?: boolean;
  end_of_turn?: boolean;
  audio_duration_seconds?: number;
  session_duration_seconds?: number;
}

async function runGuide(
  url: string,
  parameters: querystring.ParsedUrlQueryInput,
  pcm: Int16Array,
): Promise<{ log: string[]; close: string }> {
  const log: string[] = [];
  const ws = new WebSocket(`${url}?${querystring.stringify(parameters)}`, { headers: { Authorization: "a-key" } });
  ws.on("open", () => {
    for (let at = 0; at < pcm.length; at += CHUNK / 2) {
      const chunk = new Int16Array(CHUNK / 2);
      chunk.set(pcm.subarray(at, at + CHUNK / 2));
      ws.send(Buffer.from(chunk.buffer));
    }
    ws.send(JSON.stringify({ type: "Terminate" }));
  });
  ws.on("message", (message: Buffer) => {
    const data = JSON.parse(message.toString()) as Said;
    switch (data.type) {
      case "Begin":
        log.push(`Session began: ID=${data.id}, ExpiresAt=${new Date((data.expires_at ?? 0) * 1000).toISOString()}`);
        break;
      case "Turn":
        log.push(data.end_of_turn && data.turn_is_formatted ? `final: ${data.transcript}` : "partial");
        break;
      case "Termination":
        log.push(`Session Terminated: Audio Duration=${data.audio_duration_seconds}s, Session Duration=${data.session_duration_seconds}s`);
        break;
      default:
        log.push(data.type);
    }
  });
  const close = await new Promise<string>((resolve) => ws.on("close", (code, reason) => resolve(`${code} ${reason.toString()}`)));
  return { log, close };
}

describe("vendor's guide without an SDK", () => {
  let simulator: Simulator;
  before(async () => (simulator = await startSimulator({ keys: ["a-key"] })));
  after(() => simulator.close());

  const { pcm, words } = sample("librivox_0930");

  it("gets its transcript, and its durations", async () => {
    const { log, close } = await runGuide(simulator.url, { sample_rate: 16_000 }, join(silence(500), pcm, silence(1500)));
    match(log[0] ?? "", /^Session began: ID=[\da-f-]{36}, ExpiresAt=20\d\d-/);
    equal(log[1], "SpeechStarted");
    ok(log.includes("partial"));
    deepEqual(log.slice(-2), [`final: ${text(words)}`, "Session Terminated: Audio Duration=5s, Session Duration=0s"]);
    equal(close, "1000 Session Ended");
  });

  it("gets one formatted final on Universal-Streaming", async () => {
    const parameters = { sample_rate: 16_000, format_turns: true, speech_model: "universal-streaming-english" };
    const { log } = await runGuide(simulator.url, parameters, join(silence(500), pcm, silence(1500)));
    deepEqual(
      log.filter((line) => line.startsWith("final")),
      [`final: ${text(words)}`],
    );
  });

  it("gets nothing in silence, where its own check of inactivity would have to run", async () => {
    const { log } = await runGuide(simulator.url, { sample_rate: 16_000 }, silence(20_000));
    equal(log.length, 2);
  });
});
