import { parseArgs } from "node:util";
import { judge } from "./checks";
import { countHangUps } from "./deadlines";
import { violationsOfFrames } from "./frames";
import { makeSchedule } from "./generate";
import { describeSchedule } from "./schedule";
import { play, shrink, violationsOf } from "./shrink";
import { trace } from "./trace";

/**
 * Plays many random schedules: `npm run fuzz -- --schedules 100000 --seed 1`. One that fails is printed, shortened; `--kind` looks for one
 * kind of failure only, `--failures` says how many are shown, `--trace` shows what happened in them. `--frames 200000` gives the engine so
 * many mutated frames of the service instead.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      schedules: { type: "string", default: "3000" },
      seed: { type: "string", default: "1" },
      failures: { type: "string", default: "5" },
      kind: { type: "string" },
      trace: { type: "boolean", default: false },
      frames: { type: "string" },
    },
  });
  if (values.frames !== undefined) return playFrames(Number(values.frames), Number(values.seed));
  const [count, first, most] = [Number(values.schedules), Number(values.seed), Number(values.failures)] as [number, number, number];
  const began = performance.now();
  const kinds = new Map<string, number>();
  const hangUps = { all: 0, onTime: 0 };
  let shown = 0;
  for (let seed = first; seed < first + count; seed++) {
    const schedule = makeSchedule(seed);
    const run = await play(schedule);
    const { all, onTime } = countHangUps(run);
    hangUps.all += all;
    hangUps.onTime += onTime;
    const violations = judge(run).filter(({ kind }) => values.kind === undefined || kind === values.kind);
    for (const kind of new Set(violations.map((each) => each.kind))) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const [violation] = violations;
    if (violation && shown < most) {
      shown++;
      const shortest = await shrink(schedule, violation.kind);
      console.log(`\n${describeSchedule(shortest)}`);
      if (values.trace) console.log(trace(await play(shortest)));
      for (const { kind, text } of await violationsOf(shortest)) console.log(`  ** ${kind}: ${text}`);
    }
    const done = seed - first + 1;
    if (done % 1_000 === 0 || done === count) {
      const perSecond = Math.round((done * 1000) / (performance.now() - began));
      console.log(`${done} schedules, ${perSecond} a second, failures: ${JSON.stringify(Object.fromEntries(kinds))}`);
    }
  }
  console.log(`${hangUps.all} hang-ups for silence, ${hangUps.onTime} of them where nobody had spoken: checked to be on time`);
  process.exitCode = kinds.size > 0 ? 1 : 0;
}

async function playFrames(count: number, seed: number): Promise<void> {
  const violations = await violationsOfFrames(count, seed);
  for (const { kind, text } of violations.slice(0, 5)) console.log(`** ${kind}: ${text}`);
  console.log(`${count} frames, failures: ${violations.length}`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}

void main();
