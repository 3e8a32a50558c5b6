import assert from "node:assert/strict";
import { AaiError } from "../../nodes/lib/common/errors";
import { readMicrophoneAction } from "../../nodes/lib/microphone/control";
import { readMicrophoneSettings } from "../../nodes/lib/microphone/settings";
import { microphoneStatus } from "../../nodes/lib/microphone/status";
import { nodeTexts } from "../../nodes/lib/common/node-texts";
import catalogue from "../../nodes/locales/en-US/assemblyai-microphone.json";

describe("microphone: control messages", () => {
  for (const [msg, action] of [
    [{ action: "start" }, "start"],
    [{ action: "stop", payload: { reason: "silence" }, event: "termination" }, "stop"],
    [{ action: "toggle", payload: false }, "toggle"],
    [{ payload: "start" }, "start"],
    [{ payload: "stop" }, "stop"],
    [{ payload: "toggle" }, "toggle"],
    [{ payload: true }, "start"],
    [{ payload: false }, "stop"],
    [{ event: "begin", payload: { id: "x" } }, undefined],
    [{ event: "termination", payload: { reason: "stop" } }, undefined],
    [{ event: "reconnecting", payload: {} }, undefined],
  ] as const) {
    it(`takes ${JSON.stringify(msg)} for ${action ?? "nothing to do"}`, () => assert.equal(readMicrophoneAction(msg), action));
  }

  for (const msg of [
    { action: "sing" },
    { action: "", payload: true },
    { payload: "on" },
    { payload: 1 },
    { payload: null },
    {},
    { event: "x" },
  ]) {
    it(`refuses ${JSON.stringify(msg)} and says what is accepted`, () =>
      assert.throws(() => readMicrophoneAction(msg), { code: "AAI_ACTION", message: /start, stop, toggle/ }));
  }
});

describe("microphone: properties", () => {
  it("has a default for each", () => {
    const settings = { device: "", sampleRate: 16_000, chunkMs: 50, autoStart: false, topic: "" };
    assert.deepEqual(readMicrophoneSettings({}), settings);
    assert.deepEqual(readMicrophoneSettings({ device: " ", sampleRate: "", chunkMs: "" }), settings);
  });

  it("takes numbers as the editor and environment variables give them", () => {
    const settings = readMicrophoneSettings({ device: "hw:1", sampleRate: "8000", chunkMs: 1000, autoStart: true, topic: "kitchen" });
    assert.deepEqual(settings, { device: "hw:1", sampleRate: 8000, chunkMs: 1000, autoStart: true, topic: "kitchen" });
  });

  for (const properties of [
    { sampleRate: 7999 },
    { sampleRate: 96_001 },
    { sampleRate: 16_000.5 },
    { sampleRate: "${RATE}" },
    { sampleRate: true },
    { chunkMs: 9 },
    { chunkMs: "1001" },
    { chunkMs: NaN },
    { device: "-t" },
    { device: "a\u0000b" },
    { device: 3 },
  ]) {
    it(`refuses ${JSON.stringify(properties)}`, () => {
      const [name = ""] = Object.keys(properties);
      assert.throws(() => readMicrophoneSettings(properties), { code: "AAI_PROPERTY", message: new RegExp(name) });
    });
  }
});

describe("microphone: status", () => {
  const texts = nodeTexts((key) => key, catalogue);
  const device = new AaiError("AAI_DEVICE/busy", { device: "default", detail: "" });
  const died = new AaiError("AAI_RECORDER_DIED", { program: "arecord", exit: 1, detail: "" });
  const killed = new AaiError("AAI_RECORDER_DIED/signal", { program: "arecord", signal: "SIGKILL", detail: "" });
  const unable = new AaiError("AAI_RECORDER_DIED/start", { program: "arecord", detail: "spawn EMFILE" });

  for (const [state, shown] of [
    [{ name: "stopped" }, "grey ring stopped"],
    [{ name: "starting" }, "yellow ring starting"],
    [{ name: "listening" }, "green dot listening"],
    [{ name: "sound", dbfs: -31.7 }, "green dot ▁▂▃▄▅ −32 dBFS"],
    [{ name: "sound", dbfs: -96 }, "green dot ▁ −96 dBFS"],
    [{ name: "sound", dbfs: -Infinity }, "green dot ▁ −∞ dBFS"],
    [{ name: "sound", dbfs: -0.2 }, "green dot ▁▂▃▄▅▆▇█ 0 dBFS"],
    [{ name: "muted" }, "yellow dot hears only zeros: muted?"],
    [{ name: "waiting", seconds: 4, error: died }, "yellow ring restarting in 4 s"],
    [{ name: "waiting", seconds: 8, error: killed }, "yellow ring restarting in 8 s"],
    [{ name: "waiting", seconds: 4, error: unable }, "red ring error, retry in 4 s"],
    [{ name: "waiting", seconds: 4, error: device }, "red ring no microphone, retry in 4 s"],
    [{ name: "failed", error: new AaiError("AAI_RECORDER_MISSING/linux") }, "red ring recorder missing"],
    [{ name: "failed", error: new AaiError("AAI_PROPERTY/device", { name: "x", value: "y" }) }, "red ring wrong property"],
    [{ name: "waiting", seconds: 1, error: new AaiError("AAI_INTERNAL") }, "red ring error, retry in 1 s"],
  ] as const) {
    it(`shows ${shown}`, () => {
      const { fill, shape, text } = microphoneStatus(state, texts);
      assert.equal(`${fill} ${shape} ${text}`, shown);
    });
  }
});
