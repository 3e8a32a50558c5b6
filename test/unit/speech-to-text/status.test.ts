import assert from "node:assert/strict";
import { AaiError } from "../../../nodes/lib/common/errors";
import type { SessionSummary } from "../../../nodes/lib/session/session-summary";
import type { StreamStatus } from "../../../nodes/lib/stream/stream";
import type { NodeStatus } from "../../../nodes/lib/common/node-status";
import { nodeTexts } from "../../../nodes/lib/common/node-texts";
import { shortText, StreamingStatusLine, type StreamingTexts } from "../../../nodes/lib/speech-to-text/status";
import type { WakeWord } from "../../../nodes/lib/wakeword/wake-word";
import catalogue from "../../../nodes/locales/en-US/assemblyai-streaming.json";
import { FakeClock } from "../../support/fake-clock";
import { WAKE_WORDS } from "../../support/wake-word";

const ended = (sessionSeconds: number): SessionSummary => ({
  sessionId: "x",
  reason: "silence",
  audioSeconds: 1,
  sessionSeconds,
  turns: 0,
  words: 0,
  model: "m",
  startedAt: "",
  endedAt: "",
  estimated: false,
});

/** A text's key and values; the words themselves are in the catalogue. */
const texts: StreamingTexts = {
  status: (key, values = {}) => [key, ...Object.values(values)].join(" "),
  number: String,
  errorText: (error) => error.message,
  error: (error) => error,
};

class StatusRig {
  readonly clock = new FakeClock();
  readonly shown: { at: number; status: NodeStatus }[] = [];
  readonly line: StreamingStatusLine;
  streams: StreamStatus[] = [];

  constructor(silenceTimeoutMs = 5000, wakeWords: readonly WakeWord[] = []) {
    this.line = new StreamingStatusLine(
      this.clock,
      texts,
      { silenceTimeoutMs, wakeWords },
      () => this.streams,
      (status) => this.shown.push({ at: this.clock.now(), status }),
    );
  }

  /** Sets the streams, and waits for a second in which all updates pass. @returns the shown status */
  show(...streams: StreamStatus[]): string {
    this.streams = streams;
    this.line.refresh();
    this.clock.advance(1000);
    return this.now;
  }

  get now(): string {
    const { fill, shape, text } = this.shown.at(-1)?.status ?? { fill: "", shape: "", text: "" };
    return `${fill} ${shape}: ${text}`;
  }

  get texts(): string[] {
    return this.shown.map(({ status }) => status.text);
  }
}

/** A session whose silence timeout comes at `deadline`. */
const open = (clock: FakeClock, deadline: number): StreamStatus => ({
  phase: "open",
  get silenceRemainingMs() {
    return Math.max(0, deadline - clock.now());
  },
});

