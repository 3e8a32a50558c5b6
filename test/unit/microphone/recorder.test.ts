import assert from "node:assert/strict";
import childProcess from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { AaiError } from "../../../nodes/lib/common/errors";
import { createRecorder, type RecorderSettings } from "../../../nodes/lib/microphone/recorder";
import { FakeClock } from "../../support/fake-clock";
import { FakeProcess, settled } from "../../support/fake-process";

const PCM = Buffer.from("0102030405060708", "hex");

interface Bench {
  clock: FakeClock;
  children: FakeProcess[];
  heard: Buffer[];
  errors: AaiError[];
  ended: number;
  /** Starts a recording and gives its process. */
  start(settings?: Partial<RecorderSettings>): { child: FakeProcess; stop: () => void };
}

function bench(options: { platform?: NodeJS.Platform; env?: NodeJS.ProcessEnv; withoutStdout?: boolean } = {}): Bench {
  const { platform = "linux", env = {} } = options;
  const clock = new FakeClock();
  const children: FakeProcess[] = [];
  const system = {
    platform,
    env,
    spawn(command: string, args: readonly string[], childEnv: NodeJS.ProcessEnv) {
      const child = new FakeProcess(command, args, childEnv, options);
      children.push(child);
      return child;
    },
  };
  const recorder = createRecorder(system, clock);
  const state: Bench = {
    clock,
    children,
    heard: [],
    errors: [],
    ended: 0,
    start(settings = {}) {
      const recording = recorder(
        { device: "", sampleRate: 16_000, ...settings },
        {
          pcm: (bytes) => state.heard.push(bytes),
          failed: (error) => state.errors.push(error),
          ended: () => state.ended++,
        },
      );
      const child = children.at(-1);
      assert.ok(child);
      return { child, stop: () => recording.stop() };
    },
  };
  return state;
}

describe("recorder: command lines", () => {
  const windowsFolder = mkdtempSync(join(tmpdir(), "recorder-test-"));
  before(() => writeFileSync(join(windowsFolder, "sox.exe"), "", { mode: 0o755 }));
  after(() => rmSync(windowsFolder, { recursive: true }));

  it("is started by its full path on Windows, which looks for a bare name in the current folder first", () => {
    const { child } = bench({ platform: "win32", env: { Path: [".", "bin", windowsFolder].join(delimiter) } }).start();
    assert.equal(child.command, join(windowsFolder, "sox.exe"));
    for (const env of [{}, { Path: "." }, { Path: "" }]) {
      assert.throws(() => bench({ platform: "win32", env }).start(), { code: "AAI_RECORDER_MISSING" });
    }
  });

  it("passes the recorder no variable that it does not need, and not the key", () => {
    for (const platform of ["linux", "darwin"] as const) {
      const { child } = bench({ platform, env: { ASSEMBLYAI_API_KEY: "secret", HOME: "/home/pi" } }).start();
      assert.deepEqual(child.env, { HOME: "/home/pi", LC_ALL: "C" });
    }
  });

  it("asks arecord for bare samples from the system's default device", () => {
    const { child } = bench({ env: { ALSA_CONFIG_PATH: "/some/asound.conf", LC_ALL: "fr_FR.UTF-8" } }).start();
    assert.equal(child.command, "arecord");
    assert.deepEqual(child.args, ["-c", "1", "-r", "16000", "-f", "S16_LE", "-D", "default", "-t", "raw"]);
    assert.deepEqual(child.env, { ALSA_CONFIG_PATH: "/some/asound.conf", LC_ALL: "C" });
  });

  it("names the device and the rate that were chosen", () => {
    const { child } = bench().start({ device: "plughw:CARD=USB,DEV=0", sampleRate: 48_000 });
    assert.deepEqual(child.args.slice(2, 8), ["-r", "48000", "-f", "S16_LE", "-D", "plughw:CARD=USB,DEV=0"]);
    assert.equal(child.env["AUDIODEV"], undefined);
  });

  it("keeps rec quiet and quick on macOS, and names the device in its environment", () => {
    const { child } = bench({ platform: "darwin" }).start({ device: "USB Audio" });
    assert.equal(child.command, "rec");
    const args = "-q --buffer 1024 -b 16 --endian little -c 1 -r 16000 -e signed-integer -t raw -";
    assert.deepEqual(child.args, args.split(" "));
    assert.equal(child.env["AUDIODEV"], "USB Audio");
    assert.equal("AUDIODEV" in bench({ platform: "darwin" }).start().child.env, false);
  });

  it("asks sox for bare samples on Windows, where mic would get sox's own 32-bit format", () => {
    const { child } = bench({ platform: "win32", env: { Path: windowsFolder } }).start();
    const input = "-q --buffer 1024 -b 16 --endian little -c 1 -r 16000 -e signed-integer -t waveaudio default";
    assert.deepEqual(child.args, [...input.split(" "), ..."-b 16 -e signed-integer -t raw -".split(" ")]);
  });

  it("names the device on Windows in the place of the default one", () => {
    const { child } = bench({ platform: "win32", env: { Path: windowsFolder } }).start({ device: "Microphone (USB)" });
    assert.deepEqual(child.args.slice(13, 16), ["-t", "waveaudio", "Microphone (USB)"]);
  });

  it("leaves child_process and every other user of mic alone", () => {
    const { spawn } = childProcess;
    bench().start();
    assert.equal(childProcess.spawn, spawn);
    const require = createRequire(__filename);
    assert.equal(require.cache[require.resolve("mic/lib/mic.js")], undefined);
  });
});

