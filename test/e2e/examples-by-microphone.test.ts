import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startSimulator, type Simulator } from "../../simulator";
import { example, idOf, samples } from "../support/examples";
import { assertInstalled, startFakeMicrophone, type FakeMicrophone } from "../support/fake-mic";
import { NodeRedProcess, type FlowNode } from "../support/node-red-process";
import { until } from "../support/until";

const SAID = "He was not an ill disposed young man.";
const STT = "assemblyai-streaming";
const MICROPHONE = "assemblyai-microphone";

/** The fake microphone begins anew for a new recorder, once it has noticed at its next period that the last one has gone. */
const REWIND_MS = 300;

interface SessionEvent {
  event: string;
  payload: { reason?: string };
}

describe("the examples with a microphone, as their comments say", () => {
  let simulator: Simulator;
  let microphone: FakeMicrophone;
  let nodeRed: NodeRedProcess;
  let home: string;

  before(async () => {
    assertInstalled("arecord");
    home = mkdtempSync(join(tmpdir(), "examples-test-home-"));
    simulator = await startSimulator({ processing: "realtime" });
    microphone = await startFakeMicrophone({ wav: join(samples, "librivox_0880.wav") });
    nodeRed = await NodeRedProcess.start({ env: { ...microphone.env, HOME: home } });
  });
  after(async () => {
    await nodeRed?.stop();
    await microphone?.stop();
    await simulator?.close();
    rmSync(home, { recursive: true });
  });

  /** Deploys an example. @returns what its debug node of a name shows from then on, and the click on a button */
  async function walk(flow: FlowNode[]) {
    const before = new Map(flow.map(({ name }) => [name, nodeRed.shown(String(name)).length]));
    await nodeRed.deploy([]);
    await pause(REWIND_MS);
    await nodeRed.deploy(flow);
    const shown = (name: string) => nodeRed.shown(name).slice(before.get(name) ?? 0);
    const status = (type: string) => nodeRed.statusesOf(idOf(flow, type)).at(-1)?.text ?? "";
    const ends = (reason: string) =>
      until(
        `a session that ends by ${reason}`,
        () => (shown("session event") as SessionEvent[]).find(({ event, payload }) => event === "termination" && payload.reason === reason),
        15_000,
      );
    return { shown, status, ends, click: (name: string) => nodeRed.inject(idOf(flow, name)) };
  }

  it("01 shows the words, and the microphone stops with the session", async () => {
    const { shown, status, ends, click } = await walk(example("01", simulator, { [STT]: { silenceTimeout: 2 } }));
    await click("start");
    await ends("silence");
    assert.deepEqual(shown("turn"), [SAID]);
    assert.ok(shown("partial turn").length > 1);
    await until("the microphone's stop", () => status(MICROPHONE) === "stopped");
    assert.equal(nodeRed.children.length, 0);
  });

  it("03 listens from press to release, and gives what was said until then", async () => {
    const { shown, status, ends, click } = await walk(example("03", simulator));
    await click("press");
    await until("a voice", () => (shown("session event") as SessionEvent[]).some(({ event }) => event === "speech-started"), 10_000);
    await click("release");
    await ends("stop");
    assert.match(String(shown("turn")[0]), /^He\b/);
    await until("the microphone's stop", () => status(MICROPHONE) === "stopped");
  });

  it("05 shows what the session, today and all since the reset have cost", async () => {
    const { shown, click } = await walk(example("05", simulator, { [STT]: { silenceTimeout: 2 } }));
    await click("reset");
    await click("start");
    const sessions = () => shown("this session") as { reason: string; turns: number; costUsd: number }[];
    const session = await until("the cost", () => sessions()[0], 15_000);
    assert.deepEqual([session.reason, session.turns], ["silence", 1]);
    const [total, today] = [shown("cost in total (USD)"), shown("cost today (USD)")].map((costs) => Number(costs.at(-1)));
    assert.ok(session.costUsd > 0);
    assert.equal(total, session.costUsd);
    assert.ok((today ?? 0) >= session.costUsd, "also of the sessions before the reset");
  });

  it("07 listens from the start, lights its lamp while a session is open, and is mute until it is to listen again", async () => {
    const { shown, status, ends, click } = await walk(example("07", simulator));
    await until("the lamp", () => shown("lamp").at(-1) === true, 15_000);
    await click("mute");
    await ends("stop");
    await until("the lamp's end", () => shown("lamp").at(-1) === false);
    await until("the microphone's stop", () => status(MICROPHONE) === "stopped");
    assert.equal(nodeRed.children.length, 0);
    await pause(REWIND_MS);
    await click("listen again");
    await until("the lamp", () => shown("lamp").at(-1) === true, 15_000);
    await click("mute");
    await until("the lamp's end", () => shown("lamp").at(-1) === false);
  });

  it("13 writes what was dictated until its stop", async () => {
    const { shown, status, click } = await walk(example("13", simulator));
    await click("start");
    await until("a session", () => status(STT).startsWith("listening"), 10_000);
    await pause(2500); // a second of silence, and some words
    await click("stop");
    await until("the line", () => shown("written line").length > 0, 10_000);
    assert.match(String(shown("written line")[0]), /^\d\d:\d\d:\d\d {2}He\b/);
    await until("the microphone's stop", () => status(MICROPHONE) === "stopped");
  });

  it("06 sorts the errors, shows each in words, and the status of speech to text alone", async () => {
    const noKey = { endpoint: "default", url: "", credentials: { apiKey: "" } };
    const withoutKey = example("06", simulator).map((node) => (node.type === "assemblyai-config" ? { ...node, ...noKey } : node));
    const { shown, status, click } = await walk(withoutKey);
    await click("start");
    await until("the account's error", () => shown("account").length > 0, 10_000);
    assert.match(String(shown("account")[0]), /No API key: enter one in the AssemblyAI account/);
    await until("the status", () => /no API key/.test(status("its status")));
    assert.deepEqual(shown("its status"), [], "nothing of it in the sidebar, where the error is to be seen");

    const withoutMicrophone = await walk(example("06", simulator, { [MICROPHONE]: { device: "plughw:CARD=None,DEV=0" } }));
    await withoutMicrophone.click("start");
    await until("the microphone's error", () => withoutMicrophone.shown("microphone").length > 0, 10_000);
    assert.match(String(withoutMicrophone.shown("microphone")[0]), /CARD=None/);
  });
});
