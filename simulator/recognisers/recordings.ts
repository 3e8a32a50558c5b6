/**
 * The recordings that the script recogniser knows: a WAV file and a JSON file that says what is said in it, and when.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { readWav, type Recorded } from "../audio";
import { levelDb } from "../speech-detector";
import { spreadWords } from "./word-times";

export interface Recording extends Recorded {
  name: string;
  words: ScriptWord[];
}

export interface ScriptWord {
  text: string;
  /** ms from the start of the recording. */
  start: number;
  end: number;
}

/** Where the shipped samples lie: beside the compiled simulator (the build copies them). */
export const SAMPLES = join(__dirname, "..", "samples");

export function sampleRecordings(): Recording[] {
  const scripts = readdirSync(SAMPLES).filter((file) => file.endsWith(".json"));
  return scripts.sort().map((file) => loadRecording(join(SAMPLES, file)));
}

/**
 * Reads a script file: `{ "audio": "door.wav", "words": [{ "text": "Open", "start": 120, "end": 400 }, …] }`, the audio's path relative to
 * the file's. Instead of `words`, `"text": "Open the door."` is enough: its words are then spread over the speech by their lengths.
 * @throws Error that names the file and what is wrong with it
 */
export function loadRecording(file: string): Recording {
  try {
    const script: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (!isRecord(script) || typeof script["audio"] !== "string") throw new Error('"audio" must name a WAV file');
    const { pcm, sampleRate } = readWav(readFileSync(resolve(dirname(file), script["audio"])));
    return { name: script["audio"], pcm, sampleRate, words: wordsOf(script, { pcm, sampleRate }) };
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function wordsOf(script: Record<string, unknown>, recorded: Recorded): ScriptWord[] {
  if (typeof script["text"] === "string") return spreadText(script["text"], recorded);
  if (!Array.isArray(script["words"])) throw new Error('either "words" or "text" must be given');
  let before = 0;
  return script["words"].map((word: unknown) => {
    if (!isRecord(word)) throw new Error("a word must be an object");
    const { text, start, end } = word;
    if (typeof text !== "string" || typeof start !== "number" || typeof end !== "number" || start < before || end <= start) {
      throw new Error(`a word must have "text", "start" and "end" (ms, in order): ${JSON.stringify(word)}`);
    }
    before = start;
    return { text, start, end };
  });
}

/** Spreads a text's words over the part of a recording that is within 25 dB of its loudest frame. */
function spreadText(text: string, { pcm, sampleRate }: Recorded): ScriptWord[] {
  const frame = Math.round(sampleRate / 50);
  const levels: number[] = [];
  for (let at = 0; at + frame <= pcm.length; at += frame) levels.push(levelDb(pcm.subarray(at, at + frame)));
  const threshold = Math.max(...levels) - 25;
  const first = levels.findIndex((level) => level >= threshold) * 20;
  const last = (levels.findLastIndex((level) => level >= threshold) + 1) * 20;
  const words = text.split(/\s+/).filter((word) => word !== "");
  return spreadWords(
    words.map((word) => ({ text: word })),
    first,
    last,
  ).map((word) => ({ ...word, start: Math.round(word.start), end: Math.round(word.end) }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