describe("recorder: audio", () => {
  it("passes on the recorder's output, piece by piece", async () => {
    const b = bench();
    const { child } = b.start();
    await child.writes(PCM);
    await child.writes(PCM.subarray(0, 3));
    assert.deepEqual(b.heard, [PCM, PCM.subarray(0, 3)]);
  });

  it("hands on nothing after a stop", async () => {
    const b = bench();
    const { child, stop } = b.start();
    stop();
    await child.writes(PCM);
    assert.deepEqual(b.heard, []);
  });

  it("reports another rate of the device that arecord warns of", async () => {
    const b = bench();
    const { child } = b.start();
    await child.says("Warning: rate is not accu");
    await child.says("rate (requested = 16000Hz, got = 48000Hz)\n         please, try the plug plugin\n");
    assert.equal(b.errors[0]?.key, "AAI_DEVICE/rate");
    assert.match(b.errors[0]?.message ?? "", /48000 Hz/);
    assert.deepEqual(child.signals, ["SIGTERM"]);
  });

  it("reports another rate of the device in a header", async () => {
    const b = bench();
    const { child } = b.start();
    const header = Buffer.from(
      "RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\x02\0\x10\0data\xff\xff\xff\x7f",
      "latin1",
    );
    header.writeUInt32LE(44_100, 24);
    await child.writes(header);
    assert.deepEqual(
      b.errors.map((error) => [error.key, error.values]),
      [["AAI_DEVICE/rate", { wanted: 16_000, granted: 44_100 }]],
    );
  });
});

describe("recorder: failures", () => {
  for (const [platform, hint] of [
    ["linux", "alsa-utils"],
    ["freebsd", "alsa-utils"],
    ["darwin", "brew install sox"],
    ["win32", "Install SoX"],
  ] as const) {
    it(`reports at once what to install on ${platform} where the recorder is not on the PATH`, () => {
      const b = bench({ platform, env: { PATH: "/nonexistent" } });
      assert.throws(() => b.start(), { code: "AAI_RECORDER_MISSING", message: new RegExp(hint) });
      assert.deepEqual([b.children.length, b.clock.timers], [0, 0]);
    });
  }

  it("reports the same where the system does not find it", async () => {
    const b = bench();
    await b.start().child.cannotStart("ENOENT");
    assert.deepEqual([b.errors.map((error) => error.code), b.ended, b.clock.timers], [["AAI_RECORDER_MISSING"], 1, 0]);
  });

  it("reports why the recorder could not be started", async () => {
    const b = bench();
    await b.start().child.cannotStart("EACCES");
    assert.equal(b.errors[0]?.key, "AAI_RECORDER_DIED/start");
    assert.match(b.errors[0]?.message ?? "", /spawn arecord EACCES/);
    assert.deepEqual([b.errors.length, b.ended, b.clock.timers], [1, 1, 0]);
  });

  it("survives a system that has no file descriptors left, where mic itself throws", async () => {
    const b = bench({ withoutStdout: true });
    assert.throws(() => b.start(), { key: "AAI_RECORDER_DIED/start" });
    await b.children[0]?.cannotStart("EMFILE");
    assert.deepEqual([b.errors, b.ended, b.clock.timers], [[], 0, 0]);
  });

  const greeting = "Recording raw data 'stdin' : Signed 16 bit Little Endian, Rate 16000 Hz, Mono\n";
  for (const [key, stderr] of [
    [
      "AAI_DEVICE/missing",
      "ALSA lib pcm.c:2666:(snd_pcm_open_noupdate) Unknown PCM nosuch\narecord: main:831: audio open error: No such file or directory\n",
    ],
    ["AAI_DEVICE/busy", "arecord: main:831: audio open error: Device or resource busy\n"],
    ["AAI_DEVICE/permission", "arecord: main:831: audio open error: Permission denied\n"],
    ["AAI_DEVICE", `${greeting}arecord: set_params:1358: Channels count non available\n`],
  ] as const) {
    it(`quotes the recorder where it ends without audio: ${key}`, async () => {
      const b = bench();
      const { child } = b.start({ device: "nosuch" });
      await child.says(stderr);
      await child.closes(1);
      assert.deepEqual([b.errors.map((error) => error.key), b.ended], [[key], 1]);
      const last = stderr.trim().split("\n").at(-1) ?? "";
      const message = b.errors[0]?.message ?? "";
      assert.deepEqual(
        [last, "nosuch", "Recording raw"].map((text) => message.includes(text)),
        [true, true, false],
        message,
      );
    });
  }

  it("reports how a recorder died that had delivered audio", async () => {
    const b = bench();
    const { child } = b.start();
    await child.says(greeting);
    await child.writes(PCM);
    await child.closes(null, "SIGKILL");
    assert.deepEqual(
      b.errors.map((error) => [error.key, error.values]),
      [["AAI_RECORDER_DIED/signal", { program: "arecord", signal: "SIGKILL", detail: "" }]],
    );
    assert.deepEqual([b.ended, b.clock.timers], [1, 0]);
  });

  it("reports a recorder that ends without a message, even with exit code 0", async () => {
    const b = bench();
    await b.start().child.closes(0);
    assert.deepEqual(
      b.errors.map((error) => [error.key, error.values["exit"]]),
      [["AAI_RECORDER_DIED", 0]],
    );
  });

  it("quotes no more than a line's worth of a talkative recorder", async () => {
    const b = bench();
    const { child } = b.start();
    await child.says("x".repeat(100_000));
    await child.closes(1);
    assert.ok((b.errors[0]?.message.length ?? 0) < 400);
  });
});

