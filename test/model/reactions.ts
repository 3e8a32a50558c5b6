import { Random } from "../support/random";
import { ACTIONS, type Outcome, type Reaction, type Schedule } from "./schedule";

const OUTCOMES = ["begin", "final", "partial", "termination", "reconnecting", "error", "warning", "status"] as const;
const LATER_OUTCOMES = ["failed", "failed", "server"] as const;

export function makeReaction(random: Random, streams: number, outcomes: readonly Outcome[] = OUTCOMES): Reaction {
  return {
    stream: random.whole(0, streams - 1),
    on: random.pick(outcomes),
    nth: random.whole(1, 4),
    action: random.pick([...ACTIONS, "start", "stop", "audio", random.next() < 0.2 ? "close" : "audio"] as const),
  };
}

/** Some flows act at what was not among the outcomes at first. It is drawn from numbers of its own: all else stays as it is. */
export function withReactions(schedule: Schedule): Schedule {
  const random = new Random(schedule.seed * 668_265_263 + 107);
  if (random.next() >= 0.2) return schedule;
  const outcomes = schedule.properties["budgetUsd"] === undefined ? LATER_OUTCOMES : (["budget", "budget", ...LATER_OUTCOMES] as const);
  const reactions = Array.from({ length: random.whole(1, 3) }, () => {
    const reaction = makeReaction(random, schedule.streams, outcomes);
    // Most schedules have one or two of these; a budget belongs to no topic.
    return { ...reaction, nth: random.whole(1, 2), stream: reaction.on === "budget" ? 0 : reaction.stream };
  });
  return { ...schedule, reactions: [...schedule.reactions, ...reactions] };
}
