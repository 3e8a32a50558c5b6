import { hourlyRate } from "../../nodes/lib/billing/pricing";
import { Random } from "../support/random";
import { PRESENT_ENDS, type ConnectionPlan, type Schedule, type Step } from "./schedule";

/** Codes of the retired v2 service, which the vendor's SDKs still know. */
const OLD_CODES = [4002, 4004, 4034, 4100, 4102];
const OLD_CODE_CHANCE = 0.15;

/**
 * Some schedules are given what hardly ever comes together by chance. It is drawn from numbers of its own: all else in a schedule stays as
 * it is.
 */
export function withCoincidence(schedule: Schedule): Schedule {
  const random = new Random(schedule.seed * 2_246_822_519 + 1);
  if (random.next() < 0.7) return schedule;
  return random.pick([withLostRollover, withStalledSpeech, withDeadLine, withSecondDrop, withVoiceAfterSilence])(schedule, random);
}

/** The session that is to be replaced ends while the next one is on its way. */
function withLostRollover(schedule: Schedule, random: Random): Schedule {
  const connections = schedule.connections.map((plan) => ({
    ...plan,
    openMs: random.pick([100, 800, 3_000]),
    presentEnds: { afterMs: random.whole(0, 4_000), by: random.pick(PRESENT_ENDS) },
  }));
  const serverTimeout = random.pick([0, 15]);
  return { ...schedule, connections, properties: { ...schedule.properties, maxSession: random.pick([0.1, 0.3]), serverTimeout } };
}

/** Someone speaks on and on while nothing passes, either way, for about as long as the silence timeout. */
function withStalledSpeech(schedule: Schedule, random: Random): Schedule {
  const at = random.whole(500, 5_000);
  const timeoutMs = 1_000 * Number(schedule.properties["silenceTimeout"]);
  const ms = Math.max(1_000, timeoutMs + random.whole(-1_500, 250));
  return withSteps(schedule, { at, stream: 0, do: "say", words: 40 }, { at: at + random.whole(4_000, 8_000), stream: 0, do: "stall", ms });
}

/** The microphone is let go of before the line is found dead on which someone has spoken. */
function withDeadLine(schedule: Schedule, random: Random): Schedule {
  const at = random.whole(1_000, 8_000);
  const spokenAt = at + random.whole(100, 2_000);
  const offAt = spokenAt + random.whole(2_000, 4_000);
  return withSteps(
    schedule,
    { at, stream: 0, do: "half-open" },
    { at: spokenAt, stream: 0, do: "say", words: 4 },
    { at: offAt, stream: 0, do: "microphone off" },
  );
}

/** A sentence's session drops, the one that gets the sentence again drops, too, and that is the end. */
function withSecondDrop(schedule: Schedule, random: Random): Schedule {
  const at = random.whole(500, 5_000);
  const droppedAt = at + random.whole(1_500, 4_000);
  const againAt = droppedAt + random.whole(1_500, 4_000);
  const steps: Step[] = [
    { at, stream: 0, do: "say", words: 15 },
    { at: droppedAt, stream: 0, do: "drop" },
    { at: againAt, stream: 0, do: "drop" },
  ];
  return withSteps(schedule, ...steps, { at: againAt + random.whole(100, 4_000), stream: 0, do: "action", action: "stop" });
}

/** With the longest pre-roll and the shortest timeout, someone speaks again as a session is on its way out, or has just ended. */
function withVoiceAfterSilence(schedule: Schedule, random: Random): Schedule {
  const steps: Step[] = [];
  for (let at = random.whole(500, 3_000); at < 15_000; at += random.whole(1_500, 4_000)) {
    steps.push({ at, stream: 0, do: "say", words: random.whole(1, 3) });
  }
  return { ...withSteps(schedule, ...steps), properties: { ...schedule.properties, preRoll: 1_500, silenceTimeout: 1 } };
}

function withSteps(schedule: Schedule, ...steps: Step[]): Schedule {
  return { ...schedule, steps: [...schedule.steps, ...steps] };
}

/** The model that a schedule's node asks for, and what an hour of it costs, USD. */
export function usdPerHourOf({ properties }: Pick<Schedule, "properties">): number {
  return hourlyRate(typeof properties["model"] === "string" ? properties["model"] : undefined);
}

/** A tenth of the schedules have a budget that sessions of some seconds use up. Drawn from numbers of its own, too. */
export function withBudget(schedule: Schedule): Schedule {
  const random = new Random(schedule.seed * 3_266_489_917 + 8);
  if (random.next() >= 0.1) return schedule;
  const lastAt = Math.max(0, ...schedule.steps.map(({ at }) => at));
  const anew: Step["do"] | undefined = random.pick(["redeploy", "redeploy", "crash", undefined, undefined, undefined]);
  const steps: Step[] = [{ at: random.whole(8_000, lastAt + 10_000), stream: 0, do: "action", action: "start" }];
  if (anew) steps.push({ at: random.whole(8_000, lastAt + 5_000), stream: 0, do: anew });
  const seconds = random.pick([random.whole(8, 20), random.whole(8, 60)]);
  const budgetUsd = (seconds * usdPerHourOf(schedule)) / 3_600;
  return { ...withSteps(schedule, ...steps), properties: { ...schedule.properties, budgetUsd } };
}

/** Some of the codes of errors, refusals and closes become old ones. Drawn from numbers of its own, too. */
export function withOldCodes(schedule: Schedule): Schedule {
  const random = new Random(schedule.seed * 374_761_393 + 15);
  const changed = (code: number) => (random.next() < OLD_CODE_CHANCE ? random.pick(OLD_CODES) : code);
  const refused = (plan: ConnectionPlan): ConnectionPlan => {
    const { refusal, errorFirst } = plan;
    return {
      ...plan,
      ...(typeof refusal === "object" && "code" in refusal ? { refusal: { ...refusal, code: changed(refusal.code) } } : {}),
      ...(errorFirst === undefined ? {} : { errorFirst: changed(errorFirst) }),
    };
  };
  return {
    ...schedule,
    connections: schedule.connections.map(refused),
    steps: schedule.steps.map((step) => (step.do === "error" || step.do === "close" ? { ...step, code: changed(step.code) } : step)),
  };
}
