import assert from "node:assert/strict";
import { AaiError } from "../../../nodes/lib/common/errors";
import { Capture } from "../../../nodes/lib/microphone/capture";
import type { RecordingEvents } from "../../../nodes/lib/microphone/recorder";
import { MicrophoneTrial } from "../../../nodes/lib/microphone/trial";
import { FakeClock } from "../../support/fake-clock";

/** One recording of the fake recorder: the test plays the microphone. */
interface Take extends RecordingEvents {
  stopped: boolean;
}

const settings = {
  device: "",
  sampleRate: 16_000,
  chunkMs: 50,
  autoStart: false,
  stopWithSession: true,
  format: "raw",
  topic: "",
} as const;
/** 100 ms of a level of -30 dBFS. */
const SOUND = Buffer.from(Int16Array.from({ length: 1600 }, (_, at) => (at % 2 === 0 ? 1036 : -1036)).buffer);
const busy = () => new AaiError("AAI_DEVICE/busy", { device: "default", detail: "" });

function bench() {
  const clock = new FakeClock();
  const takes: Take[] = [];
  const told: string[] = [];
  const messages: Buffer[] = [];
  let refusal: AaiError | undefined;
  const device = (_settings: object, events: RecordingEvents) => {
    if (refusal) throw refusal;
    const take = { ...events, stopped: false };
    takes.push(take);
    return { stop: () => void (take.stopped = true) };
  };
  const trial = new MicrophoneTrial(device, settings);
  const capture: Capture = new Capture(trial.recorder, settings, clock, {
    chunk: (pcm) => {
      messages.push(pcm);
      trial.heard(pcm);
    },
    state: (state) => trial.follow(state),
    error: (error) => told.push(`node: ${error.key}`),
  });
  let pcm: Buffer = Buffer.alloc(0);
  const begin = () =>
    trial.begin({
      level: (dbfs, seconds) => told.push(`${Math.round(dbfs)} at ${seconds}`),
      recorded: (all) => {
        pcm = all;
        told.push("recorded");
      },
      failed: ({ key }) => told.push(key),
      closed: () => told.push("closed"),
    });
  const take = (index: number) => takes[index] ?? assert.fail(`there is no recording ${index}`);
  /** @param tenths of a second */
  const speak = (index: number, tenths: number) => {
    for (let count = 0; count < tenths; count++) take(index).pcm(SOUND);
  };
  const refuse = (error: AaiError) => (refusal = error);
  return { capture, trial, takes, told, messages, begin, take, speak, refuse, recorded: () => pcm };
}

