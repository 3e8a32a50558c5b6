import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capture, type CaptureState } from "../../nodes/lib/microphone/capture";
import { wavFile } from "../../nodes/lib/audio/wav";
import { systemClock } from "../../nodes/lib/common/clock";
import type { AaiError } from "../../nodes/lib/common/errors";
import type { MicrophoneSettings } from "../../nodes/lib/microphone/settings";
import { createRecorder, type RecorderSystem } from "../../nodes/lib/microphone/recorder";
import { assertInstalled, createFifoDevice, readWavSamples, startFakeMicrophone, type FakeMicrophone } from "../support/fake-mic";
import { until } from "../support/until";

/** A capture with the real programs, and everything that came of it. */
function startCapture(env: NodeJS.ProcessEnv, settings: Partial<MicrophoneSettings> = {}, platform: NodeJS.Platform = "linux") {
  const pids: number[] = [];
  const recorder = createRecorder(
    {
      platform,
      env: { ...process.env, ...env },
      spawn(command, args, childEnv) {
        const child = spawn(command, args, { env: childEnv, stdio: ["ignore", "pipe", "pipe"] });
        if (child.pid !== undefined) pids.push(child.pid);
        return child;
      },
    },
    systemClock,
  );
  const chunks: { pcm: Buffer; at: number }[] = [];
  const states: CaptureState["name"][] = [];
  const errors: AaiError[] = [];
  const started = performance.now();
  const capture = new Capture(
    recorder,
    { device: "filemic", sampleRate: 16_000, chunkMs: 50, autoStart: false, stopWithSession: true, format: "raw", topic: "", ...settings },
    systemClock,
    {
      chunk: (pcm) => chunks.push({ pcm, at: performance.now() - started }),
      state: (state) => states.push(state.name),
      error: (error) => errors.push(error),
    },
  );
  const close = () => new Promise<void>((resolve) => capture.close(resolve));
  capture.start();
  return { capture, pids, chunks, states, errors, started, close, heard: () => Buffer.concat(chunks.map(({ pcm }) => pcm)) };
}

/** The processes that this one has started and not yet seen the end of, zombies included. */
function children(): string[] {
  return readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean);
}

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

/** Two seconds of noise: unlike in speech, every sample shows whether audio was lost, repeated or moved. */
function writeNoise(file: string): void {
  const samples = Buffer.alloc(64_000);
  let seed = 1;
  for (let i = 0; i < samples.length; i++) samples[i] = (seed = (seed * 48_271) % 2_147_483_647) & 0xff;
  writeFileSync(file, wavFile(samples, 16_000));
}

