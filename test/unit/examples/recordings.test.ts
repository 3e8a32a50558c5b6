import assert from "node:assert/strict";
import fs, { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os, { tmpdir } from "node:os";
import path, { join } from "node:path";
import { ExampleFunction } from "../../support/example-function";
import { wavFile } from "../../support/wav-file";

const RATE = 8000;
const TICK_MS = 250;
type Sent = { topic?: string; payload: Buffer | string; first?: boolean; filename?: string; action?: string } | null;

describe("example 21: recordings", () => {
  const realNow = Date.now;
  let now: number;
  let folder: string;
  let talk: string;
  let node: ExampleFunction;

  beforeEach(() => {
    now = 0;
    Date.now = () => now;
    folder = mkdtempSync(join(tmpdir(), "recordings-test-"));
    talk = join(folder, "Talk.WAV");
    node = new ExampleFunction("21-recordings.js", { FOLDER: join(folder) }, undefined, [fs, os, path]);
  });
  afterEach(() => {
    Date.now = realNow;
    rmSync(folder, { recursive: true });
  });

  function record(seconds: number, file = talk): Buffer {
    const wav = wavFile({ audio: Buffer.from(Uint8Array.from({ length: seconds * RATE * 2 }, (_, i) => i)), sampleRate: RATE });
    writeFileSync(file, wav);
    return wav;
  }

  /** Time passes, and texts are written. @returns what was sent on each output */
  function pass(ms: number): { audio: NonNullable<Sent>[]; texts: NonNullable<Sent>[] } {
    const all: Sent[][] = [];
    for (const end = now + ms; now < end; now += TICK_MS) {
      const sent = node.receive({ payload: now }) as Sent[][];
      for (const [, text] of sent) if (text) writeFileSync(text.filename ?? "", text.payload);
      all.push(...sent);
    }
    const of = (output: number) => all.flatMap((sent) => sent[output] ?? []);
    return { audio: of(0), texts: of(1) };
  }
  const hear = (msg: object) => node.receive({ topic: talk, ...msg }) as Sent[][];

  it("sends six minutes whole and in their own time, and writes the text when the last session is over", () => {
    const wav = record(360);
    const { audio } = pass(4000);
    assert.equal(audio[0]?.first, true);
    let sent = Buffer.concat(audio.map(({ payload }) => payload as Buffer));
    while (sent.length < wav.length) {
      const { audio: more, texts } = pass(10_000);
      assert.deepEqual(texts, []);
      sent = Buffer.concat([sent, ...more.map(({ payload }) => payload as Buffer)]);
      assert.ok(sent.length <= ((now - 2000 + 1000 + TICK_MS) * RATE * 2) / 1000 + 44, `${sent.length} bytes at ${now} ms`);
      assert.ok(now < 375_000, "it takes longer than the recording");
    }
    assert.ok(sent.equals(wav));
    hear({ event: "begin" });
    hear({ final: true, payload: "One." });
    hear({ final: true, payload: "Two." });
    assert.deepEqual(pass(60_000).texts, [], "a session is open");
    hear({ event: "termination", listening: true, payload: { reason: "silence" } });
    assert.deepEqual(pass(20_000).texts, [{ filename: join(folder, "Talk.txt"), payload: "One.\nTwo.\n" }]);
  });

  it("neither skips nor piles up anything when Node-RED stands still", () => {
    const wav = record(20);
    const { audio } = pass(6000);
    now += 60_000;
    const { audio: late } = pass(1000);
    assert.ok(late.every(({ payload }) => payload.length <= RATE * 2));
    const rest = pass(30_000).audio;
    assert.ok(Buffer.concat([...audio, ...late, ...rest].map(({ payload }) => payload as Buffer)).equals(wav));
  });

  it("waits until a file no longer grows, and leaves alone what has a text", () => {
    writeFileSync(join(folder, "old.txt"), "");
    record(5, join(folder, "old.wav"));
    for (let seconds = 1; seconds < 5; seconds++) {
      record(seconds);
      assert.deepEqual(pass(2000).audio, []);
    }
    assert.deepEqual([...new Set(pass(30_000).audio.map(({ topic }) => topic))], [talk]);
  });

  it("keeps a recording for later when no session can be had, and says so in the text when one has begun", () => {
    record(20);
    pass(5000);
    assert.deepEqual(
      hear({ event: "failed", listening: false, payload: { code: "AAI_UNAUTHORIZED", message: "The key is refused." } }),
      [],
    );
    assert.match(node.status, /The key is refused/);
    assert.deepEqual(pass(59_000), { audio: [], texts: [] });
    assert.equal(pass(6000).audio[0]?.first, true, "from its beginning");
    hear({ event: "begin" });
    hear({ final: true, payload: "One." });
    const [sent] = hear({ event: "termination", listening: false, payload: { reason: "budget" } });
    assert.deepEqual(sent?.[1], { filename: join(folder, "Talk.txt"), payload: "One.\n[The rest is missing: budget]\n" });
  });

  it("says what is wrong with a file in its text", () => {
    record(20);
    pass(5000);
    const [sent] = hear({ error: { code: "AAI_AUDIO_FORMAT", message: "This is an MP3 file." } });
    assert.match(String(sent?.[1]?.payload), /^\[.*This is an MP3 file\.\]\n$/);
  });

  it("takes nothing from another recording, such as the end of a session that it has waited for long enough", () => {
    record(20);
    pass(5000);
    hear({ event: "begin" });
    hear({ final: true, payload: "One." });
    hear({ topic: join(folder, "before.wav"), final: true, payload: "Before." });
    hear({ topic: join(folder, "before.wav"), event: "termination", listening: false, payload: { reason: "budget" } });
    assert.ok(pass(1000).audio.length > 0, "it goes on");
    node.receive({ action: "stop" });
    hear({ event: "termination", listening: true, payload: { reason: "stop" } });
    assert.equal(pass(15_000).texts[0]?.payload, "One.\n[Stopped here.]\n");
  });

  it("stops in the middle, with the words until then", () => {
    record(20);
    pass(5000);
    hear({ event: "begin" });
    assert.deepEqual(node.receive({ action: "stop" }), [[{ topic: talk, action: "stop" }, null]]);
    hear({ final: true, payload: "One." });
    hear({ event: "termination", listening: true, payload: { reason: "stop" } });
    const { audio, texts } = pass(15_000);
    assert.deepEqual(audio, []);
    assert.deepEqual(texts, [{ filename: join(folder, "Talk.txt"), payload: "One.\n[Stopped here.]\n" }]);
  });

  it("makes its folder, and waits", () => {
    rmSync(folder, { recursive: true });
    pass(1000);
    assert.ok(existsSync(folder));
    assert.match(node.status, /^waits for recordings in /);
  });
});
