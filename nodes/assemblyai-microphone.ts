import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import { serveDevices } from "./device-route";
import { whenFlowsStarted } from "./flows-started";
import { onInput, tellError } from "./input";
import { Capture, type CaptureState } from "./lib/microphone/capture";
import { systemClock } from "./lib/common/clock";
import { AaiError, toAaiError } from "./lib/common/errors";
import { LevelMeter, type SoundState } from "./lib/audio/level-meter";
import { audioMessage } from "./lib/microphone/audio-message";
import { readMicrophoneAction } from "./lib/microphone/control";
import { readMicrophoneSettings, type MicrophoneSettings } from "./lib/microphone/settings";
import { microphoneStatus } from "./lib/microphone/status";
import { nodeTexts } from "./lib/common/node-texts";
import type { NodeProperties } from "./lib/common/property-reader";
import { RateLimit } from "./lib/common/rate-limit";
import { createRecorder } from "./lib/microphone/recorder";
import { MicrophoneTrial } from "./lib/microphone/trial";
import catalogue from "./locales/en-US/assemblyai-microphone.json";
import { serveMicrophoneTrials, type MicrophoneNode } from "./microphone-trial-route";
import { recorderSystem } from "./recorder-system";
import { makeUnusable } from "./unusable";

const recorder = createRecorder(recorderSystem, systemClock);

export = function register(RED: NodeAPI): void {
  const texts = nodeTexts(RED._, catalogue);
  serveDevices(RED, recorderSystem);
  serveMicrophoneTrials(RED);

  function Microphone(this: Node & Partial<MicrophoneNode>, properties: NodeDef & NodeProperties): void {
    RED.nodes.createNode(this, properties);
    const status = new RateLimit<CaptureState | SoundState>(systemClock, (state) => this.status(microphoneStatus(state, texts)));
    let cause: NodeMessage = {}; // the message that started the recording: only an error with a message reaches a Catch node
    const report = (error: AaiError) => tellError(this, texts.error(error), cause);

    let settings: MicrophoneSettings;
    try {
      settings = readMicrophoneSettings(properties);
    } catch (thrown) {
      const error = toAaiError(thrown);
      return makeUnusable(RED, this, texts.error(error), microphoneStatus({ name: "failed", error }, texts).text);
    }

    const { sampleRate, device } = settings;
    const meter = new LevelMeter(sampleRate, {
      show: (sound) => status.push(sound),
      muted: () => this.warn(texts.error(new AaiError("AAI_MUTED", { device: device || "default" })).message),
    });
    const trial = new MicrophoneTrial(recorder, settings);
    Object.assign(this, { trial, settings } satisfies MicrophoneNode);
    const capture = new Capture(trial.recorder, settings, systemClock, {
      chunk: (pcm, first) => {
        meter.push(pcm);
        trial.heard(pcm);
        this.send(audioMessage(settings, pcm, first));
      },
      state: (state) => {
        if (state.name === "starting") meter.restart();
        status.push(state);
        trial.follow(state);
      },
      error: report,
    });
    if (settings.autoStart) whenFlowsStarted(RED, this, () => capture.start());
    else status.push({ name: "stopped" });

    onInput(this, texts, (msg) => {
      const action = readMicrophoneAction(msg, settings);
      if (action === "start" || (action === "toggle" && !capture.isStarted)) {
        cause = msg;
        capture.start();
      } else if (action !== undefined) {
        capture.stop();
      }
    });

    this.on("close", (_removed: boolean, done: () => void) => {
      trial.close(() => {
        capture.close(done);
        status.cancel();
      });
    });
  }

  RED.nodes.registerType("assemblyai-microphone", Microphone);
};
