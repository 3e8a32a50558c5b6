import assert from "node:assert/strict";
import { Chunker } from "../../../nodes/lib/audio/chunker";

function cut(sampleRate: number, chunkMs: number, pieces: Buffer[]): Buffer[] {
  const chunks: Buffer[] = [];
  const chunker = new Chunker(sampleRate, chunkMs, (chunk) => chunks.push(chunk));
  for (const piece of pieces) chunker.push(piece);
  return chunks;
}

const COUNTING = Buffer.from(Array.from({ length: 10_000 }, (_, i) => i % 251));

describe("chunker", () => {
  it("cuts chunks of exactly the requested time, whatever the input's pieces", () => {
    const pieces: Buffer[] = [];
    for (let at = 0, size = 1; at < COUNTING.length; at += size, size = (size * 7) % 613) pieces.push(COUNTING.subarray(at, at + size));
    const chunks = cut(16_000, 50, pieces);
    assert.deepEqual(
      chunks.map((chunk) => chunk.length),
      [1600, 1600, 1600, 1600, 1600, 1600],
    );
    assert.deepEqual(Buffer.concat(chunks), COUNTING.subarray(0, 9600));
  });

  it("cuts many out of one piece, each with memory of its own", () => {
    const chunks = cut(8000, 10, [COUNTING]);
    assert.equal(chunks.length, 62);
    chunks[0]?.fill(0);
    assert.deepEqual(chunks[1], COUNTING.subarray(160, 320));
    assert.equal(COUNTING[1], 1);
  });

  it("holds whole samples at rates that do not divide", () => {
    assert.equal(new Chunker(22_050, 50, () => {}).chunkBytes, 2206);
    assert.equal(new Chunker(11_025, 10, () => {}).chunkBytes, 220);
  });
});