describe("recorder: the watch for audio", () => {
  it("ends a recorder that delivers nothing for 5 s", () => {
    const b = bench();
    const { child } = b.start({ device: "hung" });
    b.clock.advance(4999);
    assert.equal(b.errors.length, 0);
    b.clock.advance(1);
    assert.deepEqual(
      b.errors.map((error) => [error.code, error.values]),
      [["AAI_NO_AUDIO", { device: "hung", seconds: 5 }]],
    );
    assert.deepEqual([child.signals, b.ended], [["SIGTERM"], 0]);
  });

  it("ends it in mid-stream, 5 s after the last audio", async () => {
    const b = bench();
    const { child } = b.start();
    for (let i = 0; i < 3; i++) {
      b.clock.advance(4000);
      await child.writes(PCM);
    }
    b.clock.advance(4999);
    assert.equal(b.errors.length, 0);
    b.clock.advance(1);
    assert.deepEqual(
      b.errors.map((error) => error.code),
      ["AAI_NO_AUDIO"],
    );
  });

  it("does not blame the recorder for the time in which the host itself stood still", () => {
    const b = bench();
    const stalled = new (class extends FakeClock {
      override now(): number {
        return super.now() + this.lost;
      }
      lost = 0;
    })();
    const recorder = createRecorder({ platform: "linux", env: {}, spawn: (c, a, env) => new FakeProcess(c, a, env) }, stalled);
    recorder({ device: "", sampleRate: 16_000 }, { pcm: () => {}, failed: (error) => b.errors.push(error), ended: () => {} });
    stalled.lost = 8000;
    stalled.advance(5000);
    assert.equal(b.errors.length, 0);
    stalled.advance(5000);
    assert.equal(b.errors.length, 1);
  });
});

describe("recorder: the end of its process", () => {
  it("asks once and waits for it", async () => {
    const b = bench();
    const { child, stop } = b.start();
    stop();
    stop();
    assert.deepEqual([child.signals, b.ended], [["SIGTERM"], 0]);
    await child.closes(1);
    b.clock.advance(10_000);
    assert.deepEqual([child.signals, b.ended, b.errors, b.clock.timers], [["SIGTERM"], 1, [], 0]);
  });

  it("kills a stuck one 1 s later", async () => {
    const b = bench();
    const { child, stop } = b.start();
    stop();
    b.clock.advance(999);
    assert.deepEqual(child.signals, ["SIGTERM"]);
    b.clock.advance(1);
    assert.deepEqual(child.signals, ["SIGTERM", "SIGKILL"]);
    await child.closes(null, "SIGKILL");
    assert.deepEqual([b.ended, b.errors, b.clock.timers], [1, [], 0]);
  });

  it("abandons one that not even SIGKILL ends, and reports its end once even if it ends later", async () => {
    const b = bench();
    const { child, stop } = b.start();
    stop();
    b.clock.advance(2000);
    assert.deepEqual([b.ended, child.unreferenced, child.stdout?.destroyed, child.stderr.destroyed], [1, true, true, true]);
    await child.closes(null, "SIGKILL");
    assert.deepEqual([b.ended, b.errors, b.clock.timers], [1, [], 0]);
  });

  it("does not take a signal that could not be sent for an end", async () => {
    const b = bench();
    const { child } = b.start();
    child.emit("error", Object.assign(new Error("kill EPERM"), { code: "EPERM" }));
    await settled();
    assert.deepEqual([b.errors, b.ended], [[], 0]);
  });
});
