import assert from "node:assert/strict";
import { Capture, type CaptureState } from "../../../nodes/lib/microphone/capture";
import { AaiError } from "../../../nodes/lib/common/errors";
import type { RecordingEvents } from "../../../nodes/lib/microphone/recorder";
import { FakeClock } from "../../support/fake-clock";

/** One recording of the fake recorder: the test plays the microphone. */
interface Take extends RecordingEvents {
  stopped: boolean;
}

function bench() {
  const clock = new FakeClock();
  const takes: Take[] = [];
  const states: string[] = [];
  const errors: string[] = [];
  const chunks: Buffer[] = [];
  const firsts: boolean[] = [];
  let refusal: AaiError | undefined;
  const capture: Capture = new Capture(
    (_settings, events) => {
      if (refusal) throw refusal;
      const take = { ...events, stopped: false };
      takes.push(take);
      return { stop: () => (take.stopped = true) };
    },
    { device: "", sampleRate: 16_000, chunkMs: 50, autoStart: false, stopWithSession: true, format: "raw", topic: "" },
    clock,
    {
      chunk: (pcm, first) => {
        firsts.push(first);
        chunks.push(pcm);
      },
      state: (state) => states.push(show(state)),
      error: (error) => errors.push(error.key),
    },
  );
  const last = () => {
    const take = takes.at(-1);
    assert.ok(take, "nothing records");
    return take;
  };
  /** The recording fails, and its process is gone at once. */
  const die = (error = new AaiError("AAI_RECORDER_DIED/signal", { program: "arecord", signal: "SIGKILL", detail: "" })) => {
    last().failed(error);
    last().ended();
  };
  const refuse = (error: AaiError | undefined) => (refusal = error);
  return { clock, takes, states, errors, chunks, firsts, capture, last, die, refuse };
}

function show(state: CaptureState): string {
  if (state.name === "waiting") return `waiting ${state.seconds} (${state.error.code})`;
  return state.name === "failed" ? `failed (${state.error.code})` : state.name;
}

const MS_50 = Buffer.alloc(1600, 1);
const busy = () => new AaiError("AAI_DEVICE/busy", { device: "default", detail: "" });
const missing = new AaiError("AAI_RECORDER_MISSING/linux");

