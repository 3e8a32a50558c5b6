import { constants, promises } from "node:fs";
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";

/**
 * The file below an account book. This module knows nothing of the book's content. It writes text to a disk so that a
 * crash or a power cut at any moment leaves either the state before a call or the state after it.
 */
export interface BookFile {
  /** for messages to the user */
  readonly name: string;
  /** The whole text; "" where nothing has been written yet. */
  read(): Promise<string>;
  /** Appends. The text is on disk once the promise resolves; after a rejection or a crash, the file may hold a part of the text. */
  append(text: string): Promise<void>;
  /** Replaces the whole file by `text`, or leaves the file as it was. `text` is on disk once the promise resolves. */
  replace(text: string): Promise<void>;
}

/** What a file needs of `node:fs/promises`. The tests pass a fake disk, and cut its power at each call. */
export interface BookFs {
  readFile(path: string, encoding: "utf8"): Promise<string>;
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
  open(path: string, flags: number | "r" | "w", mode?: number): Promise<BookHandle>;
  rename(from: string, to: string): Promise<void>;
}

export interface BookHandle {
  writeFile(text: string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Topics and costs are private to the user that Node-RED runs as. */
const MODE = 0o600;
/** Without O_CREAT: a file that was deleted meanwhile must be rewritten from the start, not continued with the next line. */
const APPEND = constants.O_WRONLY | constants.O_APPEND;
/** Windows and some network file systems can neither open nor sync a directory. */
const NO_DIRECTORY_SYNC = ["EISDIR", "EPERM", "EACCES", "EINVAL", "EBADF", "ENOTSUP"];

/**
 * The book of one node, in a folder `assemblyai` below Node-RED's user directory.
 * @param kind what the book is about: two kinds of node must not share a file
 * @param nodeId any text: a flow file may hold any
 */
export function nodeBookFile(userDir: string, kind: string, nodeId: string, fs: BookFs = promises): BookFile {
  // Node-RED's own ids have this form; other ids may hold a slash, or differ in upper and lower case only.
  const isPlain = /^[a-z0-9-]{1,100}$/.test(nodeId);
  const name = isPlain ? nodeId : createHash("sha256").update(nodeId).digest("hex");
  return diskFile(join(userDir, "assemblyai", `${kind}-${name}.jsonl`), fs);
}

function diskFile(path: string, fs: BookFs): BookFile {
  const folder = dirname(path);
  const draft = `${path}.new`;

  async function write(target: string, flags: number | "w", text: string): Promise<void> {
    const handle = await fs.open(target, flags, MODE);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** The name of a new file is part of its folder, so the folder is synced too. */
  async function syncFolder(): Promise<void> {
    try {
      const handle = await fs.open(folder, "r");
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (!NO_DIRECTORY_SYNC.includes(codeOf(error))) throw error;
    }
  }

  return {
    name: join(basename(folder), basename(path)),
    async read() {
      try {
        return await fs.readFile(path, "utf8");
      } catch (error) {
        if (codeOf(error) === "ENOENT") return "";
        throw error;
      }
    },
    append: (text) => write(path, APPEND, text),
    async replace(text) {
      await fs.mkdir(folder, { recursive: true });
      await write(draft, "w", text);
      await fs.rename(draft, path);
      await syncFolder();
    },
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
