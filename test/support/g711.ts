import { alaw, mulaw } from "../vectors/audio-files.json";

/** The samples of all codes, as ffmpeg decodes them: see scripts/audio-vectors.mjs. */
export const G711: Readonly<Record<"pcm_mulaw" | "pcm_alaw", readonly number[]>> = { pcm_mulaw: mulaw, pcm_alaw: alaw };

/** Each sample's nearest code. */
export function encodeG711(pcm: Int16Array, encoding: keyof typeof G711): Buffer {
  const codes = G711[encoding].map((value, code) => ({ value, code })).toSorted((a, b) => a.value - b.value);
  const nearest = new Uint8Array(65_536);
  let at = 0;
  for (let sample = -32_768; sample < 32_768; sample++) {
    const distance = (index: number) => Math.abs((codes[index]?.value ?? Infinity) - sample);
    while (distance(at + 1) <= distance(at)) at++;
    nearest[sample + 32_768] = codes[at]?.code ?? 0;
  }
  return Buffer.from(Uint8Array.from(pcm, (sample) => nearest[sample + 32_768] ?? 0));
}

/** Full scale ±1. */
export function encodeFloats(pcm: Int16Array): Buffer {
  const floats = Buffer.alloc(pcm.length * 4);
  for (const [index, sample] of pcm.entries()) floats.writeFloatLE(sample / 32_768, index * 4);
  return floats;
}
