import { Random } from "../support/random";
import { withBudget, withCoincidence, withOldCodes } from "./coincidences";
import { makeReaction, withReactions } from "./reactions";
import type { RecogniserStyle } from "./recogniser";
import { ACTIONS, AUDIO_FORMS, type ConnectionPlan, type Schedule, type Step } from "./schedule";

/** Codes that the service ends sessions with, and some that it should not know. */
const CODES = [1000, 1008, 1009, 1011, 1013, 3005, 3006, 3007, 3008, 3009, 4000, 4001, 4003, 4101, 410, 4999];
const TEXTS = [
  "Session Cancelled: An error occurred",
  "Unauthorized Connection: Too many concurrent sessions",
  "Unauthorized Connection: Incorrect padding",
  "Session terminated due to inactivity: No messages received for 30 seconds",
  "Insufficient balance",
  "",
  null,
];
const FRAMES = [
  "",
  "{",
  "[]",
  "null",
  '"Begin"',
  '{"type":"Begin"}',
  '{"type":"Begin","id":"again"}',
  '{"type":"Turn"}',
  '{"type":"Turn","turn_order":999,"end_of_turn":false,"transcript":"","words":null}',
  '{"type":"Heartbeat","total_duration_ms":1}',
  '{"type":"Warning","warning_code":1,"warning":"soon"}',
  '{"type":"Warning"}',
  '{"type":"Silence","start_ms":0,"end_ms":1000}',
  `{"type":"Turn","turn_order":0,"end_of_turn":false,"transcript":"x","words":[],"deep":${"[".repeat(5000)}${"]".repeat(5000)}}`,
];
const TURNS = ["pro", "pro", "pro", "plain", "twins", "finals"] as const;
/** Live: a text comes 0.4 to 1.2 s after what it is of. */
const LATEST_TEXT_MS = 2_500;
/** Hz, with a voice gate and without: what must be resampled for it takes most of a schedule's time. */
const GATE_RATES = [16_000, 16_000, 16_000, 16_000, 16_000, 16_000, 16_000, 8_000];
const RATES = [8_000, 8_000, 8_000, 8_000, 8_000, 8_000, 16_000];

/** A random schedule: the same for the same seed. */
export function makeSchedule(seed: number): Schedule {
  const random = new Random(seed * 2_654_435_761);
  const chance = (probability: number) => random.next() < probability;
  const streams = chance(0.15) ? random.whole(2, 3) : 1;
  const style: RecogniserStyle = {
    turns: random.pick(TURNS),
    turnSilence: random.pick([400, 700, 1_200]),
    earlyStart: chance(0.3) ? random.whole(200, 1_000) : 0,
    bracketed: chance(0.1),
  };
  const lengthMs = random.whole(10, 40) * 1_000;
  const open = random.pick(["audio", "audio", "audio", "command", "speech", "speech"]);
  const maker = new Maker(random, lengthMs, open === "speech" ? GATE_RATES : RATES);
  const steps = Array.from({ length: streams }, (_, stream) => maker.streamSteps(stream)).flat();
  if (chance(0.08)) steps.push({ at: random.whole(1_000, lengthMs), stream: 0, do: "redeploy" });
  if (chance(0.06)) steps.push({ at: random.whole(1_000, lengthMs), stream: 0, do: "crash" });
  if (chance(0.06)) {
    const at = random.whole(1_000, lengthMs);
    steps.push(
      { at, stream: 0, do: "account", usable: false },
      { at: at + random.whole(1_000, 20_000), stream: 0, do: "account", usable: true },
    );
  }
  const schedule = {
    seed,
    streams,
    style,
    steps,
    properties: properties(random, streams, style, open),
    connections: Array.from({ length: random.whole(1, 8) }, () => connection(random)),
    reactions: chance(0.3) ? Array.from({ length: random.whole(1, 3) }, () => makeReaction(random, streams)) : [],
    removed: chance(0.3),
  };
  return withReactions(withOldCodes(withBudget(withCoincidence(schedule))));
}

function properties(random: Random, streams: number, style: RecogniserStyle, open: string): Record<string, unknown> {
  const chance = (probability: number) => random.next() < probability;
  return {
    open,
    ...(chance(0.3) ? { preRoll: random.pick([0, 1_500]) } : {}),
    silenceTimeout: random.pick([1, 2, 3, 5, 5, 5, 7, 0]),
    sampleRate: open === "speech" ? 16_000 : 8_000,
    ...(streams > 1 ? { perTopic: true, maxStreams: random.pick([streams, streams, streams - 1]) } : {}),
    ...(chance(0.2) ? { maxSession: random.pick([0.1, 0.3, 0.5]) } : {}),
    ...(chance(0.3) ? { serverTimeout: random.pick([0, 5, 15]) } : {}),
    ...(chance(0.1) ? { reconnect: false } : {}),
    ...(style.turns === "twins" ? { model: "universal-streaming-english", formatTurns: true } : {}),
    ...(style.turns === "plain" ? { model: "universal-streaming-english" } : {}),
    ...(style.turns === "finals" ? { options: { include_partial_turns: false } } : {}),
  };
}

