import { LANGUAGE_CODES, MIXED } from "../../nodes/lib/assemblyai/languages";
import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { startSimulator, type Simulator } from "../../simulator";
import { example } from "../support/examples";
import { NodeRedProcess } from "../support/node-red-process";
import { spoken, type RecordingName } from "../support/spoken";
import { until } from "../support/until";
import { wordErrors } from "../support/word-errors";
import { WyomingClient } from "../support/wyoming-client";

const RECORDINGS = ["librivox_0880", "librivox_0930", "goforward"] as const;

function sentence(recording: RecordingName) {
  const { pcm, words } = spoken({ recordings: [recording], leadMs: 200, pauseMs: 700 });
  return { pcm, text: words.join(" ") };
}

describe("example 19, a Wyoming server", () => {
  let simulator: Simulator;
  let nodeRed: NodeRedProcess;
  let port: number;
  const callers: WyomingClient[] = [];

  before(async () => {
    simulator = await startSimulator();
    nodeRed = await NodeRedProcess.start();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
    server.close();
    await once(server, "close");
  });
  afterEach(() => {
    for (const client of callers.splice(0)) client.hangUp();
  });
  after(async () => {
    await nodeRed?.stop();
    await simulator.close();
  });

  async function call(): Promise<WyomingClient> {
    const client = await WyomingClient.call(port);
    callers.push(client);
    return client;
  }

  async function deploy(env: Record<string, string> = {}, changes: Record<string, object> = {}): Promise<void> {
    const flow = example("19", simulator, { Wyoming: { port: String(port) }, ...changes }).map((node) => {
      if (node.type !== "tab") return node;
      const variables = node["env"] as { name: string; value: string }[];
      return { ...node, env: variables.map((variable) => ({ ...variable, value: env[variable.name] ?? variable.value })) };
    });
    await nodeRed.deploy(flow);
  }

  it("describes itself", async () => {
    await deploy();
    const client = await call();
    client.write("describe");
    const { data } = await client.next("info");
    const [program] = data["asr"] as {
      name: string;
      installed: boolean;
      attribution: object;
      models: { name: string; languages: string[] }[];
    }[];
    assert.equal(program?.name, "assemblyai");
    assert.ok(program?.installed);
    const languages = program?.models[0]?.languages ?? [];
    assert.deepEqual(
      LANGUAGE_CODES.filter((code) => code !== MIXED),
      languages,
    );
  });

  it("gives three callers at once their own transcripts, right after audio-stop", async () => {
    await deploy();
    const calls = RECORDINGS.map(async (recording) => {
      const { pcm, text } = sentence(recording);
      const client = await call();
      await client.say(pcm);
      client.write("audio-stop");
      const stopped = performance.now();
      const { data } = await client.next("transcript");
      assert.deepEqual(wordErrors(text, String(data["text"])).errors, 0, `${text}: ${String(data["text"])}`);
      return performance.now() - stopped;
    });
    const delays = await Promise.all(calls);
    assert.ok(Math.max(...delays) < 2000, `${Math.round(Math.max(...delays))} ms`);
    assert.equal(simulator.ledger.state.open, 0);
  });

  it("takes one sentence after another on one connection", async () => {
    await deploy();
    const client = await call();
    for (const recording of RECORDINGS.slice(0, 2)) {
      const { pcm, text } = sentence(recording);
      client.events.length = 0;
      await client.say(pcm);
      client.write("audio-stop");
      assert.equal(wordErrors(text, String((await client.next("transcript")).data["text"])).errors, 0);
    }
  });

  it("leaves no session behind a caller that hangs up in the middle of a sentence", async () => {
    await deploy();
    const client = await call();
    const { sessions } = simulator.ledger.state;
    const talk = client.say(sentence("librivox_0880").pcm);
    await until("a session", () => simulator.ledger.state.sessions > sessions, 10_000);
    assert.equal(simulator.ledger.state.open, 1);
    client.hangUp();
    await until("its end", () => simulator.ledger.state.open === 0, 3000);
    await talk;
    assert.equal(simulator.ledger.state.open, 0, "nor does another one open for it");
  });

  it("leaves the end of the sentence to the service, where it is set so", async () => {
    await deploy({ END: "turn" });
    const { text } = sentence("librivox_0930");
    const client = await call();
    const talk = client.say(spoken({ recordings: ["librivox_0930"], leadMs: 200, pauseMs: 3000 }).pcm);
    const { data } = await client.next("transcript");
    assert.equal(wordErrors(text, String(data["text"])).errors, 0, String(data["text"]));
    await until("the end of the session", () => simulator.ledger.state.open === 0);
    await talk;
  });

  it("answers with the protocol's error and hangs up where no session can be had, so that no caller waits", async () => {
    const keyless = { "assemblyai-streaming": { config: "" } };
    await deploy({}, keyless);
    const client = await call();
    await client.say(sentence("goforward").pcm.subarray(0, 8000));
    client.write("audio-stop");
    const { data } = await client.next("error");
    assert.equal(data["code"], "AAI_CONFIG_MISSING");
    assert.match(String(data["text"]), /No AssemblyAI account/);
    await until("the end of the connection", () => !client.isOpen);
  });

  it("answers what is no event, and takes the next caller", async () => {
    await deploy();
    const stray = await call();
    stray.write("audio-chunk", { rate: 16_000, width: 4, channels: 1 }, Buffer.alloc(64));
    assert.equal((await stray.next("error")).data["code"], "bad-event");
    await until("the end of the connection", () => !stray.isOpen);
    const client = await call();
    client.write("ping", { text: "still there?" });
    assert.deepEqual((await client.next("pong")).data, { text: "still there?" });
  });
});
