import { deepEqual, equal, ok } from "node:assert/strict";
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { loadRecording, scriptRecogniser, type Recogniser, type Word } from "../../../simulator";
import { SessionParameters } from "../../../simulator/parameters";
import { SAMPLES } from "../../../simulator/recognisers/recordings";
import { EnergyDetector } from "../../../simulator/speech-detector";
import { TurnTaker } from "../../../simulator/turns";
import { cut, join, pinkNoise, resample, sample, SAMPLE_NAMES, silence, text, withPinkNoise } from "./sounds";

const RATES = [8000, 16_000, 48_000];

/** The words of the turns that a session would have, without its socket. */
async function turnsOf(pcm: Int16Array, rate = 16_000, recogniser: Recogniser = scriptRecogniser()): Promise<Word[][]> {
  const turns: Word[][] = [];
  const session = recogniser.open();
  const { config } = new SessionParameters(new URLSearchParams({ sample_rate: String(rate) }), "universal-3-6-pro");
  const taker = new TurnTaker(config, new EnergyDetector(rate), session, {
    speechStarted: () => undefined,
    silence: () => undefined,
    turn: ({ words, phase }) => phase === "end" && turns.push(words),
  });
  for (let at = 0; at < pcm.length; at += rate / 20) await taker.process(pcm.subarray(at, at + rate / 20));
  await taker.endpoint();
  session.close();
  await recogniser.close();
  return turns;
}

async function recognised(pcm: Int16Array, rate?: number): Promise<string> {
  return (await turnsOf(pcm, rate)).map(text).join(" | ");
}

describe("script recogniser", () => {
  for (const name of SAMPLE_NAMES) {
    const recording = sample(name);
    const whole = text(recording.words);
    const alone = join(silence(1000), recording.pcm, silence(2000));

    for (const rate of RATES) {
      it(`recognises ${name} whole at ${rate} Hz`, async () => equal(await recognised(resample(alone, rate), rate), whole));
      it(`recognises ${name} in pink noise at 10 dB, at ${rate} Hz`, async () => {
        equal(await recognised(resample(withPinkNoise(alone, recording.pcm, 10), rate), rate), whole);
      });
    }

    it(`gives the words of ${name} their times in the session's audio`, async () => {
      const words = (await turnsOf(alone)).flat();
      for (const [i, word] of words.entries()) {
        const truth = recording.words[i];
        ok(truth && Math.abs(word.start - 1000 - truth.start) <= 1 && Math.abs(word.end - 1000 - truth.end) <= 1, JSON.stringify(word));
      }
    });

    // A cut is as exact as the recording is loud there: so each is made in the middle between two words' centres.
    const centres = recording.words.map((word) => (word.start + word.end) / 2);
    for (const after of new Set([1, Math.floor(centres.length / 2), centres.length - 2])) {
      const at = ((centres[after] ?? 0) + (centres[after + 1] ?? 0)) / 2;
      it(`recognises ${name} up to its word ${after + 1}, where the stream ends there`, async () => {
        equal(await recognised(join(silence(500), cut(recording.pcm, 0, at))), text(recording.words.slice(0, after + 1)));
      });
      it(`recognises ${name} from its word ${after + 2}, where the stream begins there`, async () => {
        equal(await recognised(join(cut(recording.pcm, at), silence(2000))), text(recording.words.slice(after + 1)));
      });
    }
  }

  const long = sample("librivox_0870");
  const words = long.words.map((word) => word.text);
  const centre = (i: number): number => ((long.words[i]?.start ?? 0) + (long.words[i]?.end ?? 0)) / 2;

  it("loses the words of audio that was lost on the way", async () => {
    const [from, to] = [(centre(7) + centre(8)) / 2, (centre(12) + centre(13)) / 2];
    const pcm = join(silence(1000), cut(long.pcm, 0, from), cut(long.pcm, to), silence(2000));
    equal(await recognised(pcm), [...words.slice(0, 8), ...words.slice(13)].join(" "));
  });

  it("returns the words of audio that was sent twice, twice", async () => {
    const [from, to] = [(centre(3) + centre(4)) / 2, (centre(10) + centre(11)) / 2];
    const pcm = join(silence(1000), cut(long.pcm, 0, to), cut(long.pcm, from), silence(2000));
    equal(await recognised(pcm), [...words.slice(0, 11), ...words.slice(4)].join(" "));
  });

  it("loses a word of which a part was lost only where that part is its centre", async () => {
    const { start = 0, end = 0 } = long.words[15] ?? {};
    const third = (end - start) / 3;
    equal(await recognised(join(silence(500), cut(long.pcm, 0, start + third))), words.slice(0, 15).join(" "));
    const [turn] = await turnsOf(join(silence(500), cut(long.pcm, 0, start + 2 * third)));
    const last = turn?.at(-1);
    deepEqual([last?.text, last?.start, last?.cut], [words[15], start + 500, true]);
    ok(Math.abs((last?.end ?? 0) - (start + 2 * third + 500)) < 1, "ends where the audio does");
  });

  it("recognises a recording at 44.1 kHz, where no sample falls on one of the reduced rate", async () => {
    equal(await recognised(resample(join(silence(1000), long.pcm, silence(2000)), 44_100), 44_100), text(long.words));
  });

  it("recognises one recording after another, and the same one again", async () => {
    const [first, second] = [sample("librivox_0880"), sample("librivox_0930")];
    const pcm = join(silence(700), first.pcm, silence(900), second.pcm, silence(900), first.pcm, silence(1500));
    deepEqual((await turnsOf(pcm)).map(text), [text(first.words), text(second.words), text(first.words)]);
  });

  it("recognises a softer recording", async () => {
    const soft = sample("librivox_0930").pcm.map((value) => value / 12);
    equal(await recognised(join(silence(1000), soft, silence(2000))), text(sample("librivox_0930").words));
  });

  it("marks the words of unknown speech as simulated", async () => {
    const backwards = sample("librivox_0880").pcm.toReversed();
    const said = await recognised(join(silence(1000), backwards, silence(2000)));
    const seconds = /^\[simulated: (\d\.\d) s of speech\]$/.exec(said)?.[1];
    ok(Number(seconds) > 2 && Number(seconds) < 3, said);
  });

  it("finds no words in three minutes of pink noise", async () => deepEqual(await turnsOf(pinkNoise(180 * 16_000, 800)), []));

  it("recognises the user's own recordings", async () => {
    const folder = mkdtempSync(path(tmpdir(), "simulator-"));
    try {
      const file = path(folder, "own.json");
      writeFileSync(file, JSON.stringify({ audio: path(SAMPLES, "goforward.wav"), text: "Walk on, my friend." }));
      const own = loadRecording(file);
      const first = own.words[0]?.start ?? 0;
      const last = own.words.at(-1)?.end ?? 0;
      ok(first >= 440 && first <= 540 && last >= 2100 && last <= 2400, JSON.stringify(own.words));
      const pcm = own.pcm.toReversed(); // so that the sample is not the better match
      const turns = await turnsOf(join(silence(1000), pcm, silence(2000)), 16_000, scriptRecogniser([{ ...own, pcm }]));
      equal(turns.map(text).join(), "Walk on, my friend.");
      writeFileSync(file, JSON.stringify({ audio: path(SAMPLES, "goforward.wav"), words: [{ text: "Walk", start: 5, end: 5 }] }));
      let message = "";
      try {
        loadRecording(file);
      } catch (error) {
        message = String(error);
      }
      ok(message.includes("own.json") && message.includes('"Walk"'), message);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