function connection(random: Random): ConnectionPlan {
  const chance = (probability: number) => random.next() < probability;
  const plan: ConnectionPlan = {
    openMs: random.pick([0, 50, 100, 800, 3_000]),
    beginMs: random.pick([0, 100, 300, 1_200, 6_000]),
    textDelayMs: chance(0.25) ? random.whole(200, LATEST_TEXT_MS) : 0,
    pongMs: random.pick([0, 20, 20, 200, 1_600, 4_000]),
    terminationMs: random.pick([300, 600, 1_300, 4_500]),
  };
  if (chance(0.12)) {
    const http = () => ({ http: random.pick([401, 403, 402, 404, 429, 500, 503]) });
    const error = () => ({ code: random.pick(CODES), text: random.pick(TEXTS), typed: chance(0.8) });
    plan.refusal = random.pick([() => "network" as const, http, error, error])();
  }
  if (chance(0.05)) delete plan.beginMs;
  if (chance(0.05)) delete plan.pongMs;
  if (chance(0.05)) delete plan.terminationMs;
  if (chance(0.05)) plan.errorFirst = random.pick(CODES);
  if (chance(0.1)) plan.expiresS = random.whole(3, 40);
  return plan;
}

/** Makes the steps of one stream: what is said and recorded there, and what goes wrong. */
class Maker {
  constructor(
    private readonly random: Random,
    private readonly lengthMs: number,
    private readonly rates: readonly number[],
  ) {}

  streamSteps(stream: number): Step[] {
    const { random, lengthMs } = this;
    const steps: Step[] = [...this.recordings(stream)];
    for (let at = random.whole(0, 3_000); at < lengthMs; at += random.pick([500, 2_000, 4_000, 6_000, 9_000, 15_000])) {
      steps.push({ at: at + random.whole(0, 999), stream, do: "say", words: random.pick([1, 2, 3, 5, 8, 12, 20]) });
    }
    for (let faults = random.pick([0, 0, 1, 1, 2, 3, 5]); faults > 0; faults--) steps.push(this.fault(stream));
    for (let actions = random.pick([0, 0, 0, 1, 2, 3]); actions > 0; actions--) {
      steps.push({ at: random.whole(0, lengthMs), stream, do: "action", action: random.pick(ACTIONS) });
    }
    return steps;
  }

  private recordings(stream: number): Step[] {
    const { random, lengthMs } = this;
    const steps: Step[] = [];
    let at = random.whole(0, 1_500);
    while (at < lengthMs) {
      const until = at + random.pick([2_000, 8_000, 20_000, lengthMs]);
      const rate = random.pick(this.rates);
      if (random.next() < 0.1) {
        const sentences = Array.from({ length: random.whole(1, 5) }, () => random.whole(1, 10));
        steps.push({
          at,
          stream,
          do: "file",
          sentences,
          pauseMs: random.pick([600, 2_000, 4_000]),
          rate,
          form: random.pick(["raw", "wav", "stereo", "floats"]),
        });
      } else {
        const pieceMs = random.pick([20, 50, 100, 250, 250, 500]);
        const form = random.pick(["raw", "raw", "raw", ...AUDIO_FORMS] as const);
        steps.push({ at, stream, do: "microphone", pieceMs, rate, form, first: random.next() < 0.5 });
        // After a pause, half a sample is not waited for: what came late and cut oddly is noise.
        if (form !== "odd" && random.next() < 0.1)
          steps.push({ at: random.whole(at, until), stream, do: "hold audio", ms: random.whole(300, 8_000) });
        steps.push({ at: until, stream, do: "microphone off" });
      }
      at = until + random.pick([100, 500, 1_200, 5_000, 15_000]);
    }
    if (random.next() < 0.5) steps.push({ at: random.whole(0, 500), stream, do: "action", action: "start" });
    return steps;
  }

  private fault(stream: number): Step {
    const { random } = this;
    const where = { at: random.whole(500, this.lengthMs), stream };
    const faults: (() => Step)[] = [
      () => ({ ...where, do: "drop" }),
      () => ({ ...where, do: "drop" }),
      () => ({ ...where, do: "half-open" }),
      () => ({ ...where, do: "stall", ms: random.whole(500, 12_000) }),
      () => ({ ...where, do: "stall", ms: random.whole(3_000, 6_000) }),
      () => ({ ...where, do: "mute pongs" }),
      () => ({
        ...where,
        do: "error",
        code: random.pick(CODES),
        text: random.pick(TEXTS),
        typed: random.next() < 0.8,
        close: random.next() < 0.9,
      }),
      () => ({ ...where, do: "close", code: random.pick(CODES) }),
      () => ({ ...where, do: "terminate" }),
      () => ({ ...where, do: "frame", text: random.pick(FRAMES) }),
      () => ({ ...where, do: "junk" }),
    ];
    return random.pick(faults)();
  }
}
