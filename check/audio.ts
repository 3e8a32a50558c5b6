import { join } from "node:path";
import { loadRecording, SAMPLES } from "../simulator/recognisers/recordings";
import { SAMPLE_RATE } from "./assumptions";

export function silence(ms: number): Buffer {
  return Buffer.alloc((SAMPLE_RATE * 2 * ms) / 1000);
}

/** The first `ms` of a recording. */
export function beginningOf(pcm: Buffer, ms: number): Buffer {
  return pcm.subarray(0, (SAMPLE_RATE * 2 * ms) / 1000);
}

/** A recording of a person that comes with the simulator, and where in it the first word begins and the last one ends (ms). */
export function recorded(name: string): { pcm: Buffer; onset: number; end: number } {
  const { pcm, words } = loadRecording(join(SAMPLES, `${name}.json`));
  return { pcm: Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength), onset: words[0]?.start ?? 0, end: words.at(-1)?.end ?? 0 };
}