describe("capture", () => {
  it("listens only once audio has arrived", () => {
    const b = bench();
    b.capture.start();
    assert.deepEqual(b.states, ["starting"]);
    b.last().pcm(MS_50);
    b.last().pcm(MS_50);
    assert.deepEqual(b.states, ["starting", "listening"]);
    assert.deepEqual(b.chunks, [MS_50, MS_50]);
  });

  it("takes a start while started and a stop while stopped", () => {
    const b = bench();
    b.capture.stop();
    b.capture.start();
    b.capture.start();
    assert.equal(b.takes.length, 1);
    b.capture.stop();
    b.capture.stop();
    assert.deepEqual([b.last().stopped, b.capture.isStarted, b.states.at(-1)], [true, false, "stopped"]);
  });

  it("starts again only when the last recorder is gone", () => {
    const b = bench();
    b.capture.start();
    b.capture.stop();
    b.capture.start();
    assert.deepEqual([b.takes.length, b.states.at(-1)], [1, "starting"]);
    b.last().ended();
    assert.equal(b.takes.length, 2);
  });

  it("stays stopped when a recorder ends that a second stop came for", () => {
    const b = bench();
    b.capture.start();
    b.capture.stop();
    b.capture.start();
    b.capture.stop();
    b.last().ended();
    assert.deepEqual([b.takes.length, b.clock.timers], [1, 0]);
  });

  it("sends no chunk after a stop, not even of the piece in hand", () => {
    const b = bench();
    const seen: number[] = [];
    b.chunks.push = (chunk) => {
      b.capture.stop();
      return seen.push(chunk.length);
    };
    b.capture.start();
    b.last().pcm(Buffer.concat([MS_50, MS_50, MS_50]));
    assert.deepEqual(seen, [1600]);
  });

  it("starts each recording with a chunk of its own audio", () => {
    const b = bench();
    b.capture.start();
    b.last().pcm(Buffer.alloc(1000, 7));
    b.die();
    b.clock.advance(1000);
    b.last().pcm(MS_50);
    assert.deepEqual(b.chunks, [MS_50]);
  });

  it("marks the first chunk after each start, and none after a restart of its own", () => {
    const b = bench();
    b.capture.start();
    b.last().pcm(Buffer.concat([MS_50, MS_50]));
    b.die();
    b.clock.advance(1000);
    b.last().pcm(MS_50);
    b.capture.stop();
    b.last().ended();
    b.capture.start();
    b.last().pcm(Buffer.concat([MS_50, MS_50]));
    b.capture.start(); // while it runs
    b.last().pcm(Buffer.concat([MS_50, MS_50]));
    assert.deepEqual(b.firsts, [true, false, false, true, false, true, false]);
    assert.equal(b.takes.length, 3, "without another recording");
  });

  it("restarts a recorder that died, counting down", () => {
    const b = bench();
    b.capture.start();
    b.last().pcm(MS_50);
    b.die();
    b.clock.advance(1000);
    b.die();
    b.clock.advance(2000);
    assert.deepEqual(b.states, [
      "starting",
      "listening",
      "waiting 1 (AAI_RECORDER_DIED)",
      "starting",
      "waiting 2 (AAI_RECORDER_DIED)",
      "waiting 1 (AAI_RECORDER_DIED)",
      "starting",
    ]);
    assert.equal(b.takes.length, 3);
  });

  it("waits twice as long each time, up to 30 s", () => {
    const b = bench();
    b.capture.start();
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      b.die(busy());
      const takes = b.takes.length;
      let seconds = 0;
      for (; b.takes.length === takes && seconds < 60; seconds++) b.clock.advance(1000);
      waits.push(seconds);
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 30, 30]);
  });

  it("reports each kind of failure once per streak", () => {
    const b = bench();
    b.capture.start();
    for (const error of [busy(), busy(), undefined, busy(), undefined]) {
      b.die(error);
      b.clock.advance(30_000);
    }
    assert.deepEqual(b.errors, ["AAI_DEVICE/busy", "AAI_RECORDER_DIED/signal"]);
  });

  it("begins a new streak after 10 s of audio, not before", () => {
    const b = bench();
    b.capture.start();
    const recordFor = (ms: number) => {
      b.last().pcm(MS_50);
      b.clock.advance(ms);
      b.last().pcm(MS_50);
      b.die();
    };
    recordFor(9999);
    assert.equal(b.states.at(-1), "waiting 1 (AAI_RECORDER_DIED)");
    b.clock.advance(1000);
    recordFor(9999);
    assert.deepEqual([b.states.at(-1), b.errors.length], ["waiting 2 (AAI_RECORDER_DIED)", 1]);
    b.clock.advance(2000);
    recordFor(10_000);
    assert.deepEqual([b.states.at(-1), b.errors.length], ["waiting 1 (AAI_RECORDER_DIED)", 2]);
  });

  it("begins a new streak when it is started anew", () => {
    const b = bench();
    b.capture.start();
    b.die(busy());
    b.capture.stop();
    b.capture.start();
    b.die(busy());
    assert.deepEqual([b.errors.length, b.states.at(-1)], [2, "waiting 1 (AAI_DEVICE)"]);
  });

  it("does not restart what was stopped while it waited", () => {
    const b = bench();
    b.capture.start();
    b.die();
    b.capture.stop();
    b.clock.advance(60_000);
    assert.deepEqual([b.takes.length, b.states.at(-1), b.clock.timers], [1, "stopped", 0]);
  });

  it("waits for a stuck recorder longer than its own pause", () => {
    const b = bench();
    b.capture.start();
    b.last().failed(new AaiError("AAI_NO_AUDIO", { device: "default", seconds: 5 }));
    b.clock.advance(1500);
    assert.deepEqual([b.takes.length, b.states.at(-1)], [1, "starting"]);
    b.takes[0]?.ended();
    assert.equal(b.takes.length, 2);
  });

  for (const how of ["at once", "by the system's error"]) {
    it(`does not retry a missing recorder, known ${how}, until the next start`, () => {
      const b = bench();
      if (how === "at once") b.refuse(missing);
      b.capture.start();
      if (how !== "at once") b.die(missing);
      b.clock.advance(120_000);
      assert.deepEqual(
        [b.states.at(-1), b.errors, b.capture.isStarted],
        ["failed (AAI_RECORDER_MISSING)", ["AAI_RECORDER_MISSING/linux"], false],
      );
      assert.equal(b.clock.timers, 0);
      b.refuse(undefined);
      b.capture.start();
      b.last().pcm(MS_50);
      assert.equal(b.states.at(-1), "listening");
    });
  }

  it("retries a recorder that could not be started", () => {
    const b = bench();
    b.refuse(new AaiError("AAI_RECORDER_DIED/start", { program: "arecord", detail: "EMFILE" }));
    b.capture.start();
    assert.equal(b.states.at(-1), "waiting 1 (AAI_RECORDER_DIED)");
    b.refuse(undefined);
    b.clock.advance(1000);
    assert.equal(b.takes.length, 1);
  });

  it("takes a defect for a failure like any other", () => {
    const b = bench();
    const capture = new Capture(
      () => {
        throw new TypeError("boom");
      },
      { device: "", sampleRate: 16_000, chunkMs: 50, autoStart: false, stopWithSession: true, format: "raw", topic: "" },
      b.clock,
      { chunk: () => {}, state: () => {}, error: (error) => b.errors.push(error.key) },
    );
    capture.start();
    assert.deepEqual(b.errors, ["AAI_INTERNAL"]);
  });

  it("closes when the recorder is gone", () => {
    const b = bench();
    let closed = 0;
    b.capture.start();
    b.capture.close(() => closed++);
    assert.deepEqual([closed, b.last().stopped], [0, true]);
    b.last().ended();
    assert.deepEqual([closed, b.takes.length, b.clock.timers], [1, 1, 0]);
  });

  it("closes at once where nothing records, also in a pause", () => {
    let closed = 0;
    bench().capture.close(() => closed++);
    const b = bench();
    b.capture.start();
    b.die();
    b.capture.close(() => closed++);
    assert.deepEqual([closed, b.clock.timers], [2, 0]);
  });
});
