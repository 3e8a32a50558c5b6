import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { readWavFile } from "../../nodes/lib/audio/wav";
import type { TrialLine } from "../../nodes/microphone-trial-route";
import { microphone, start, tab } from "../support/flow-parts";
import { NodeRedProcess, root, type FlowNode } from "../support/node-red-process";
import { isAlive, StubRecorder } from "../support/stub-recorder";
import { until } from "../support/until";

/** 3 s of it, and a bit. */
const PCM = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7) % 256));
// Its own folder alone is on the PATH: there is no other recorder.
const PLAYS = "/bin/cat $DIR/pcm.raw\nexec /bin/sleep 600";
const IS_SILENT = "exec /bin/sleep 600";

describe("the trial of a microphone in its dialog", () => {
  let recorder: StubRecorder;
  let nodeRed: NodeRedProcess;
  let earlier = 0;

  before(async () => {
    recorder = new StubRecorder();
    recorder.write("pcm.raw", PCM);
    nodeRed = await NodeRedProcess.start({ env: { PATH: recorder.folder }, settings: { nodesDir: [root] } });
  });
  after(async () => {
    await nodeRed?.stop();
    recorder.remove();
  });
  afterEach(async () => {
    await nodeRed.deploy([]);
    assert.deepEqual(recorder.pids.filter(isAlive), [], "recorders left behind");
  });

  const flow = (more: object = {}): FlowNode[] => [tab(), start("mic"), microphone({ device: "hall", wires: [], ...more })];
  async function load(script = PLAYS): Promise<void> {
    recorder.install(script);
    await nodeRed.deploy(flow());
    earlier = recorder.pids.length;
  }

  function ask(more: { typed?: object; id?: string; type?: string; signal?: AbortSignal } = {}): Promise<Response> {
    const { typed = {}, id = "mic", type = "application/json", signal = null } = more;
    const body = JSON.stringify({ device: "hall", sampleRate: "16000", ...typed });
    return fetch(`${nodeRed.url}/assemblyai-microphone/${id}/trial`, { method: "POST", headers: { "content-type": type }, body, signal });
  }

  async function linesOf(response: Response): Promise<TrialLine[]> {
    return (await response.text())
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as TrialLine);
  }
  const last = async (response: Response) => (await linesOf(response)).at(-1) ?? assert.fail("no answer");
  const running = () => recorder.pids.filter(isAlive).length;
  const started = () => recorder.pids.length - earlier;

  it("gives levels, then 3 s of audio, to whoever asks, and lets the recorder go", async () => {
    await load();
    const response = await ask();
    assert.equal(response.headers.get("cache-control"), "no-store");
    const lines = await linesOf(response);
    const levels = lines.slice(0, -1);
    assert.ok(levels.length === 30 && levels.every(({ type }) => type === "level"));
    const recorded = lines.at(-1);
    assert.ok(recorded?.type === "recorded");
    const { format, samples } = readWavFile(Buffer.from(recorded.wav, "base64"));
    assert.deepEqual([format.sampleRate, format.channels], [16_000, 1]);
    assert.deepEqual(samples, PCM.subarray(0, 96_000));
    await until("the recorder's end", () => running() === 0);
  });

  it("takes the audio of the node where that is recording", async () => {
    await load("/bin/sleep 1\n/bin/cat $DIR/pcm.raw\nexec /bin/sleep 600");
    await nodeRed.inject("start");
    await until("a recorder", () => started() === 1);
    assert.equal((await last(await ask())).type, "recorded");
    assert.equal(started(), 1);
    assert.equal(running(), 1, "the node goes on");
  });

  it("ends the recorder where the request is aborted, as by a dialog that is closed", async () => {
    await load(IS_SILENT);
    const closing = new AbortController();
    const asked = ask({ signal: closing.signal });
    await until("a recorder", () => running() === 1);
    closing.abort();
    await assert.rejects(asked, { name: "AbortError" });
    await until("the recorder's end", () => running() === 0);
    recorder.install(PLAYS);
    assert.equal((await last(await ask())).type, "recorded", "the next one may begin");
  });

  it("ends with a deploy, which waits for the recorder's end", async () => {
    await load(IS_SILENT);
    const asked = ask().then(last);
    await until("a recorder", () => running() === 1);
    await nodeRed.deploy(flow({ device: "" }));
    assert.equal(running(), 0);
    assert.equal((await asked).type, "closed");
  });

  it("runs one at a time, for a node that is deployed as in the dialog, and takes no form of another page", async () => {
    await load(IS_SILENT);
    assert.equal((await ask({ type: "application/x-www-form-urlencoded" })).status, 415);
    for (const other of [{ id: "nobody" }, { typed: { device: "kitchen" } }, { typed: { sampleRate: "8000" } }]) {
      assert.equal((await last(await ask(other))).type, "undeployed", JSON.stringify(other));
    }
    assert.equal(started(), 0);
    const closing = new AbortController();
    const asked = ask({ signal: closing.signal, typed: { device: "${MICROPHONE}" } });
    await until("a recorder", () => running() === 1);
    assert.equal((await last(await ask())).type, "busy");
    closing.abort();
    await assert.rejects(asked, { name: "AbortError" });
  });

  it("reports a recorder that is missing, and a device that is in use", async () => {
    await load();
    recorder.install('echo "arecord: main:830: audio open error: Device or resource busy" >&2\nexit 1');
    const used = await last(await ask());
    assert.ok(used.type === "failed" && used.error.key === "AAI_DEVICE/busy", JSON.stringify(used));
    for (const name of ["arecord", "rec", "sox"]) rmSync(join(recorder.folder, name));
    const missing = await last(await ask());
    assert.ok(missing.type === "failed" && missing.error.key.startsWith("AAI_RECORDER_MISSING/"), JSON.stringify(missing));
  });
});