describe("a trial of a microphone", () => {
  it("is 3 s of it, with the level ten times a second, and lets the recorder go", () => {
    const { begin, take, takes, told, speak, messages, recorded } = bench();
    begin();
    speak(0, 29);
    assert.deepEqual([told.length, told[0], told.at(-1)], [29, "-30 at 0.1", "-30 at 2.9"]);
    assert.equal(take(0).stopped, false);
    speak(0, 5);
    assert.deepEqual([told.length, told.at(-1), take(0).stopped], [31, "recorded", true]);
    assert.deepEqual(recorded(), Buffer.concat(Array<Buffer>(30).fill(SOUND)));
    assert.deepEqual([takes.length, messages.length], [1, 0], "the flow gets nothing of it");
  });

  it("takes audio in pieces of any length, also of half samples", () => {
    const { begin, take, told, recorded } = bench();
    begin();
    const all = Buffer.concat(Array<Buffer>(31).fill(SOUND));
    for (let at = 0; at < all.length; at += 999) take(0).pcm(all.subarray(at, at + 999));
    assert.deepEqual([told.length, told.at(-1)], [31, "recorded"]);
    assert.deepEqual(recorded(), all.subarray(0, 96_000));
  });

  it("takes the audio of a node that is recording, and opens the device no second time", () => {
    const { capture, begin, take, takes, told, speak, messages } = bench();
    capture.start();
    speak(0, 1);
    begin();
    speak(0, 30);
    assert.deepEqual([told.at(-1), takes.length, take(0).stopped, messages.length], ["recorded", 1, false, 62]);
  });

  it("goes on with the audio of a node that starts meanwhile, whose recorder waits for the end of its own", () => {
    const { capture, begin, take, takes, told, speak, messages } = bench();
    begin();
    speak(0, 10);
    capture.start();
    assert.deepEqual([takes.length, take(0).stopped], [1, true]);
    take(0).ended();
    assert.equal(takes.length, 2);
    speak(1, 20);
    assert.deepEqual([told.at(-1), take(1).stopped, messages.length], ["recorded", false, 40]);
  });

  it("goes on with a recorder of its own where the node stops meanwhile, once the node's has ended", () => {
    const { capture, begin, take, takes, told, speak } = bench();
    capture.start();
    begin();
    speak(0, 10);
    capture.stop();
    assert.equal(takes.length, 1, "the device is not free yet");
    take(0).ended();
    speak(1, 20);
    assert.deepEqual([told.at(-1), takes.length, take(1).stopped], ["recorded", 2, true]);
  });

  it("takes its recorder up again where the node starts and stops meanwhile, before the device is free", () => {
    const { capture, begin, take, takes, told, speak } = bench();
    begin();
    capture.start();
    capture.stop();
    take(0).ended();
    assert.equal(takes.length, 2);
    speak(1, 30);
    assert.equal(told.at(-1), "recorded");
    let done = false;
    capture.close(() => (done = true));
    assert.ok(done, "nothing of the node waits");
  });

  it("can be repeated at once, and waits for the last one's recorder", () => {
    const { begin, take, takes, told, speak } = bench();
    begin();
    speak(0, 30);
    begin();
    assert.equal(takes.length, 1);
    take(0).ended();
    speak(1, 30);
    assert.deepEqual([told.filter((text) => text === "recorded").length, takes.length], [2, 2]);
  });

  it("reports why there is no audio: the recorder is missing, the device is in use, the node itself cannot record", () => {
    const missing = bench();
    missing.refuse(new AaiError("AAI_RECORDER_MISSING/linux"));
    missing.begin();
    assert.deepEqual(missing.told, ["AAI_RECORDER_MISSING/linux"]);

    const used = bench();
    used.begin();
    used.take(0).failed(busy());
    used.take(0).ended();
    assert.deepEqual(used.told, ["AAI_DEVICE/busy"]);

    const node = bench();
    node.capture.start();
    node.take(0).failed(busy());
    node.take(0).ended();
    node.begin();
    assert.deepEqual(node.told, ["node: AAI_DEVICE/busy", "AAI_DEVICE/busy"]);
    assert.equal(node.takes.length, 1);
  });

  it("reports a microphone that delivers nothing but zeros", () => {
    const { begin, take, told } = bench();
    begin();
    take(0).pcm(Buffer.alloc(32_000 * 3));
    assert.deepEqual([told[0], told.at(-1)], ["-100 at 0.1", "AAI_MUTED"]);
  });

  it("ends without a word where nobody waits for it any more, and its recorder with it", () => {
    const { begin, take, told, speak } = bench();
    const giveUp = begin();
    speak(0, 1);
    giveUp();
    speak(0, 30);
    assert.deepEqual([told, take(0).stopped], [["-30 at 0.1"], true]);
    begin();
    giveUp(); // that of the first one
    take(0).ended();
    speak(1, 30);
    assert.equal(told.at(-1), "recorded");
  });

  it("ends with its node, which waits for the end of its recorder", () => {
    const { trial, capture, begin, take, takes, told } = bench();
    begin();
    let done = false;
    trial.close(() => capture.close(() => (done = true)));
    assert.deepEqual([told, take(0).stopped, done], [["closed"], true, false]);
    take(0).ended();
    assert.deepEqual([done, takes.length], [true, 1]);
  });

  it("ends with its node also where that has just started, and waits for the device", () => {
    const { trial, capture, begin, take, takes } = bench();
    begin();
    capture.start();
    let done = false;
    trial.close(() => capture.close(() => (done = true)));
    take(0).ended();
    for (const each of takes.slice(1)) {
      assert.equal(each.stopped, true);
      each.ended();
    }
    assert.equal(done, true);
  });

  it("leaves an error to the node where its recorder cannot be started after the trial's", () => {
    const { capture, begin, take, told, refuse } = bench();
    begin();
    capture.start();
    refuse(new AaiError("AAI_RECORDER_MISSING/linux"));
    take(0).ended();
    assert.deepEqual(
      told.filter((text) => text.startsWith("node")),
      ["node: AAI_RECORDER_MISSING/linux"],
    );
    assert.equal(capture.isStarted, false);
  });
});
