import type { Random } from "./random";

/** `samples` of 16-bit PCM that count up from `first` (after 32767 comes -32768), so that each differs from its neighbours. */
export function countingPcm(samples: number, first = 0): Buffer {
  const pcm = Buffer.alloc(samples * 2);
  for (let index = 0; index < samples; index++) pcm.writeUInt16LE((first + index) % 65_536, index * 2);
  return pcm;
}

/** The same bytes in pieces of `size` each; the last one may be shorter. */
export function cut(data: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < data.length; at += size) pieces.push(data.subarray(at, at + size));
  return pieces;
}

/** The same bytes in pieces of any length up to `longest`, empty ones too. */
export function cutAnywhere(data: Buffer, longest: number, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < data.length;) {
    const piece = data.subarray(at, at + random.whole(0, longest));
    pieces.push(piece);
    at += piece.length;
  }
  return pieces;
}
