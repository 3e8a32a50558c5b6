import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Recogniser, Utterance, Word } from "../../../simulator";
import { ChangingRecogniser } from "../../../simulator/recognisers/changing";
import { transcribingRecogniser } from "../../../simulator/recognisers/moonshine";
import type { RecognisedWord } from "../../../simulator/recognisers/moonshine-model";
import { MoonshineThread, type Transcriber, type Urgency } from "../../../simulator/recognisers/moonshine-thread";
import type { Question, Start } from "../../../simulator/recognisers/moonshine-worker";
import { FakeClock } from "../../support/fake-clock";
import { text } from "./sounds";

const RATE = 1000; // a sample is a ms

/** A transcriber whose answers come when the test says so. */
class FakeTranscriber implements Transcriber {
  busy = false;
  closed = false;
  readonly pieces: { ms: number; urgency: Urgency; answer: (said: string | undefined) => void; fail: () => void }[] = [];

  transcribe(pcm: Int16Array, _rate: number, urgency: Urgency): Promise<RecognisedWord[] | undefined> {
    return new Promise((resolve, reject) => {
      this.pieces.push({
        ms: pcm.length,
        urgency,
        answer: (said) => resolve(said?.match(/\S+/g)?.map((word) => ({ text: word, confidence: 0.9 })) ?? (said === "" ? [] : undefined)),
        fail: () => reject(new Error("broken")),
      });
    });
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

/** An utterance while someone speaks (without `silenceMs`), in a pause, and at the end. It begins a second before the speech. */
function utterance(speechMs: number, silenceMs = 0, final = false): Utterance {
  return {
    pcm: new Int16Array(1000 + speechMs + silenceMs),
    sampleRate: RATE,
    startMs: 5000,
    speechStartMs: 6000,
    speechEndMs: 6000 + speechMs,
    final,
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("moonshine recogniser", () => {
  let transcriber: FakeTranscriber;
  let clock: FakeClock;
  let ask: (asked: Utterance) => Promise<Word[]>;

  beforeEach(() => {
    transcriber = new FakeTranscriber();
    clock = new FakeClock();
    const session = transcribingRecogniser(transcriber, clock).open();
    ask = (asked) => session.recognise(asked);
  });

  /** Recognises an utterance, and lets the transcriber answer for the piece. */
  async function answered(asked: Utterance, said: string): Promise<Word[]> {
    const answer = ask(asked);
    await settled();
    transcriber.pieces.at(-1)?.answer(said);
    return answer;
  }

  it("recognises the speech with 300 ms on either side of it, as far as that was received", async () => {
    await answered(utterance(800), "go");
    await answered(utterance(900, 128), "go forward");
    await answered(utterance(900, 1280, true), "go forward");
    deepEqual(
      transcriber.pieces.map(({ ms, urgency }) => [ms, urgency]),
      [
        [1100, "partial"],
        [1328, "pause"],
        [1500, "final"],
      ],
    );
  });

  it("spreads the words over the speech, by their lengths", async () => {
    const words = await answered(utterance(1000, 300, true), "I say hello.");
    deepEqual(
      words.map(({ start, end }) => [start, end]),
      [
        [6000, 6100],
        [6100, 6400],
        [6400, 7000],
      ],
    );
    equal(words[0]?.confidence, 0.9);
  });

  it("gives the marks that the model ends with in a pause and at the end, not while someone speaks", async () => {
    equal(text(await answered(utterance(1000), "Turn the light.")), "Turn the light");
    equal(text(await answered(utterance(1200, 128), "Turn the light on.")), "Turn the light on.");
    equal(text(await answered(utterance(2000, 128), "Turn the light on and.")), "Turn the light on and");
    equal(text(await answered(utterance(2000, 1280, true), "Turn the light on and.")), "Turn the light on and.");
  });

  it("recognises anew about every 700 ms, and sooner until it has understood something", async () => {
    await answered(utterance(756), "");
    await answered(utterance(800), "nobody asks");
    await answered(utterance(1006), "go");
    await answered(utterance(1256), "nobody asks");
    await answered(utterance(1706), "go on");
    deepEqual(
      transcriber.pieces.map(({ ms }) => ms - 300),
      [756, 1006, 1706],
    );
  });

  it("lets the session's audio wait for a partial a quarter of a second, and returns it later", async () => {
    let words: Word[] | undefined;
    void ask(utterance(800)).then((answer) => (words = answer));
    await settled();
    clock.advance(249);
    await settled();
    equal(words, undefined);
    clock.advance(1);
    await settled();
    deepEqual(words, []);
    transcriber.pieces[0]?.answer("late");
    await settled();
    equal(text(await ask(utterance(900))), "late");
    equal(transcriber.pieces.length, 1);
  });

  it("leaves partials out while others are recognised, and for as long again as the last one took; finals never", async () => {
    transcriber.busy = true;
    deepEqual(await ask(utterance(800)), []);
    transcriber.busy = false;
    void ask(utterance(900));
    await settled();
    clock.advance(400);
    transcriber.pieces[0]?.answer("one");
    await settled();
    await ask(utterance(1600));
    equal(transcriber.pieces.length, 1, "within 400 ms after one that took 400 ms");
    clock.advance(400);
    void ask(utterance(1700));
    await settled();
    equal(transcriber.pieces.length, 2);
    transcriber.busy = true;
    equal(text(await answered(utterance(1800, 200, true), "one two")), "one two");
  });

  it("drops a partial that arrives after the result of the pause", async () => {
    const partial = ask(utterance(900));
    await settled();
    equal(text(await answered(utterance(1000, 128), "all of it.")), "all of it.");
    transcriber.pieces[0]?.answer("a part");
    clock.advance(250);
    equal(text(await partial), "all of it");
    equal(text(await ask(utterance(1000, 128, true))), "all of it.");
    equal(transcriber.pieces.length, 2, "the same audio is not recognised twice");
  });

  it("keeps the last result where a partial is abandoned, and where it fails", async () => {
    await answered(utterance(800), "known");
    const abandoned = ask(utterance(1500));
    await settled();
    transcriber.pieces[1]?.answer(undefined);
    equal(text(await abandoned), "known");
    const failed = ask(utterance(2200));
    await settled();
    transcriber.pieces[2]?.fail();
    equal(text(await failed), "known");
  });

  it("fails where a pause or an end cannot be recognised", async () => {
    for (const asked of [utterance(800, 128), utterance(800, 128, true)]) {
      const answer = ask(asked);
      await settled();
      transcriber.pieces.at(-1)?.fail();
      await rejects(answer, /broken/);
    }
  });

  it("cuts a long turn where it is quietest, and recognises each part once", async () => {
    const long = utterance(23_000, 300, true);
    long.pcm.fill(8000, 1000, 24_000);
    long.pcm.fill(0, 8000, 8100); // at 13 s of the session's audio
    long.pcm.fill(0, 15_000, 15_100); // at 20 s
    const answer = ask(long);
    for (const said of ["The first.", "The second,", "The third."]) {
      await settled();
      transcriber.pieces.at(-1)?.answer(said);
    }
    const words = await answer;
    equal(text(words), "The first The second The third.");
    deepEqual(
      transcriber.pieces.map(({ ms, urgency }) => [Math.round(ms / 100), urgency]),
      [
        [73, "pause"],
        [70, "pause"],
        [93, "final"],
      ],
    );
    for (const [i, word] of words.entries()) ok(word.start >= (words[i - 1]?.end ?? 6000) - 1, JSON.stringify(words));
    equal(words.at(-1)?.end, 29_000);
  });

  it("begins anew with another turn", async () => {
    await answered(utterance(800, 200, true), "first");
    equal(
      text(await answered({ ...utterance(800, 200, true), startMs: 20_000, speechStartMs: 21_000, speechEndMs: 21_800 }, "second")),
      "second",
    );
  });

  it("closes its transcriber", async () => {
    await transcribingRecogniser(transcriber).close();
    ok(transcriber.closed);
  });
});

class FakeThread extends EventEmitter {
  readonly questions: Question[] = [];
  terminated = false;

  constructor(readonly start: Start) {
    super();
  }

  postMessage(question: Question): void {
    this.questions.push(question);
  }

  answer(said: string | undefined): void {
    this.emit("message", { words: said === undefined ? undefined : [{ text: said, confidence: 1 }] });
  }

  terminate(): Promise<number> {
    this.terminated = true;
    this.emit("exit", 1);
    return Promise.resolve(1);
  }
}

describe("moonshine thread", () => {
  let fake: FakeThread;
  let thread: MoonshineThread;
  const asked = (): number[] => fake.questions.map(({ pcm }) => pcm[0] ?? 0);
  const piece = (mark: number, urgency: Urgency): Promise<RecognisedWord[] | undefined> =>
    thread.transcribe(Int16Array.of(mark), 16_000, urgency);

  beforeEach(() => {
    thread = new MoonshineThread("folder", (start) => (fake = new FakeThread(start)));
  });

  it("takes pieces while it loads, and is busy until then", async () => {
    ok(thread.busy);
    const words = piece(1, "final");
    deepEqual(asked(), []);
    fake.emit("message", "ready");
    await thread.ready;
    deepEqual(asked(), [1]);
    fake.answer("one");
    deepEqual(await words, [{ text: "one", confidence: 1 }]);
    ok(!thread.busy);
  });

  it("recognises one piece at a time, the most urgent first, and of those the oldest", async () => {
    fake.emit("message", "ready");
    const pieces = [piece(1, "final"), piece(2, "partial"), piece(3, "pause"), piece(4, "final"), piece(5, "final")];
    for (let i = 0; i < pieces.length; i++) {
      equal(asked().length, i + 1);
      fake.answer(String(asked()[i]));
    }
    deepEqual(asked(), [1, 4, 5, 3, 2]);
    deepEqual(
      (await Promise.all(pieces)).map((words) => words?.[0]?.text),
      ["1", "2", "3", "4", "5"],
    );
  });

  it("abandons a partial where something more urgent arrives", async () => {
    fake.emit("message", "ready");
    const { abandoned } = fake.start;
    const partial = piece(1, "partial");
    void piece(2, "partial");
    equal(Atomics.load(abandoned, 0), 0);
    void piece(3, "pause");
    equal(Atomics.load(abandoned, 0), 1);
    fake.answer(undefined);
    equal(await partial, undefined);
    equal(Atomics.load(abandoned, 0), 0, "the next piece is wanted");
    deepEqual(asked(), [1, 3]);
    void piece(4, "final");
    equal(Atomics.load(abandoned, 0), 0, "a pause is not left half done");
  });

  it("fails a piece that it cannot recognise, and goes on", async () => {
    fake.emit("message", "ready");
    const broken = piece(1, "final");
    const next = piece(2, "final");
    fake.emit("message", { error: "no such tensor" });
    await rejects(broken, /no such tensor/);
    fake.answer("two");
    equal((await next)?.[0]?.text, "two");
  });

  it("fails everything once it has ended", async () => {
    const waiting = piece(1, "final");
    fake.emit("error", new Error("out of memory"));
    fake.emit("exit", 1);
    await rejects(thread.ready, /out of memory/);
    await rejects(waiting, /out of memory/);
    await rejects(piece(2, "final"), /out of memory/);
  });

  it("ends its thread when it is closed", async () => {
    fake.emit("message", "ready");
    const waiting = piece(1, "final");
    void thread.close();
    ok(fake.terminated);
    await rejects(waiting, /has ended/);
  });
});

function named(name: string, closed: string[]): Recogniser {
  return {
    open: () => ({ recognise: () => Promise.resolve([{ text: name, start: 0, end: 1, confidence: 1 }]), close: () => undefined }),
    close: () => Promise.resolve(void closed.push(name)),
  };
}

describe("changing recogniser", () => {
  it("gives each session the recogniser that is current when it begins, and closes all", async () => {
    const closed: string[] = [];
    const first = named("first", closed);
    const changing = new ChangingRecogniser(first);
    const before = changing.open();
    changing.use(named("second", closed));
    const after = changing.open();
    equal(text(await before.recognise(utterance(800))), "first");
    equal(text(await after.recognise(utterance(800))), "second");
    changing.use(first);
    equal(text(await changing.open().recognise(utterance(800))), "first");
    await changing.close();
    deepEqual(closed, ["first", "second"]);
  });
});
