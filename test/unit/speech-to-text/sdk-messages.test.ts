/**
 * The official SDK's types as the list of what the service may send: each message is either the engine's own business or goes on to the
 * flow. A new version of the SDK with a new message fails here where the engine would drop it.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readStreamingSettings } from "../../../nodes/lib/speech-to-text/settings";
import { SpeechToText } from "../../../nodes/lib/speech-to-text/speech-to-text";
import { FakeClock } from "../../support/fake-clock";
import { FakeService } from "../../support/fake-service";
import { FakeVoiceDetector } from "../../support/fake-voice-detector";
import { MemoryBook } from "../../support/memory-book";

type Message = { type: string } & Record<string, unknown>;

const types = readFileSync(join(dirname(require.resolve("assemblyai/package.json")), "dist/types/streaming/index.d.ts"), "utf8").replaceAll(
  /\/\*[\s\S]*?\*\//g,
  "",
);

/** The names in a union of types, or of literals. */
function union(name: string): string[] {
  const members = new RegExp(`^export type ${name} = (.*);$`, "m").exec(types)?.[1];
  assert.ok(members, `the SDK has no ${name}`);
  return members.split(" | ").map((member) => member.replaceAll('"', ""));
}

const SAMPLES: Readonly<Record<string, unknown>> = { number: 1, string: "A", boolean: true, unknown: {} };

/** A message with all of the fields that the SDK's type has. */
function sample(name: string): Message {
  const body = new RegExp(`^export type ${name} = \\{\\n(.*?)^\\};$`, "ms").exec(types)?.[1] ?? "";
  const fields = [...body.matchAll(/^ {4}(\w+)\??: (.*);$/gm)].map(([, field = "", type = ""]) => {
    if (type.startsWith('"')) return [field, type.slice(1, -1)];
    return [field, type.endsWith("[]") ? [] : SAMPLES[type]];
  });
  const message = Object.fromEntries(fields) as Message;
  assert.equal(typeof message.type, "string", `${name} has no type`);
  return message;
}

/** What leaves the node for a message of the service's, in a session that has begun. */
async function played(message: Message): Promise<{ events: Record<string, unknown>[]; other: string[] }> {
  const service = new FakeService();
  const events: Record<string, unknown>[] = [];
  const other: string[] = [];
  const note = (what: string) => () => void other.push(what);
  const engine = new SpeechToText(
    {
      clock: new FakeClock(),
      connect: service.connect,
      account: () => ({ url: "ws://127.0.0.1/v3/ws", apiKey: "key" }),
      settings: readStreamingSettings({ open: "command", reconnect: false }),
      book: new MemoryBook(),
      texts: { status: (key) => key, number: String, errorText: (error) => error.message, error: (error) => error },
      voiceDetector: () => new FakeVoiceDetector(),
    },
    {
      sendFinal: note("final"),
      sendPartial: note("partial"),
      sendEvent: (event) => events.push(event),
      eventsArrive: () => true,
      error: note("error"),
      warn: note("warning"),
      show: () => undefined,
    },
  );
  await engine.start();
  engine.input({ action: "start" });
  if (message.type !== "Begin") service.last.begin("a");
  else service.last.open();
  service.last.receive(message);
  // After an Error, and in answer to a Termination, the connection closes.
  if (message.type === "Error") service.last.closed({ code: 3005, reason: "" });
  await new Promise((resolve) => setImmediate(resolve));
  return { events, other };
}

/** What the engine makes of the messages that are its own business. */
const OWN: Readonly<Record<string, (out: Awaited<ReturnType<typeof played>>) => boolean>> = {
  Begin: ({ events }) => events.at(-1)?.["event"] === "begin",
  Turn: ({ other }) => other.includes("final"),
  Termination: ({ events }) => events.at(-1)?.["event"] === "termination",
  Error: ({ events, other }) => events.at(-1)?.["event"] === "termination" && other.includes("error"),
  Warning: ({ other }) => other.includes("warning"),
};

describe("the service's messages, as the official SDK knows them", () => {
  const messages = union("StreamingEventMessage").map(sample);

  it("are those of the engine, and at least five more", () => {
    const names = messages.map(({ type }) => type);
    for (const own of Object.keys(OWN)) assert.ok(names.includes(own), own);
    assert.ok(names.length >= 10, names.join());
  });

  for (const message of messages) {
    const own = OWN[message.type];
    it(`${message.type} ${own ? "is used" : "goes on to the flow, as received"}`, async () => {
      const out = await played(message);
      if (own) return assert.ok(own(out), JSON.stringify(out));
      assert.deepEqual(out.events.at(-1)?.["payload"], message);
      assert.deepEqual(out.other, []);
    });
  }

  it("have the names of the SDK's events", async () => {
    const passed = await Promise.all(messages.filter(({ type }) => !OWN[type]).map(played));
    const names = passed.map(({ events }) => events.at(-1)?.["event"]);
    const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    // `vad` comes from the SDK itself, not from the service.
    const expected = union("StreamingEvents").filter((name) => !["open", "close", "turn", "warning", "error", "vad"].includes(name));
    assert.deepEqual(new Set(names), new Set(expected.map(kebab)));
  });
});
