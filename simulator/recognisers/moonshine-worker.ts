/**
 * The thread that Moonshine runs in. It posts "ready" once the model is loaded, and then answers each piece of audio with its words.
 */
import { parentPort, workerData } from "node:worker_threads";
import { Resampler } from "../../nodes/lib/audio/resampler";
import { checkMoonshine } from "./moonshine-check";
import { MODEL_RATE, MoonshineModel, type RecognisedWord } from "./moonshine-model";

/** The worker's input. */
export interface Question {
  pcm: Int16Array;
  /** Hz. */
  sampleRate: number;
}

export interface Start {
  /** As moonshine-install.ts leaves it. */
  folder: string;
  /** Of the files in it: see moonshine-check.ts. */
  hashes: Readonly<Record<string, string>>;
  /** One number, shared by both threads: not 0 = abandon the piece that is running. */
  abandoned: Int32Array;
}

/** The worker's output: first "ready", then one answer per question, in order. */
export type Answer = "ready" | { words: RecognisedWord[] | undefined } | { error: string };

/** Shorter audio is filled up with silence: the encoder's first window must be full. */
const SHORTEST_MS = 500;

async function run(port: NonNullable<typeof parentPort>, { folder, hashes, abandoned }: Start): Promise<void> {
  await checkMoonshine(folder, hashes);
  const model = await MoonshineModel.load(folder);
  // The first run is several times slower: it is done on silence, so that nobody waits for it.
  await model.transcribe(new Float32Array(MODEL_RATE));
  const say = (answer: Answer): void => port.postMessage(answer);
  port.on("message", ({ pcm, sampleRate }: Question) => {
    model
      .transcribe(toModelRate(pcm, sampleRate), () => Atomics.load(abandoned, 0) !== 0)
      .then(
        (words) => say({ words }),
        (error: unknown) => say({ error: error instanceof Error ? error.message : String(error) }),
      );
  });
  say("ready");
}

function toModelRate(pcm: Int16Array, rate: number): Float32Array {
  const length = Math.ceil((pcm.length * MODEL_RATE) / rate);
  const audio = new Float32Array(Math.max(length, (SHORTEST_MS * MODEL_RATE) / 1000));
  if (rate === MODEL_RATE) {
    for (let i = 0; i < pcm.length; i++) audio[i] = (pcm[i] ?? 0) / 32_768;
    return audio;
  }
  const resampler = new Resampler(rate);
  for (let from = 0, filled = 0; from < pcm.length;) {
    from = resampler.read(pcm, from);
    filled = resampler.write(audio, filled);
  }
  return audio;
}

// A rejection ends the thread, and is its "error" event on the other side.
if (parentPort) void run(parentPort, workerData as Start);
