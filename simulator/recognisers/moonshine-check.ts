import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

/**
 * Checks, each time Moonshine is loaded, that the cache still holds what was fetched: a part of it is code. A folder that other users of
 * the machine can write to could change between this check and the use, so it is refused whatever is in it.
 * @param hashes name of each file → its SHA-256, in hexadecimal
 * @throws Error that says in a few words what is wrong
 */
export async function checkMoonshine(folder: string, hashes: Readonly<Record<string, string>>): Promise<void> {
  for (const path of [folder, dirname(folder)]) await checkOwner(path);
  // Whoever could rename the folders in the cache could put others in their place, except where only owners may (`/tmp`).
  await checkOwner(await realpath(dirname(dirname(folder))), STICKY);
  for (const [name, expected] of Object.entries(hashes)) {
    await checkOwner(join(folder, name));
    const hash = createHash("sha256");
    await pipeline(createReadStream(join(folder, name)), hash);
    if (hash.digest("hex") !== expected) throw new Error(`${join(folder, name)} is not the file that was published: delete the folder`);
  }
}

const STICKY = 0o1000;

/**
 * Where a system has no such owners and modes (Windows), the cache is in the user's own profile. A group of one's own is no other user:
 * many systems make one for each, with the user's number.
 * @param excuse a bit of the mode with which writing is harmless
 */
async function checkOwner(path: string, excuse = 0): Promise<void> {
  const user = process.getuid?.();
  if (user === undefined) return;
  const { mode, uid, gid } = await lstat(path);
  const isOwn = uid === user || uid === 0;
  const writers = gid === uid ? 0o002 : 0o022;
  const isClosed = (mode & writers) === 0 || (mode & excuse) !== 0;
  if (!isOwn || !isClosed) throw new Error(`other users can write to ${path}: change that, or set XDG_CACHE_HOME`);
}
