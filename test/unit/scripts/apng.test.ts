import assert from "node:assert/strict";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { crc32, deflateSync, inflateSync } from "node:zlib";

interface Apng {
  animatedPng: (frames: readonly { png: Buffer; ms: number }[]) => Buffer;
}

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

function chunk(type: string, data: Buffer): Buffer {
  const frame = Buffer.alloc(12 + data.length);
  frame.writeUInt32BE(data.length);
  frame.write(type, 4, "latin1");
  data.copy(frame, 8);
  frame.writeUInt32BE(crc32(frame.subarray(4, 8 + data.length)), 8 + data.length);
  return frame;
}

/** A grey picture, its data in `parts` chunks. */
function grey(value: number, width = 2, parts = 1): Buffer {
  const header = Buffer.from([0, 0, 0, width, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const data = deflateSync(Buffer.from([0, ...Array.from({ length: width }, () => value)]));
  const size = Math.ceil(data.length / parts);
  const pieces = Array.from({ length: parts }, (_, i) => chunk("IDAT", data.subarray(i * size, (i + 1) * size)));
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), ...pieces, chunk("IEND", Buffer.alloc(0))]);
}

/** A file's chunks; a wrong checksum fails. */
function read(png: Buffer): { type: string; data: Buffer }[] {
  assert.ok(png.subarray(0, 8).equals(SIGNATURE));
  const chunks = [];
  for (let at = 8; at < png.length;) {
    const end = at + 8 + png.readUInt32BE(at);
    assert.equal(png.readUInt32BE(end), crc32(png.subarray(at + 4, end)));
    chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, end) });
    at = end + 4;
  }
  return chunks;
}

describe("an animated PNG", () => {
  let animatedPng: Apng["animatedPng"];
  before(async () => {
    const script = pathToFileURL(resolve(__dirname, "../../../../scripts/screenshots/apng.mjs")).href;
    ({ animatedPng } = (await import(script)) as Apng);
  });

  it("has the frames' data unchanged, each with its time, in one sequence", () => {
    const chunks = read(
      animatedPng([
        { png: grey(10), ms: 500 },
        { png: grey(20, 2, 2), ms: 4000 },
      ]),
    );
    assert.deepEqual(
      chunks.map(({ type }) => type),
      ["IHDR", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "fdAT", "IEND"],
    );
    const of = (type: string) => chunks.filter((each) => each.type === type).map(({ data }) => data);
    assert.deepEqual([of("acTL")[0]?.readUInt32BE(0), of("acTL")[0]?.readUInt32BE(4)], [2, 0]);
    assert.deepEqual(
      of("fcTL").map((data) => [data.readUInt32BE(4), data.readUInt32BE(8), data.readUInt16BE(20), data.readUInt16BE(22)]),
      [
        [2, 1, 500, 1000],
        [2, 1, 4000, 1000],
      ],
    );
    assert.deepEqual(
      [...of("fcTL"), ...of("fdAT")].map((data) => data.readUInt32BE(0)).toSorted((a, b) => a - b),
      [0, 1, 2, 3],
    );
    assert.deepEqual([...inflateSync(Buffer.concat(of("IDAT")))], [0, 10, 10]);
    assert.deepEqual([...inflateSync(Buffer.concat(of("fdAT").map((data) => data.subarray(4))))], [0, 20, 20]);
  });

  it("is refused of pictures of different sizes, and of something else", () => {
    const first = { png: grey(10), ms: 1 };
    assert.throws(() => animatedPng([first, { png: grey(10, 3), ms: 1 }]), /differ in size/);
    assert.throws(() => animatedPng([first, { png: Buffer.from("GIF89a, not a PNG"), ms: 1 }]), /not a PNG/);
  });
});
