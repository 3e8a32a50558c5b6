/** One day of one client: in a process of its own, because the official SDK reads the trusted certificates only at its start. */
import { readFileSync } from "node:fs";
import { TurnedTime } from "../../test/support/turned-time";
import { microphone } from "./audio";
import { officialSdk, thisPackage, type Client, type World } from "./clients";
import { makeDay, PIECE_MS, type DayPlan } from "./schedule";
import { score, type Final, type Score } from "./score";
import { startDayService } from "./service";

export const CLIENTS = {
  speech: (world: World) => thisPackage(world, "speech"),
  "wake-word": (world: World) => thisPackage(world, "wake-word"),
  command: (world: World) => thisPackage(world, "command"),
  "audio, started": (world: World) => thisPackage(world, "audio", true),
  audio: (world: World) => thisPackage(world, "audio"),
  sdk: (world: World) => officialSdk(world, "never"),
  guide: (world: World) => officialSdk(world, "guide"),
  "guide, once": (world: World) => officialSdk(world, "guide", false),
} satisfies Record<string, (world: World) => Client>;

export type ClientName = keyof typeof CLIENTS;

export interface Job {
  client: ClientName;
  plan: DayPlan;
  /** PEM files, for a client that speaks wss only. */
  tls?: { key: string; cert: string };
}

export interface Result extends Score {
  sessions: number;
  billedSeconds: number;
  /** how many times faster than real time the day went by */
  speed: number;
}

/** Someone presses the button this long before the first sentence. */
const BUTTON_MS = 500;

export async function runDay({ client: name, plan, tls }: Job): Promise<Result> {
  const day = makeDay(plan);
  const pieceAt = microphone(day);
  const time = new TurnedTime();
  const { clock } = time;
  const midnight = clock.now();
  const finals: Final[] = [];
  const simulator = await startDayService(clock, tls && { key: readFileSync(tls.key), cert: readFileSync(tls.cert) });
  const client: Client = CLIENTS[name]({
    time,
    clock,
    simulator,
    final: (text) => finals.push({ at: clock.now() - midnight, text }),
  });
  const began = performance.now();
  const presses = day.conversations.map((conversation) => ({ at: conversation.begin - BUTTON_MS, conversation }));
  for (let at = 0; at < day.lengthMs; at += PIECE_MS) {
    for (let press = presses[0]; press && press.at <= at; press = presses[0]) {
      client.button?.(press.conversation);
      presses.shift();
    }
    client.audio(pieceAt(at));
    clock.advance(PIECE_MS);
    await client.settle();
  }
  await client.end();
  const speed = day.lengthMs / (performance.now() - began);
  const { sessions, billedSeconds } = simulator.ledger.state;
  await simulator.close();
  time.restore();
  return { ...score(day, finals), sessions, billedSeconds, speed };
}
