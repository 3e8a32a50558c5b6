import { createReadStream } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip } from "node:zlib";

/** A tar archive consists of blocks: a header, then the file, filled up to whole blocks. */
const BLOCK = 512;

interface Entry {
  /** What is still to come of the file, and of its blocks (bytes). */
  content: number;
  blocks: number;
  /** Where it is written to; undefined where it is not wanted. */
  file: FileHandle | undefined;
}

/**
 * Unpacks some files of a package's tarball (.tgz). Never holds more than a chunk of it in memory.
 * @param wanted path in the archive → name in the folder; nothing is written under a name that comes from the archive
 * @throws Error where the archive is broken, or lacks one of them
 */
export async function extract(archive: string, wanted: Readonly<Record<string, string>>, folder: string): Promise<void> {
  const missing = new Set(Object.keys(wanted));
  const source = createReadStream(archive);
  const unzipped = source.pipe(createGunzip());
  source.on("error", (error) => unzipped.destroy(error)); // a pipe does not pass errors on
  let entry: Entry | undefined;
  try {
    let buffered: Buffer = Buffer.alloc(0);
    for await (const piece of unzipped as AsyncIterable<Buffer>) {
      buffered = Buffer.concat([buffered, piece]);
      for (;;) {
        if (!entry) {
          if (buffered.length < BLOCK) break;
          const { path, size } = readHeader(buffered);
          buffered = buffered.subarray(BLOCK);
          const name = missing.delete(path) ? wanted[path] : undefined;
          const file = name === undefined ? undefined : await open(join(folder, name), "wx");
          entry = { content: size, blocks: Math.ceil(size / BLOCK) * BLOCK, file };
        }
        await entry.file?.writeFile(buffered.subarray(0, entry.content));
        const done = Math.min(entry.blocks, buffered.length);
        entry.content = Math.max(0, entry.content - done);
        entry.blocks -= done;
        buffered = buffered.subarray(done);
        if (entry.blocks > 0) break;
        await entry.file?.close();
        entry = undefined;
      }
    }
    if (entry || missing.size > 0) throw new Error(`the archive lacks ${[...missing].join(", ") || "its end"}`);
  } finally {
    await entry?.file?.close();
    source.destroy();
  }
}

/** The paths of npm's tarballs are short enough for the plain header: no extension of the format is read. */
function readHeader(block: Buffer): { path: string; size: number } {
  const text = (from: number, length: number): string => block.toString("utf8", from, from + length).replace(/\0.*$/s, "");
  const [name, prefix] = [text(0, 100), text(345, 155)];
  const size = Number.parseInt(text(124, 12), 8);
  return { path: prefix === "" ? name : `${prefix}/${name}`, size: Number.isNaN(size) ? 0 : size };
}
