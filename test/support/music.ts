import { random, type Signal } from "./audio";
import { sox } from "./sox";

const RATE = 16_000;
/** Semitones above the root: major, minor, seventh, suspended. */
const CHORDS = [
  [0, 4, 7, 12],
  [0, 3, 7, 12],
  [0, 4, 7, 10],
  [0, 5, 7, 12],
] as const;
const ROOTS = [0, 5, 7, 9, 2, 4];
const LOWEST_ROOT = 110;
const MELODY_SEMITONES = [0, 2, 4, 7, 9, 12, 14, 16];
const BAR = 2 * RATE;
const NOTE = RATE / 4;

/** Plucked strings (Karplus and Strong): chords broken upwards, a new one every 2 s, and a melody in quarters of a second above them. */
export function pluckedMusic(level: number, seed = 1): Signal {
  const next = random(seed);
  let strings: Signal[] = [];
  let melody: Signal = silence;
  let root = LOWEST_ROOT;
  let n = 0;
  return () => {
    const inBar = n % BAR;
    if (inBar === 0) {
      root = LOWEST_ROOT * 2 ** (pick(ROOTS, next) / 12);
      const chord = pick(CHORDS, next);
      strings = chord.map((semitones, i) => delayed(plucked(root * 2 ** (semitones / 12), next), (i * NOTE) / 4));
    }
    if (inBar % NOTE === 0 && next() > -0.4) melody = plucked(root * 4 * 2 ** (pick(MELODY_SEMITONES, next) / 12), next);
    n++;
    let sum = melody();
    for (const string of strings) sum += string();
    return sum * level;
  };
}

function silence(): number {
  return 0;
}

function pick<T>(values: readonly T[], next: Signal): T {
  return values[Math.floor(((next() + 1) / 2) * values.length)] as T;
}

function plucked(hertz: number, noise: Signal): Signal {
  const line = Float64Array.from({ length: Math.round(RATE / hertz) }, () => noise() * 0.5);
  let at = 0;
  return () => {
    const following = at + 1 === line.length ? 0 : at + 1;
    const value = line[at] ?? 0;
    line[at] = 0.498 * (value + (line[following] ?? 0));
    at = following;
    return value;
  };
}

function delayed(signal: Signal, samples: number): Signal {
  let wait = samples;
  return () => (wait-- > 0 ? 0 : signal());
}

/** A bar of music by sox: its voices, each "waveform note", and the effects on their sum. */
const BARS: readonly (readonly [voices: readonly string[], effects: readonly string[]])[] = [
  [["pluck G2", "pluck B2", "pluck D3", "pluck G3", "pluck D4", "pluck G4"], []],
  [["pluck A2", "pluck C3", "pluck E3", "pluck A3", "pluck E4", "pluck C5"], ["reverb"]],
  [
    ["pluck C3", "pluck E3", "pluck G3", "pluck C4", "pluck B4"],
    ["tremolo", "5", "40"],
  ],
  [
    ["sine D3", "sine F3", "sine A3", "pluck D5"],
    ["tremolo", "3", "60"],
  ],
  [
    ["triangle E2", "triangle G3", "triangle B3", "pluck E5"],
    ["chorus", "0.7", "0.9", "55", "0.4", "0.25", "2", "-t"],
  ],
  [
    ["sawtooth F3", "sawtooth A3", "sawtooth C4"],
    ["lowpass", "1200", "flanger"],
  ],
  [
    ["trapezium C3", "sine E4", "sine G4"],
    ["phaser", "0.89", "0.85", "1", "0.24", "2", "-t"],
  ],
  [
    ["pluck E2", "pluck B2", "pluck E3", "pluck G#3", "pluck B3", "pluck E4"],
    ["overdrive", "15"],
  ],
  [
    ["square A2", "sine C#4", "sine E4"],
    ["lowpass", "900", "tremolo", "7", "50"],
  ],
  [
    ["pluck D3", "pluck F#3", "pluck A3", "pluck D4", "pinknoise"],
    ["echo", "0.8", "0.7", "250", "0.4"],
  ],
];
const SOX_BAR_SECONDS = 4;

/** Synthetic music by sox: ten different bars, and every 4 s two of them, drawn anew, that play together. */
export function soxMusic(level: number, seed = 1): Signal {
  const bars = BARS.map(([voices, effects]) => {
    const seconds = String(SOX_BAR_SECONDS);
    const strum = voices.map((_, i) => String(i * 0.05));
    const synth = voices.flatMap((voice) => voice.split(" "));
    return sox("synth", seconds, ...synth, "delay", ...strum, "remix", "-", ...effects, "fade", "t", "0.01", seconds, "0.3", "norm", "-3");
  });
  const next = random(seed);
  const draw = (): Int16Array => pick(bars, next);
  let [first, second] = [draw(), draw()];
  let n = 0;
  return () => {
    const at = n % (SOX_BAR_SECONDS * RATE);
    if (at === 0) [first, second] = [draw(), draw()];
    n++;
    return (((first[at] ?? 0) + (second[at] ?? 0) / 2) / 32_768) * level;
  };
}
