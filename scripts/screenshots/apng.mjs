// Joins PNG pictures of one size to an animated PNG (https://www.w3.org/TR/png-3/#apng-frame-based-animation), without a library: the
// frames' compressed data is kept as it is, so only the chunks around it are written here.
import { crc32 } from "node:zlib";

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const LENGTH_TYPE_CRC = 12;

/** @param png a whole file */
function* chunksOf(png) {
  if (!png.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw new Error("not a PNG file");
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    yield { type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) };
    at += length + LENGTH_TYPE_CRC;
  }
}

function chunk(type, data) {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}

function numbers(...values) {
  const data = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => data.writeUInt32BE(value, 4 * i));
  return data;
}

/** Which frame comes next, all of the picture, and for how long. It replaces the one before it. */
function frameControl(sequence, header, ms) {
  const data = Buffer.alloc(26);
  data.writeUInt32BE(sequence);
  header.copy(data, 4, 0, 8); // width and height
  data.writeUInt16BE(ms, 20);
  data.writeUInt16BE(1000, 22);
  return chunk("fcTL", data);
}

/**
 * @param frames `{ png, ms }` each: the picture, and for how long it is shown (below 65,536 ms). Repeated without end.
 * @returns the file
 * @throws Error where the pictures differ in size or format
 */
export function animatedPng(frames) {
  const all = frames.map(({ png }) => [...chunksOf(png)]);
  const dataOf = (chunks, type) => chunks.filter((each) => each.type === type).map(({ data }) => data);
  const [header] = dataOf(all[0], "IHDR");
  if (all.some((chunks) => !dataOf(chunks, "IHDR")[0].equals(header))) throw new Error("the frames differ in size or format");

  let sequence = 0;
  const shown = all.flatMap((chunks, i) => {
    const control = frameControl(sequence++, header, frames[i].ms);
    const pixels = dataOf(chunks, "IDAT");
    if (i === 0) return [control, ...pixels.map((data) => chunk("IDAT", data))]; // what a reader without animation shows
    return [control, ...pixels.map((data) => chunk("fdAT", Buffer.concat([numbers(sequence++), data])))];
  });
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("acTL", numbers(frames.length, 0)),
    ...shown,
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
