import assert from "node:assert/strict";
import type { AaiError } from "../../../nodes/lib/common/errors";
import { readMicrophoneSettings } from "../../../nodes/lib/microphone/settings";

describe("microphone: properties", () => {
  it("has a default for each", () => {
    const settings = { device: "", sampleRate: 16_000, chunkMs: 50, autoStart: false, stopWithSession: true, format: "raw", topic: "" };
    assert.deepEqual(readMicrophoneSettings({}), settings);
    assert.deepEqual(readMicrophoneSettings({ device: " ", sampleRate: "", chunkMs: "" }), settings);
  });

  it("takes numbers as the editor and environment variables give them", () => {
    const given = {
      device: "hw:1",
      sampleRate: "8000",
      chunkMs: 1000,
      autoStart: true,
      stopWithSession: false,
      format: "wav",
      topic: "kitchen",
    };
    assert.deepEqual(readMicrophoneSettings(given), { ...given, sampleRate: 8000 });
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
    { format: "mp3" },
    { format: 1 },
    { device: "-t" },
    { device: "tee:null,'|id',raw" },
    { device: "a\u0000b" },
    { device: 3 },
  ]) {
    it(`refuses ${JSON.stringify(properties)}`, () => {
      const [name = ""] = Object.keys(properties);
      assert.throws(() => readMicrophoneSettings(properties), { code: "AAI_PROPERTY", message: new RegExp(name) });
    });
  }

  it("refuses an environment variable that is not set, and quotes nothing of it", () => {
    for (const name of ["device", "sampleRate", "chunkMs", "autoStart", "topic"]) {
      for (const value of ["${MIC}", " ${MIC}", "$(MIC)"]) {
        const unresolved = (error: AaiError) => error.key === "AAI_PROPERTY/unresolved" && !/MIC/.test(error.message);
        assert.throws(() => readMicrophoneSettings({ [name]: value }), unresolved, `${name} ${value}`);
      }
    }
  });
});
