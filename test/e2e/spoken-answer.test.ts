import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startSimulator, type Simulator } from "../../simulator";
import { example, idOf, player } from "../support/examples";
import { NodeRedProcess } from "../support/node-red-process";
import { until } from "../support/until";
import { wavFile } from "../support/wav-file";

const SAID = "He was not an ill disposed young man.";
const SPOKEN = wavFile({ audio: Buffer.alloc(3200, 7) });

/** Plays until there is a file "stop", and notes what it is asked to play and how it ends. */
const PLAYER = (folder: string) => `#!/bin/sh
echo "plays $1" >> ${folder}/log
trap 'echo killed >> ${folder}/log; exit 1' TERM
while [ ! -e ${folder}/stop ]; do sleep 0.1; done
echo ended >> ${folder}/log
`;

describe("example 16, as its comment says", () => {
  let simulator: Simulator;
  let nodeRed: NodeRedProcess;
  let house: Server;
  let folder: string;
  let file: string;
  /** of Home Assistant and of the text to speech, in order */
  let requests: [path: string | undefined, body: unknown][];

  before(async () => {
    simulator = await startSimulator();
    nodeRed = await NodeRedProcess.start();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "spoken-answer-"));
    file = join(folder, "answer.wav");
    writeFileSync(join(folder, "player"), PLAYER(folder), { mode: 0o755 });
    requests = [];
    house = createServer((request, response) => {
      let body = "";
      request.on("data", (data: Buffer) => (body += data.toString()));
      request.on("end", () => {
        requests.push([request.url, JSON.parse(body)]);
        if (request.url === "/synthesize") return response.end(SPOKEN);
        const answer = { conversation_id: "c1", response: { speech: { plain: { speech: "It is noon." } } } };
        return response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((listening) => house.listen(0, "127.0.0.1", listening));
  });
  afterEach(async () => {
    await nodeRed.deploy([]);
    house.close();
    rmSync(folder, { recursive: true });
  });
  after(async () => {
    await nodeRed?.stop();
    await simulator.close();
  });

  async function deploy(bargeIn: boolean): Promise<void> {
    const { port } = house.address() as AddressInfo;
    const url = (path: string) => ({ url: `http://127.0.0.1:${port}${path}` });
    const env = { BARGE_IN: [String(bargeIn), "bool"], PLAYER: [join(folder, "player"), "str"], FILE: [file, "str"] } as const;
    const flow = example("16", simulator, {
      tab: { env: Object.entries(env).map(([name, [value, type]]) => ({ name, value, type })) },
      "assemblyai-streaming": { silenceTimeout: 1 },
      "assemblyai-microphone": { autoStart: false },
      "ask Home Assistant": url("/api/conversation/process"),
      "text to speech": url("/synthesize"),
    });
    await nodeRed.deploy([...flow, ...player(flow, "voice", idOf(flow, "held off?"))]);
  }

  const log = () => (existsSync(join(folder, "log")) ? readFileSync(join(folder, "log"), "utf8").trim().split("\n") : []);
  const asked = () => requests.filter(([path]) => path === "/api/conversation/process").map(([, body]) => body);

  it("speaks the answer to a question, hears nothing meanwhile, and goes on with the conversation", async () => {
    await deploy(false);
    await nodeRed.inject("voice");
    await until("the answer", () => log().length === 1, 15_000);
    assert.deepEqual(log(), [`plays ${file}`]);
    assert.deepEqual(requests, [
      ["/api/conversation/process", { text: SAID, language: "en" }],
      ["/synthesize", { text: "It is noon." }],
    ]);
    assert.deepEqual(readFileSync(file), SPOKEN);

    const { sessions } = simulator.ledger.state;
    await nodeRed.inject("voice");
    await pause(2000);
    assert.deepEqual([simulator.ledger.state.sessions, asked().length], [sessions, 1], "the microphone is held off");

    writeFileSync(join(folder, "stop"), "");
    await until("the answer's end", () => log().at(-1) === "ended");
    await pause(300);
    await nodeRed.inject("voice");
    await until("the second question", () => asked().length === 2, 15_000);
    assert.deepEqual(asked()[1], { text: SAID, language: "en", conversation_id: "c1" });
  });

  it("is interrupted by whoever begins to speak, where the microphone stays on", async () => {
    await deploy(true);
    await nodeRed.inject("voice");
    await until("the answer", () => log().length === 1, 15_000);
    await nodeRed.inject("voice");
    await until("the player's end", () => log().at(-1) === "killed", 15_000);
    assert.equal(asked().length, 1, "before the second question was understood");
    await until("the second answer", () => log().length === 3, 15_000);
    assert.deepEqual(log(), [`plays ${file}`, "killed", `plays ${file}`]);
  });
});
