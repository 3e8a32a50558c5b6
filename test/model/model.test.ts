import assert from "node:assert/strict";
import { violationsOfFrames } from "./frames";
import { makeSchedule } from "./generate";
import { describeSchedule } from "./schedule";
import { shrink, violationsOf } from "./shrink";

const SCHEDULES = 3_000;
const SCHEDULES_A_TEST = 100;
const FRAMES = 100_000;

/** The engine against a model of the service, through its front door. For more than is played here: `npm run fuzz`. */
describe("the engine, against a model of the service", () => {
  for (let first = 1; first < SCHEDULES; first += SCHEDULES_A_TEST) {
    it(`holds in the schedules ${first} to ${first + SCHEDULES_A_TEST - 1}`, async () => {
      for (let seed = first; seed < first + SCHEDULES_A_TEST; seed++) {
        const schedule = makeSchedule(seed);
        const [violation] = await violationsOf(schedule);
        if (!violation) continue;
        const shortest = await shrink(schedule, violation.kind);
        assert.fail(`${violation.kind}: ${violation.text}\n${describeSchedule(shortest)}`);
      }
    });
  }

  it(`takes ${FRAMES} mutated frames`, async () => {
    assert.deepEqual((await violationsOfFrames(FRAMES, 1)).slice(0, 5), []);
  });
});
