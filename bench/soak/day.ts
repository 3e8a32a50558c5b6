/**
 * A day of many rooms in one process, on a clock that the bench advances: the engine and the simulator, over real sockets. Each hour the
 * simulator is replaced, and leftovers of the hour are counted while nobody speaks.
 */
import { REALISTIC_LATENCY, startSimulator, type Simulator } from "../../simulator";
import { Random } from "../../test/support/random";
import { TurnedTime } from "../../test/support/turned-time";
import { matched } from "../day/score";
import { census, type Census } from "./census";
import { expect } from "./expect";
import { faultSource } from "./faults";
import { House } from "./house";
import { PIECE_MS, type Room } from "./room";

const HOUR = 3_600_000;
const SEED = 7;
/** After this long, the memory of V8 and of the test doubles has stopped growing. */
const STEADY_AFTER_HOURS = 2;
const STEADY_SHARE = 0.05;

interface Hour extends Census {
  sessions: number;
  open: number;
  faults: number;
  words: number;
  lost: number;
  doubled: number;
  late: number;
}

export async function soakDay(topics: number, hours: number): Promise<void> {
  const time = new TurnedTime();
  const random = new Random(SEED);
  const nextFault = faultSource(random);
  let simulator: Simulator | undefined;
  const house = new House(time.clock, () => simulator?.url ?? "", topics, random);
  const passed: Hour[] = [];

  await house.start();
  console.log("| hour | sessions | faults | words | lost | doubled | late | still open | timers | listeners | heap MB | Buffers MB |");
  console.log(`|${" --: |".repeat(12)}`);
  for (let hour = 1; hour <= hours; hour++) {
    let faults = 0;
    simulator = await startSimulator({
      clock: time.clock,
      latency: REALISTIC_LATENCY,
      processing: "realtime",
      keepMessages: false,
      faults() {
        const fault = nextFault();
        if (fault) faults++;
        return fault;
      },
    });
    for (const room of house.rooms) room.newHour();
    for (let at = 0; at < HOUR; at += PIECE_MS) {
      house.listen(at);
      time.clock.advance(PIECE_MS);
      await time.settle();
    }
    const { sessions, open } = simulator.ledger.state;
    await time.until(simulator.close());
    simulator = undefined;
    passed.push({ ...leftOver(time), ...compare(house.rooms), sessions, open, faults });
    print(hour, passed.at(-1) as Hour);
  }
  await time.until(house.close());
  judge(passed, house, time.clock.timers);
  time.restore();
}

/** The engine's timers run on the simulated clock. */
function leftOver(time: TurnedTime): Census {
  return { ...census(), timers: time.clock.timers };
}

/** Where a session is lost and found again behind the next one, sentences come out of order: late, and neither lost nor doubled. */
function compare(rooms: readonly Room[]): Pick<Hour, "words" | "lost" | "doubled" | "late"> {
  const result = { words: 0, lost: 0, doubled: 0, late: 0 };
  for (const { topic, open, said, came } of rooms) {
    const lost = surplus(said, came);
    const doubled = surplus(came, said);
    result.words += said.length;
    result.lost += lost;
    result.doubled += doubled;
    result.late += said.length - lost - matched(said, came).size;
    if (lost + doubled > 0) console.error(`${topic} (${open}):\n  said ${said.join(" ")}\n  came ${came.join(" ")}`);
  }
  return result;
}

/** How many words of `some` are not among the others. */
function surplus(some: readonly string[], others: readonly string[]): number {
  const left = [...others];
  return some.filter((word) => {
    const index = left.indexOf(word);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  }).length;
}

function print(hour: number, { sessions, faults, words, lost, doubled, late, open, timers, listeners, heapMB, buffersMB }: Hour): void {
  const cells = [hour, sessions, faults, words, lost, doubled, late, open, timers, listeners, heapMB.toFixed(1), buffersMB.toFixed(1)];
  console.log(`| ${cells.join(" | ")} |`);
}

function judge(passed: readonly Hour[], { begins, terminations, errors }: House, timersInTheEnd: number): void {
  const sum = (key: "words" | "lost" | "doubled" | "sessions" | "faults" | "open") => passed.reduce((total, hour) => total + hour[key], 0);
  const [first, last] = [passed[0] as Hour, passed.at(-1) as Hour];
  const steady = passed[Math.min(passed.length, STEADY_AFTER_HOURS) - 1] as Hour;
  const memory = (hour: Hour) => hour.heapMB + hour.buffersMB;
  console.log(
    `\n${sum("sessions")} sessions, ${sum("faults")} faults, ${sum("words")} words; reported: ${JSON.stringify(Object.fromEntries(errors))}`,
  );
  expect(begins.size === sum("sessions"), "each session's begin came out");
  expect(
    [...begins.values(), ...terminations.values()].every((times) => times === 1),
    "none of these twice",
  );
  expect([...begins.keys()].every((id) => terminations.has(id)) && terminations.size === begins.size, "one termination for each begin");
  expect(sum("lost") === 0, "no word lost");
  expect(sum("doubled") === 0, "no word twice");
  expect(sum("open") === 0, "no session left open");
  expect(last.timers <= first.timers && timersInTheEnd === 0, "no timer more than in the first hour, none in the end");
  expect(last.listeners <= first.listeners, "no listener more than in the first hour");
  expect(memory(last) <= memory(steady) * (1 + STEADY_SHARE), "memory is flat");
}