describe("streaming-status", () => {
  it("shows which wake words a node waits for, and for a second the one that it has heard", () => {
    const rig = new StatusRig(5000, WAKE_WORDS.slice(0, 2));
    assert.equal(rig.show(), "grey ring: waitingFor Okay Nabu, Hey Jarvis");
    rig.streams = [{ phase: "connecting" }];
    rig.line.called("Okay Nabu");
    assert.equal(rig.now, "blue dot: called Okay Nabu");
    rig.clock.advance(900);
    assert.equal(rig.now, "blue dot: called Okay Nabu");
    rig.clock.advance(700);
    assert.equal(rig.now, "yellow ring: connecting");
    rig.line.terminated(ended(12));
    assert.equal(rig.show(), "grey ring: waitingFor Okay Nabu, Hey Jarvis");
    rig.clock.advance(5000);
    assert.equal(rig.clock.timers, 0);
  });

  it("shows each phase in Node-RED's own colours", () => {
    const rig = new StatusRig();
    assert.equal(rig.show(), "grey ring: idle");
    assert.equal(rig.show({ phase: "idle" }), "grey ring: idle");
    assert.equal(rig.show({ phase: "connecting" }), "yellow ring: connecting");
    assert.equal(rig.show({ phase: "open" }), "green dot: listening");
    assert.equal(rig.show({ phase: "ending" }), "yellow ring: closing");
    assert.equal(rig.show({ phase: "waiting", retryInMs: 4200 }), "yellow ring: reconnecting 5");
    rig.line.terminated(ended(12.4));
    assert.equal(rig.show({ phase: "idle" }), "grey ring: lastSession 12");
  });

  it("counts the seconds down once the silence has lasted one, by itself", () => {
    const rig = new StatusRig();
    const begin = rig.clock.now();
    rig.streams = [open(rig.clock, begin + 5000)];
    rig.line.refresh();
    rig.clock.advance(5000);
    assert.deepEqual(
      rig.shown.map(({ at, status }) => [at - begin, status.text]),
      [
        [0, "listening"],
        [1000, "closesIn 4"],
        [2000, "closesIn 3"],
        [3000, "closesIn 2"],
        [4000, "closesIn 1"],
        [5000, "closesIn 0"],
      ],
    );
    rig.streams = [open(rig.clock, rig.clock.now() + 5000)];
    rig.clock.advance(500);
    assert.equal(rig.now, "green dot: listening", "someone spoke");
  });

  it("counts nothing down with a timeout of 0", () => {
    const rig = new StatusRig(0);
    rig.show({ phase: "open", silenceRemainingMs: undefined });
    rig.clock.advance(10_000);
    assert.deepEqual(rig.texts, ["listening"]);
  });

  it("counts down to the next attempt", () => {
    const rig = new StatusRig();
    const at = rig.clock.now() + 3000;
    rig.streams = [
      {
        phase: "waiting",
        get retryInMs() {
          return Math.max(0, at - rig.clock.now());
        },
      },
    ];
    rig.line.refresh();
    rig.clock.advance(2999);
    assert.deepEqual(
      rig.texts,
      [3, 2, 1].map((seconds) => `reconnecting ${seconds}`),
    );
  });

  it("shows how many topics are listened to, and one that listens before any other", () => {
    const rig = new StatusRig();
    const left = rig.clock.now();
    assert.equal(rig.show({ phase: "open" }, { phase: "idle" }, { phase: "open" }, open(rig.clock, left)), "green dot: listeningMany 3");
    assert.equal(rig.show({ phase: "connecting" }, { phase: "open" }), "green dot: listening");
    assert.equal(rig.show({ phase: "ending" }, { phase: "connecting" }), "yellow ring: connecting");
  });

  describe("an error", () => {
    it("is shown in red until a session begins", () => {
      const rig = new StatusRig();
      rig.line.terminated(ended(3));
      rig.line.failed(new AaiError("AAI_UNAUTHORIZED", { code: 1008, text: "Invalid API key" }));
      assert.equal(rig.now, "red ring: AAI_UNAUTHORIZED 1008 Invalid API key");
      assert.equal(rig.show({ phase: "idle" }), "red ring: AAI_UNAUTHORIZED 1008 Invalid API key");
      assert.equal(rig.show({ phase: "connecting" }), "yellow ring: connecting");
      assert.equal(rig.show({ phase: "idle" }), "red ring: AAI_UNAUTHORIZED 1008 Invalid API key", "the attempt changed nothing");
      rig.line.begun();
      assert.equal(rig.show({ phase: "open" }), "green dot: listening");
      assert.equal(rig.show({ phase: "idle" }), "grey ring: lastSession 3");
    });

    it("is shown in words, without its code and without any text of the server", () => {
      const english = nodeTexts((key) => key, catalogue);
      for (const [key, text] of [
        ["AAI_KEY_MISSING", "no API key"],
        ["AAI_UNAUTHORIZED", "key refused"],
        ["AAI_UNAUTHORIZED/no-reason", "key refused"],
        ["AAI_BUDGET", "budget used up until 00:00"],
        ["AAI_UNREACHABLE", "service unreachable (EXXX)"],
        ["AAI_UNREACHABLE/internet", "no internet (EXXX)"],
        ["AAI_UNREACHABLE/simulator", "simulator not running"],
        ["AAI_CONNECTION_LOST/dead", "connection lost"],
        ["AAI_SERVER", "error at the service"],
        ["AAI_INTERNAL", "error"],
      ] as const) {
        assert.equal(shortText(new AaiError(key, { code: 3005, text: "secret", detail: "EXXX", time: "2026-11-22 00:00" }), english), text);
      }
    });

    it("is shown with the time of the next attempt, where no session can be opened", () => {
      const rig = new StatusRig();
      rig.line.failed(new AaiError("AAI_UNREACHABLE/internet", { detail: "EAI_AGAIN" }));
      assert.equal(rig.show({ phase: "waiting", retryInMs: 4200 }), "red ring: retrying AAI_UNREACHABLE/internet EAI_AGAIN 5");
      rig.line.begun();
      assert.equal(rig.show({ phase: "waiting", retryInMs: 250 }), "yellow ring: reconnecting 1", "a drop that may heal");
    });

    it("is the newest", () => {
      const rig = new StatusRig();
      rig.line.failed(new AaiError("AAI_UNREACHABLE", { detail: "x" }));
      rig.line.failed(new AaiError("AAI_KEY_MISSING"));
      rig.clock.advance(1000);
      assert.equal(rig.now, "red ring: AAI_KEY_MISSING");
    });
  });

  describe("its pace", () => {
    it("is at most two updates in any second, with the newest last", () => {
      const rig = new StatusRig();
      const phases: StreamStatus[] = [{ phase: "connecting" }, { phase: "open" }, { phase: "ending" }, { phase: "idle" }];
      for (let step = 0; step < 500; step++) {
        rig.streams = [phases[step % 4] as StreamStatus];
        rig.line.refresh();
        rig.clock.advance(17);
      }
      rig.streams = [{ phase: "connecting" }];
      rig.line.refresh();
      rig.clock.advance(2000);
      assert.equal(rig.now, "yellow ring: connecting");
      for (const [index, { at }] of rig.shown.entries()) {
        const third = rig.shown[index + 2];
        if (third) assert.ok(third.at - at >= 1000, `three updates in ${third.at - at} ms`);
      }
    });

    it("shows the first update at once, and the same one only once", () => {
      const rig = new StatusRig();
      rig.line.refresh();
      assert.equal(rig.shown.length, 1);
      for (let again = 0; again < 10; again++) rig.show();
      assert.equal(rig.shown.length, 1);
    });
  });

  it("runs no timer while there is nothing to count, and none after it is closed", () => {
    const rig = new StatusRig();
    for (const phase of ["idle", "connecting", "ending"] as const) {
      rig.show({ phase });
      assert.equal(rig.clock.timers, 0, phase);
    }
    rig.streams = [{ phase: "open" }];
    rig.line.refresh();
    rig.streams = [{ phase: "ending" }];
    rig.line.refresh();
    rig.line.refresh();
    rig.streams = [{ phase: "open" }];
    rig.line.refresh();
    const { length } = rig.shown;
    rig.line.close();
    assert.equal(rig.clock.timers, 0);
    rig.clock.advance(10_000);
    assert.equal(rig.shown.length, length);
  });

  it("stays silent when something is reported after it is closed", () => {
    const rig = new StatusRig();
    rig.show({ phase: "open" });
    rig.line.close();
    const { length } = rig.shown;
    rig.line.failed(new AaiError("AAI_INTERNAL", { detail: "x" }));
    rig.line.refresh();
    rig.clock.advance(10_000);
    assert.equal(rig.shown.length, length);
    assert.equal(rig.clock.timers, 0);
  });
});
