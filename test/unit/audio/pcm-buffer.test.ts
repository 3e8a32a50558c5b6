import assert from "node:assert/strict";
import { PcmBuffer } from "../../../nodes/lib/audio/pcm-buffer";
import { countingPcm } from "../../support/pcm";

describe("pcm-buffer", () => {
  it("returns what was appended, by position, however much was dropped before", () => {
    const buffer = new PcmBuffer();
    const all = countingPcm(400_000);
    for (let at = 0; at < 400_000; at += 800) {
      buffer.append(all.subarray(at * 2, (at + 800) * 2));
      if (at >= 16_000) buffer.discardBefore(at - 16_000);
      assert.equal(buffer.end, at + 800);
      assert.ok(buffer.read(buffer.start, buffer.end).equals(all.subarray(buffer.start * 2, buffer.end * 2)));
    }
    assert.deepEqual(buffer.readSamples(399_000, 399_002), new Int16Array([all.readInt16LE(798_000), all.readInt16LE(798_002)]));
  });

  it("keeps no hold on what was appended", () => {
    const buffer = new PcmBuffer();
    const data = Buffer.alloc(4, 1);
    buffer.append(data);
    data.fill(9);
    assert.deepEqual(buffer.read(0, 2), Buffer.alloc(4, 1));
  });

  it("drops the end, and goes on from there", () => {
    const buffer = new PcmBuffer();
    buffer.append(countingPcm(100));
    buffer.discardFrom(40);
    assert.equal(buffer.end, 40);
    buffer.append(Buffer.alloc(2, 7));
    assert.deepEqual(buffer.read(40, 41), Buffer.alloc(2, 7));
  });

  it("takes more memory for a backlog, and releases it while audio flows on", () => {
    const buffer = new PcmBuffer();
    const second = countingPcm(16_000);
    const small = buffer.size;
    for (let index = 0; index < 60; index++) buffer.append(second);
    assert.ok(buffer.size >= 60 * 32_000);
    for (let index = 0; index < 300; index++) {
      buffer.append(second);
      buffer.discardBefore(buffer.end - 8000);
    }
    assert.ok(buffer.size <= 4 * small, `${buffer.size} bytes`);
  });
});
