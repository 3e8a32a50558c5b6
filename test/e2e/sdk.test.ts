/**
 * The simulator, judged by a real client: the official SDK, over TLS with a throw-away certificate. The SDK speaks wss:// only, and trusts
 * the certificate through NODE_EXTRA_CA_CERTS, which Node.js reads at its start: so the SDK runs in a process of its own.
 */
import { deepEqual, equal } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulator, type Simulator } from "../../simulator";
import { sampleSentences } from "../support/spoken";
import { makeCertificate } from "../support/certificate";

/** Streams a WAV file's PCM at ten times its pace, and prints the events as lines of JSON. */
const CLIENT = `
  const { StreamingTranscriber } = require("assemblyai");
  const [url, apiKey, file] = process.argv.slice(1);
  const say = (event, value) => console.log(JSON.stringify([event, value]));
  (async () => {
    const transcriber = new StreamingTranscriber({
      websocketBaseUrl: url, apiKey, sampleRate: 16000, speechModel: "universal-3-5-pro",
    });
    transcriber.on("open", ({ id }) => say("open", id));
    transcriber.on("speechStarted", () => say("speechStarted"));
    transcriber.on("turn", (turn) => say(turn.end_of_turn ? "final" : "partial", turn.transcript));
    transcriber.on("error", (error) => say("error", error.message));
    transcriber.on("close", (code) => say("close", code));
    await transcriber.connect();
    const pcm = Buffer.concat([require("node:fs").readFileSync(file).subarray(44), Buffer.alloc(64000)]);
    for (let at = 0; at + 3200 <= pcm.length; at += 3200) {
      transcriber.sendAudio(pcm.subarray(at, at + 3200));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await transcriber.close();
    say("done");
  })().catch((error) => { say("failed", error.message); process.exitCode = 1; });
`;

describe("official SDK", () => {
  let folder: string;
  let simulator: Simulator;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "simulator-tls-"));
    const { key, cert } = makeCertificate(folder);
    simulator = await startSimulator({ tls: { key: readFileSync(key), cert: readFileSync(cert) }, keys: ["sdk-key"] });
  });

  after(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true });
  });

  async function transcribe(apiKey: string, file: string): Promise<[string, unknown][]> {
    const root = join(__dirname, "../../..");
    const child = spawn(process.execPath, ["-e", CLIENT, simulator.url, apiKey, file], {
      cwd: root, // where the SDK is found from
      env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, "cert.pem") },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    await once(child, "close");
    return output
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as [string, unknown]);
  }

  for (const recording of sampleSentences()) {
    it(`transcribes ${recording.name} through the simulator`, async () => {
      const index = simulator.sessions.length;
      const events = await transcribe("sdk-key", join(__dirname, "../../simulator/samples", recording.name));
      const session = simulator.sessions[index];
      deepEqual(events[0], ["open", session?.id]);
      const names = events.map(([name]) => name);
      equal(names.indexOf("speechStarted"), 1);
      deepEqual(
        events.filter(([name]) => name === "final"),
        [["final", recording.words.map((word) => word.text).join(" ")]],
      );
      deepEqual([names.includes("partial"), names.includes("error"), names.at(-1)], [true, false, "done"]);
      deepEqual([session?.record.sentOfType("Termination").length, simulator.ledger.state.open], [1, 0]);
    });
  }

  it("gets an error where its key is wrong", async () => {
    const events = await transcribe("wrong", "/none");
    deepEqual(events.at(-1), ["failed", "Unauthorized Connection: Invalid API key"]);
  });
});
