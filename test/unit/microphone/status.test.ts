import assert from "node:assert/strict";
import { AaiError } from "../../../nodes/lib/common/errors";
import { nodeTexts } from "../../../nodes/lib/common/node-texts";
import { microphoneStatus } from "../../../nodes/lib/microphone/status";
import catalogue from "../../../nodes/locales/en-US/assemblyai-microphone.json";

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
    [{ name: "sound", dbfs: -31.7 }, "green dot ▁▂▃▄▅ listening"],
    [{ name: "sound", dbfs: -53 }, "green dot ▁▂ listening"],
    [{ name: "sound", dbfs: -53.1 }, "green dot ▁ quiet"],
    [{ name: "sound", dbfs: -Infinity }, "green dot ▁ quiet"],
    [{ name: "sound", dbfs: -11 }, "green dot ▁▂▃▄▅▆▇█ loud"],
    [{ name: "sound", dbfs: -0.2 }, "green dot ▁▂▃▄▅▆▇█ loud"],
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
