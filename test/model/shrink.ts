import { Random } from "../support/random";
import { judge } from "./checks";
import { Run, type Violation } from "./run";
import type { Schedule } from "./schedule";

/** Plays a schedule. The engine's own chances, which spread retries, are always the same. */
export async function play(schedule: Schedule): Promise<Run> {
  const { random } = Math;
  Math.random = new Random(schedule.seed).next;
  try {
    return await new Run(schedule).play();
  } finally {
    Math.random = random;
  }
}

/** Plays a schedule. @returns what does not hold */
export async function violationsOf(schedule: Schedule): Promise<Violation[]> {
  return judge(await play(schedule));
}

/** The shortest schedule that is found to fail in the same way: what can be left out of it is left out. */
export async function shrink(schedule: Schedule, kind: string): Promise<Schedule> {
  const fails = async (candidate: Schedule) => (await violationsOf(candidate)).some((violation) => violation.kind === kind);
  let shortest = schedule;
  for (let before = Infinity; sizeOf(shortest) < before;) {
    before = sizeOf(shortest);
    shortest = await withoutParts(shortest, "steps", fails);
    shortest = await withoutParts(shortest, "reactions", fails);
    shortest = await withPlainConnections(shortest, fails);
    shortest = await withPlainSettings(shortest, fails);
  }
  return shortest;
}

type Fails = (candidate: Schedule) => Promise<boolean>;

function sizeOf({ steps, reactions, connections, properties }: Schedule): number {
  const plans = connections.map((plan) => Object.keys(plan).length + (plan.textDelayMs > 0 ? 1 : 0));
  return steps.length + reactions.length + plans.reduce((sum, each) => sum + each, 0) + Object.keys(properties).length;
}

/** Leaves out halves, quarters and so on, down to single ones (delta debugging). */
async function withoutParts(schedule: Schedule, part: "steps" | "reactions", fails: Fails): Promise<Schedule> {
  let shortest = schedule;
  for (let size = Math.ceil(shortest[part].length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < shortest[part].length;) {
      const candidate = { ...shortest, [part]: shortest[part].toSpliced(from, size) };
      if (await fails(candidate)) shortest = candidate;
      else from += size;
    }
  }
  return shortest;
}

async function withPlainConnections(schedule: Schedule, fails: Fails): Promise<Schedule> {
  let shortest = schedule;
  while (shortest.connections.length > 0) {
    const candidate = { ...shortest, connections: shortest.connections.slice(0, -1) };
    if (!(await fails(candidate))) break;
    shortest = candidate;
  }
  for (let index = 0; index < shortest.connections.length; index++) {
    const plain = { openMs: 100, beginMs: 300, textDelayMs: 0, pongMs: 20, terminationMs: 600 };
    const candidate = { ...shortest, connections: shortest.connections.with(index, plain) };
    if (await fails(candidate)) shortest = candidate;
  }
  return shortest;
}

async function withPlainSettings(schedule: Schedule, fails: Fails): Promise<Schedule> {
  let shortest = schedule;
  for (const name of Object.keys(schedule.properties)) {
    if (name === "sampleRate" || name === "perTopic") continue;
    const { [name]: _, ...properties } = shortest.properties;
    const candidate = { ...shortest, properties };
    if (await fails(candidate)) shortest = candidate;
  }
  const plain = { turns: "pro", turnSilence: 700, earlyStart: 0, bracketed: false } as const;
  const candidate = { ...shortest, style: plain };
  return (await fails(candidate)) ? candidate : shortest;
}
