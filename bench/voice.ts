/**
 * The CPU time of the voice gate: `npm run bench:voice`. Ten minutes of each kind of audio, in chunks of 50 ms, on one core.
 * The figures are the CPU time of this process per hour of audio; the audio is made before the clock starts.
 */
import { FRAME_SAMPLES, Silero } from "../nodes/lib/voice/silero";
import { DETECTOR_INPUT_RATES } from "../nodes/lib/audio/resampler";
import { concat, hum, mix, pinkNoise, random, recording, render, type Signal } from "../test/support/audio";
import { pluckedMusic } from "../test/support/music";
import { listen, noiseRms, starts, utterances } from "../test/support/voice";

const RATE = 16_000;
const SECONDS = 600;

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function perFrame(): void {
  const silero = new Silero();
  const speech = Float32Array.from(recording("librivox_0870.wav"), (sample) => sample / 32_768);
  const frames = Math.floor(speech.length / FRAME_SAMPLES);
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < frames; i++) {
      const frame = speech.subarray(i * FRAME_SAMPLES, (i + 1) * FRAME_SAMPLES);
      const begin = performance.now();
      silero.process(frame);
      if (round > 1) times.push(performance.now() - begin);
    }
  }
  times.sort((a, b) => a - b);
  const at = (part: number): string => (times[Math.floor(part * times.length)] ?? NaN).toFixed(3);
  console.log(`The network, per 32 ms frame: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms (Node.js ${process.version})\n`);
}

/** Ten minutes of audio, made before the measurement. */
function minutes(signal: Signal): Int16Array {
  return render(signal, SECONDS * RATE);
}

function speechUnder(noise: Signal): Int16Array {
  const { pcm } = utterances();
  const times = Math.ceil((SECONDS * RATE) / pcm.length);
  return mix(concat(...Array.from({ length: times }, () => pcm)).subarray(0, SECONDS * RATE), noise);
}

function living(): Signal {
  const noise = pinkNoise(0.002, 5);
  const next = random(6);
  let clatter = 0;
  return () => {
    if (next() > 1 - 2 / (10 * RATE)) clatter = 0.2; // a noise of the household every 10 s or so
    clatter *= 0.9995;
    return noise() + next() * clatter;
  };
}

const KINDS: readonly (readonly [string, () => Int16Array])[] = [
  ["quiet room (pink noise, -66 dBFS)", () => minutes(pinkNoise(0.0005))],
  ["noisy room (pink noise, -34 dBFS)", () => minutes(pinkNoise(0.02))],
  ["hum (-34 dBFS)", () => minutes(hum(0.02))],
  ["household (a clatter every 10 s)", () => minutes(living())],
  ["speech, half of the time, in noise at 20 dB", () => speechUnder(pinkNoise(noiseRms(20)))],
  ["music", () => minutes(pluckedMusic(0.2))],
];

function row(cells: readonly (string | number)[]): void {
  const [name = "", ...figures] = cells.map(String);
  console.log(`${name.padEnd(46)}${figures.map((cell) => cell.padStart(15)).join("")}`);
}

function perKind(): void {
  row(["", "skipped %", "starts", "CPU s/h", "without skip", "starts"]);
  for (const [name, make] of KINDS) {
    const pcm = make();
    const fill = (chunk: Int16Array, from: number): void => chunk.set(pcm.subarray(from, from + chunk.length));
    const measure = (sparing: boolean): { skipped: number; starts: number; cpu: number } => {
      let [skipped, count] = [0, 0];
      const cpu = cpuSeconds(() => {
        const result = listen(fill, pcm.length, { sparing });
        skipped = 100 * (1 - result.judged / result.frames);
        count = starts(result);
      });
      return { skipped, starts: count, cpu: (cpu * 3600) / SECONDS };
    };
    const [sparing, all] = [measure(true), measure(false)];
    row([name, sparing.skipped.toFixed(2), sparing.starts, sparing.cpu.toFixed(2), all.cpu.toFixed(2), all.starts]);
  }
}

function perRate(): void {
  console.log("\nA quiet room at each sample rate, CPU seconds per hour:");
  for (const sampleRate of DETECTOR_INPUT_RATES) {
    const pcm = render(pinkNoise(0.0005), 300 * sampleRate);
    const fill = (chunk: Int16Array, from: number): void => chunk.set(pcm.subarray(from, from + chunk.length));
    listen(fill, 20 * sampleRate, { sampleRate }); // compiled by then
    const cpu = cpuSeconds(() => void listen(fill, pcm.length, { sampleRate }));
    console.log(`${String(sampleRate).padStart(8)} Hz ${(cpu * 12).toFixed(2).padStart(8)}`);
  }
}

perFrame();
perKind();
perRate();