describe("recorder with the real programs", () => {
  const folder = mkdtempSync(join(tmpdir(), "recorder-test-"));
  const wav = join(folder, "noise.wav");
  let microphone: FakeMicrophone | undefined;
  let running: ReturnType<typeof startCapture> | undefined;

  const start = (...args: Parameters<typeof startCapture>) => (running = startCapture(...args));
  const plugIn = async (periodBytes = 4000) =>
    (microphone = await startFakeMicrophone({ wav, leadSeconds: 0.5, tailSeconds: 20, periodBytes }));

  before(() => {
    assertInstalled("arecord");
    assertInstalled("sox");
    writeNoise(wav);
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    await running?.close();
    running = undefined;
    await microphone?.stop();
    microphone = undefined;
    assert.deepEqual(children(), []);
  });

  it("delivers every sample of a recording, in real time and in exact chunks", async () => {
    const { env, pcm, speechEndMs } = await plugIn();
    const { chunks, states, errors, heard } = start(env);
    const bytes = readWavSamples(wav).length + 32_000;
    await until("the recording", () => heard().length >= bytes);
    assert.deepEqual(heard(), pcm.subarray(0, heard().length));
    assert.ok(chunks.every((chunk) => chunk.pcm.length === 1600));
    assert.deepEqual([states, errors], [["starting", "listening"], []]);
    const first = chunks[0]?.at ?? Infinity;
    const last = chunks.find((_, i) => (i + 1) * 1600 >= bytes - 16_000)?.at ?? Infinity;
    console.log(`      first chunk after ${Math.round(first)} ms, end of the speech (at ${speechEndMs} ms) after ${Math.round(last)} ms`);
    assert.ok(first < 500 && last > speechEndMs - 50 && last < speechEndMs + 500);
  });

  it("records from the system's default device where none is chosen", async () => {
    const { env } = await plugIn();
    const { states } = start(env, { device: "" });
    await until("audio", () => states.includes("listening"));
  });

  it("records with the command line for macOS: the real rec, quick, and bit for bit", async () => {
    const { env, pcm } = await plugIn(2048);
    const { chunks, heard } = start({ ...env, AUDIODRIVER: "alsa" }, {}, "darwin");
    await until("a second of audio", () => heard().length >= 32_000);
    assert.deepEqual(heard(), pcm.subarray(0, heard().length));
    console.log(`      first chunk after ${Math.round(chunks[0]?.at ?? 0)} ms`);
  });

  it("reports what to install where there is no arecord", async () => {
    const { errors, states, pids } = start({ PATH: folder });
    assert.deepEqual([errors.map(({ code }) => code), states, pids], [["AAI_RECORDER_MISSING"], ["failed"], []]);
  });

  it("quotes arecord where the device is not there, and finds it when it is plugged in", async () => {
    const { errors, states, close } = start({ ALSA_CONFIG_PATH: "/usr/share/alsa/alsa.conf" }, { device: "nosuch" });
    await until("the error", () => errors.length > 0);
    assert.equal(errors[0]?.key, "AAI_DEVICE/missing");
    assert.match(errors[0].message, /nosuch.*Unknown PCM nosuch.*audio open error: No such file or directory/);
    assert.deepEqual(states, ["starting", "waiting"]);
    await close();
  });

  it("abandons a device that hangs after 5 s, and ends a recorder that ignores SIGTERM", async () => {
    const device = createFifoDevice();
    const writer = openSync(device.fifo, constants.O_RDWR); // open, and never writes: arecord hangs in read()
    try {
      const { capture, errors, pids, started } = start(device.env);
      await until("the error", () => errors.length > 0, 7000);
      const took = performance.now() - started;
      assert.equal(errors[0]?.code, "AAI_NO_AUDIO");
      assert.ok(took > 4900 && took < 5500, `${took} ms`);
      await until("the restart", () => pids.length === 2);
      assert.ok(!children().includes(String(pids[0])), "the stuck one is still there");
      const stopping = performance.now();
      capture.stop();
      await until("its end", () => children().length === 0);
      assert.ok(performance.now() - stopping < 1500);
    } finally {
      closeSync(writer);
      device.remove();
    }
  });

  it("restarts an arecord that was killed, with the audio whole again", async () => {
    const { env, pcm } = await plugIn();
    const { chunks, errors, states, pids, heard } = start(env);
    await until("audio", () => chunks.length > 5);
    process.kill(pids[0] ?? 0, "SIGKILL");
    await until("the restart", () => pids.length === 2);
    chunks.length = 0;
    await until("audio", () => heard().length >= 32_000);
    assert.deepEqual(heard(), pcm.subarray(0, heard().length));
    assert.deepEqual(
      errors.map(({ key, values }) => [key, values["signal"]]),
      [["AAI_RECORDER_DIED/signal", "SIGKILL"]],
    );
    assert.deepEqual(states, ["starting", "listening", "waiting", "starting", "listening"]);
  });

  it("leaves no child and no file behind after 30 starts and stops", async () => {
    const config = join(folder, "null.conf");
    writeFileSync(config, "</usr/share/alsa/alsa.conf>\npcm.filemic { type null }\n");
    const { capture, chunks, pids, errors, close } = start({ ALSA_CONFIG_PATH: config });
    let files = 0;
    for (let cycle = 0; cycle < 30; cycle++) {
      await until("audio", () => chunks.length > 0);
      capture.stop();
      await until("the end", () => children().length === 0);
      if (cycle === 0) files = openFiles();
      chunks.length = 0;
      if (cycle < 29) capture.start();
    }
    await close();
    assert.deepEqual([pids.length, errors, children()], [30, [], []]);
    await until("closed files", () => openFiles() <= files);
  });

  it("starts again at once after a stop, never with two at a time", async () => {
    const config = join(folder, "null.conf");
    writeFileSync(config, "</usr/share/alsa/alsa.conf>\npcm.filemic { type null }\n");
    const { capture, chunks, pids } = start({ ALSA_CONFIG_PATH: config });
    for (let cycle = 0; cycle < 5; cycle++) {
      await until("audio", () => chunks.length > 0);
      capture.stop();
      capture.start();
      assert.ok(children().length <= 1);
      chunks.length = 0;
    }
    await until("audio", () => chunks.length > 0);
    assert.equal(pids.length, 6);
  });

  it("gets bare samples by the command line for Windows, but for the driver's name", async () => {
    // waveaudio exists on Windows only: a raw file stands for the driver, everything else is the real command line and the real sox.
    const raw = join(folder, "noise.raw");
    writeFileSync(raw, readWavSamples(wav));
    writeFileSync(join(folder, "sox.exe"), "", { mode: 0o755 });
    let args: readonly string[] = [];
    const system: RecorderSystem = {
      platform: "win32",
      env: { Path: folder },
      spawn(_command, given) {
        args = given.map((arg) => (arg === "waveaudio" ? "raw" : arg));
        return spawn("true", [], { stdio: ["ignore", "pipe", "pipe"] });
      },
    };
    await new Promise<void>((ended) =>
      createRecorder(system, systemClock)({ device: raw, sampleRate: 16_000 }, { pcm: () => {}, failed: () => {}, ended }),
    );
    assert.deepEqual(execFileSync("sox", args), readFileSync(raw));
  });
});
