/**
 * What the wake word detector costs and detects: `npm run bench:wake`. The figures are CPU time of this process; the voice gate's are of
 * the same audio in the same run. The audio is made before the clock starts. Wants sox, for voices that differ from the recordings'.
 */
import { DETECTOR_INPUT_RATES } from "../nodes/lib/audio/resampler";
import { VoiceGate } from "../nodes/lib/voice/gate";
import { BUNDLED_WAKE_WORDS } from "../nodes/lib/wakeword/bundled";
import { WakeWordListener } from "../nodes/lib/wakeword/listener";
import { loadWakeWords, type WakeWord } from "../nodes/lib/wakeword/wake-word";
import { concat, render } from "../test/support/audio";
import { pluckedMusic, soxMusic } from "../test/support/music";
import { soxRate } from "../test/support/sox";
import { hear, names, push } from "../test/support/wake-word";
import { conversation, inNoise, RATE, room, saidWords, talk } from "./wake/sounds";

const SECONDS = 120;
const ROUNDS = 5;
/** As a microphone delivers it. */
const CHUNK = RATE / 20;

function row(cells: readonly (string | number)[]): void {
  const [name = "", ...rest] = cells.map(String);
  console.log(`${name.padEnd(44)}${rest.map((cell) => cell.padStart(15)).join("")}`);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** CPU ms for a second of audio: the median of some rounds, the first of which only compiles. */
function cost(pcm: Int16Array, hearChunk: (chunk: Int16Array) => unknown): string {
  const rounds = Array.from({ length: ROUNDS + 1 }, () =>
    cpuMs(() => {
      for (let from = 0; from < pcm.length; from += CHUNK) hearChunk(pcm.subarray(from, from + CHUNK));
    }),
  );
  return (quantile(rounds.slice(1), 0.5) / (pcm.length / RATE)).toFixed(2);
}

function loading(): readonly WakeWord[] {
  const times = BUNDLED_WAKE_WORDS.map((word) => {
    const begin = performance.now();
    const [loaded] = loadWakeWords([word]);
    return { loaded, ms: performance.now() - begin };
  });
  const words = times.flatMap(({ loaded }) => loaded ?? []);
  const streams = 50;
  const listeners: WakeWordListener[] = [];
  const used = (): number => {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const memory = (of: readonly WakeWord[]): string => {
    const before = used();
    for (let i = 0; i < streams; i++) listeners.push(new WakeWordListener({ sampleRate: RATE, words: of }));
    return `${Math.round((used() - before) / streams / 1024)} kB`;
  };
  console.log(`To load a word: ${times.map(({ ms }) => ms.toFixed(0)).join(", ")} ms, the first with the code's first run`);
  console.log(`Memory of a stream: ${memory(words.slice(0, 1))} with one word, ${memory(words)} with three\n`);
  return words;
}

function costs(words: readonly WakeWord[]): void {
  row(["CPU ms for a second of audio", "one word", "never resting", "three words", "voice gate"]);
  const kinds: readonly (readonly [string, Int16Array])[] = [
    ["quiet room (pink noise, -66 dBFS)", room(0.0005, SECONDS)],
    ["noisy room (pink noise, -34 dBFS)", room(0.02, SECONDS)],
    ["talk, half of the time", conversation(SECONDS)],
    ["talk, without a pause", talk().subarray(0, SECONDS * RATE)],
    ["music", render(pluckedMusic(0.2), SECONDS * RATE)],
  ];
  const [one] = words;
  for (const [name, pcm] of kinds) {
    const listener = (of: readonly WakeWord[], sparing = true): WakeWordListener =>
      new WakeWordListener({ sampleRate: RATE, words: of, sparing });
    const [single, all, judged] = [listener(one ? [one] : []), listener(words), listener(one ? [one] : [], false)];
    const gate = new VoiceGate({ sampleRate: RATE });
    row([
      name,
      cost(pcm, (chunk) => single.push(chunk)),
      cost(pcm, (chunk) => judged.push(chunk)),
      cost(pcm, (chunk) => all.push(chunk)),
      cost(pcm, (chunk) => gate.push(chunk)),
    ]);
  }
}

function delays(words: readonly WakeWord[]): void {
  const said = saidWords();
  console.log(`\nEach word said in ${said.length / words.length} voices (one recording each: higher, lower, faster, slower), -26 dBFS`);
  row(["", "detected", "others detected", "p5 ms", "p50 ms", "p95 ms"]);
  for (const { name } of words) {
    for (const snr of [undefined, 20, 10]) {
      const trials = said.filter(({ word }) => word === name).map((one, i) => inNoise(one, snr, i + 1));
      const heard = trials.map(({ pcm, end }) => ({ end, all: hear(pcm, { words }, CHUNK) }));
      const delay = heard.flatMap(({ end, all }) =>
        all
          .filter(({ word }) => word.name === name)
          .slice(0, 1)
          .map(({ sample }) => ((sample - end) * 1000) / RATE),
      );
      const others = heard.flatMap(({ all }) => all.filter(({ word }) => word.name !== name)).length;
      const at = (part: number): string => quantile(delay, part).toFixed(0);
      const where = snr === undefined ? "quiet room" : `pink noise at ${snr} dB`;
      row([`${name}, ${where}`, `${delay.length}/${trials.length}`, others, at(0.05), at(0.5), at(0.95)]);
    }
  }
}

function rates(words: readonly WakeWord[]): void {
  const said = saidWords();
  console.log(`\nHeard of ${said.length / words.length} voices at other sample rates, in a quiet room and in pink noise at 20 dB`);
  row(["", ...words.flatMap(({ name }) => [name, "20 dB"])]);
  for (const sampleRate of DETECTOR_INPUT_RATES) {
    const cells = words.flatMap(({ name }) =>
      [undefined, 20].map((snr) => {
        const trials = said.filter(({ word }) => word === name).map((one, i) => soxRate(inNoise(one, snr, i + 1).pcm, sampleRate));
        const heard = trials.filter((pcm) => names(hear(pcm, { words, sampleRate }, sampleRate / 20)).includes(name));
        return `${heard.length}/${trials.length}`;
      }),
    );
    row([`${sampleRate} Hz`, ...cells]);
  }
}

function falseAccepts(words: readonly WakeWord[]): void {
  console.log("\nHeard where nobody says it");
  row(["", "minutes", ...words.map(({ name }) => name)]);
  const people = talk();
  const hour = concat(...Array.from({ length: Math.ceil((3600 * RATE) / people.length) }, () => people)).subarray(0, 3600 * RATE);
  const kinds: readonly (readonly [string, Int16Array])[] = [
    ["four sentences, each in 12 voices", people],
    ["the same, joined to an hour", hour],
    ["plucked strings", render(pluckedMusic(0.2, 4), 1200 * RATE)],
    ["music by sox", render(soxMusic(0.3), 1200 * RATE)],
    ["pink noise, -34 dBFS", room(0.02, 1200)],
  ];
  for (const [name, pcm] of kinds) {
    const heard = push(new WakeWordListener({ sampleRate: RATE, words }), pcm, CHUNK);
    const count = (of: WakeWord): number => heard.filter(({ word }) => word === of).length;
    row([name, (pcm.length / RATE / 60).toFixed(1), ...words.map(count)]);
  }
}

console.log(`Node.js ${process.version}`);
const words = loading();
costs(words);
delays(words);
rates(words);
falseAccepts(words);
