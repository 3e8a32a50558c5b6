import { FakeClock } from "../support/fake-clock";
import { FakeService } from "../support/fake-service";
import { Random } from "../support/random";
import { makeEngine } from "./engine";
import { Flow, type Came } from "./flow";
import type { Violation } from "./run";

const WORDS = [
  { start: 0, end: 428, text: "Harbor", confidence: 0.92, word_is_final: false, speaker: "A" },
  { start: 442, end: 799, text: "Point", confidence: 0.99, word_is_final: true },
];
/** One of each that the service is known to send. */
const FRAMES: readonly object[] = [
  {
    type: "Begin",
    id: "session 1",
    expires_at: 1_790_221_526,
    configuration: { model: "universal-3-6-pro", mode: "balanced", domain: null },
  },
  { type: "SpeechStarted", timestamp: 0, confidence: 0.96 },
  { turn_order: 0, turn_is_formatted: true, end_of_turn: false, transcript: "Harbor Point", words: WORDS, utterance: "", type: "Turn" },
  { turn_order: 0, turn_is_formatted: false, end_of_turn: true, transcript: "", words: WORDS, type: "Turn", speaker_label: "A" },
  { turn_order: 1, end_of_turn: true, transcript: "[Silence]", words: [], language_code: "en", type: "Turn" },
  { type: "Termination", audio_duration_seconds: 69, session_duration_seconds: 73 },
  { type: "Error", error_code: 3005, error: "Session Cancelled: An error occurred" },
  { error_code: 3006, error: "Invalid Message Type" },
  { type: "Warning", warning_code: 1234, warning: "Session ending soon" },
  { type: "Heartbeat", total_audio_received_ms: 9888, total_duration_ms: 10_096, realtime_factor: 0.9983, max_speech_probability: 0.99 },
  { type: "Silence", start_ms: 12_000, end_ms: 13_000 },
  { type: "SpeakerRevision", revisions: [{ turn_order: 0, speaker_label: "B", words: WORDS }] },
  { type: "LLMGatewayResponse", turn_order: 0, transcript: "x", data: { choices: [{ message: { content: "x" } }] } },
];
const STRANGE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e308,
  9e15,
  "",
  "x",
  "[x]",
  [],
  {},
  [null],
  { toString: null },
  "__proto__",
  "Begin",
];
const FRAMES_A_SESSION = 100;

/** Gives an engine frames of the service of which something was changed, a session after another. @returns what does not hold */
export async function violationsOfFrames(count: number, seed: number): Promise<Violation[]> {
  const random = new Random(seed);
  const violations: Violation[] = [];
  for (let done = 0; done < count; done += FRAMES_A_SESSION) violations.push(...(await session(random)));
  return violations;
}

async function session(random: Random): Promise<Violation[]> {
  const clock = new FakeClock();
  const service = new FakeService();
  const came: Came[] = [];
  const violations: Violation[] = [];
  const flow = new Flow(
    0,
    () => clock.now(),
    [],
    (entry) => came.push(entry),
    () => undefined,
    () => 0,
  );
  const account = () => ({ url: "ws://127.0.0.1/v3/ws", apiKey: "key" });
  const done = () => Promise.resolve();
  const book = { name: "book", read: () => Promise.resolve(""), append: done, replace: done };
  const engine = makeEngine({ clock, connect: service.connect, account, properties: {}, book }, flow);
  await engine.start();
  engine.input({ action: "start" });
  if (random.next() < 0.9) service.last.begin("session 1");
  for (let sent = 0; sent < FRAMES_A_SESSION; sent++) {
    const frame = mutated(random);
    try {
      const { last } = service;
      if (last.isClosed) engine.input({ action: "start" });
      else last.receive(frame);
    } catch (error) {
      violations.push({ kind: "thrown", text: `${String(error)} by ${frame.slice(0, 500)}` });
    }
    if (random.next() < 0.1) clock.advance(random.pick([10, 500, 2_000]));
  }
  const closing = engine.close(true).then(() => true);
  clock.advance(6_000);
  if (!(await Promise.race([closing, soon()]))) violations.push({ kind: "close hangs", text: "for 6 s" });
  for (const each of came) {
    const isInternal = (each.what === "error" || each.what === "warning") && each.code === "AAI_INTERNAL";
    if (isInternal) violations.push({ kind: "internal", text: each.message });
  }
  for (const connection of service.connections)
    if (!connection.isClosed) violations.push({ kind: "left open", text: connection.url.pathname });
  if (clock.timers > 0) violations.push({ kind: "timers left", text: `${clock.timers}` });
  return violations;
}

/** After everything that promises have to do by then. */
function soon(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => resolve(false)));
}

/** A frame of the service with one to three of its values, or some of its bytes, changed. */
function mutated(random: Random): string {
  const frame = structuredClone(random.pick(FRAMES)) as Record<string, unknown>;
  for (let changes = random.whole(1, 3); changes > 0; changes--) spoil(frame, random);
  const text = JSON.stringify(frame);
  const at = random.whole(0, text.length);
  switch (random.whole(0, 9)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + String.fromCharCode(random.whole(0, 0xffff)) + text.slice(at + random.whole(0, 3));
    case 2:
      return text.replace("{", `{"deep":${"[".repeat(5_000)}${"]".repeat(5_000)},`);
    case 3:
      return text.replace(/"[a-z_]+":/, random.pick(['"__proto__":', '"type":', '"error":', '"words":']));
    default:
      return text;
  }
}

/** Changes a value at any depth. */
function spoil(target: Record<string, unknown>, random: Random): void {
  const names = Object.keys(target);
  if (names.length === 0) return;
  const name = random.pick(names);
  const inner = target[name];
  if (typeof inner === "object" && inner !== null && random.next() < 0.6) return spoil(inner as Record<string, unknown>, random);
  if (random.next() < 0.2) delete target[name];
  else target[name] = structuredClone(random.pick(STRANGE));
}
