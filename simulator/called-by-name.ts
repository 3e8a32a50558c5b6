/** A recording to try a wake word with where there is no microphone: people talk, and one of them says the wake word and a command. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SAMPLES } from "./recognisers/recordings";

/** Its name among the samples, of which it is made. */
export const CALLED_BY_NAME = "called_by_name.wav";

const RATE = 16_000;
const HEADER_BYTES = 44;
/** Samples, and between them a quiet room of this many s. */
const PARTS = [1, "librivox_0880.wav", 2, "okay_nabu.wav", "goforward.wav", 12, "librivox_0930.wav", 2] as const;
/** Of the room's noise, in steps of 16 bits: -66 dBFS. Exact zeros are unlike any room. */
const NOISE_PEAK = 28;

export function calledByName(): Buffer {
  const pcm = Buffer.concat(
    PARTS.map((part) => (typeof part === "number" ? room(part) : readFileSync(join(SAMPLES, part)).subarray(HEADER_BYTES))),
  );
  const header = readFileSync(join(SAMPLES, "okay_nabu.wav")).subarray(0, HEADER_BYTES);
  const file = Buffer.concat([header, pcm]);
  file.writeUInt32LE(file.length - 8, 4);
  file.writeUInt32LE(pcm.length, HEADER_BYTES - 4);
  return file;
}

/** The same noise each time. */
function room(seconds: number): Buffer {
  let state = 7;
  const samples = Int16Array.from({ length: seconds * RATE }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state / 2 ** 31) * NOISE_PEAK;
  });
  return Buffer.from(samples.buffer);
}
