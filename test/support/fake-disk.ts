import type { BookFs, BookHandle } from "../../nodes/lib/billing/book-file";

interface File {
  /** what the system has */
  text: string;
  /** what the disk has */
  synced: string;
}

/** What is left after a power cut of the data written since the last sync: nothing, half, or all of it. */
export type Luck = "none" | "half" | "all";

/**
 * A disk with a cache, whose power is cut at one of the calls: from then on nothing returns. What was written but not synced, files as well
 * as names in folders, may be lost.
 */
export class FakeDisk implements BookFs {
  calls = 0;
  private files = new Map<string, File>();
  private syncedNames = new Map<string, File>();

  /** @param cutAt the call at which the power is cut: a write is then half done, any other call not at all */
  constructor(private readonly cutAt = Infinity) {}

  /** The machine starts again. @param luck undefined: only the program died, so nothing that was written is lost */
  restarted(luck: Luck | undefined, cutAt = Infinity): FakeDisk {
    const next = new FakeDisk(cutAt);
    const names = luck === "none" || luck === "half" ? this.syncedNames : this.files;
    for (const [path, { text, synced }] of names) {
      const left = luck === undefined || luck === "all" ? text : luck === "none" ? synced : tornText(synced, text);
      const file = { text: left, synced: left };
      next.files.set(path, file);
      next.syncedNames.set(path, file);
    }
    return next;
  }

  /** undefined where there is no such file */
  textOf(path: string): string | undefined {
    return this.files.get(path)?.text;
  }

  get paths(): string[] {
    return [...this.files.keys()];
  }

  async readFile(path: string): Promise<string> {
    await this.call();
    const file = this.files.get(path);
    if (!file) throw noSuchFile(path);
    return file.text;
  }

  async mkdir(): Promise<void> {
    await this.call();
  }

  async open(path: string, flags: number | "r" | "w"): Promise<BookHandle> {
    await this.call();
    if (flags === "r") return this.folderHandle();
    if (flags === "w") {
      const file = this.files.get(path) ?? { text: "", synced: "" };
      file.text = "";
      this.files.set(path, file);
    }
    const file = this.files.get(path);
    if (!file) throw noSuchFile(path);
    return this.handle(file);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.call();
    this.files.set(to, this.files.get(from) as File);
    this.files.delete(from);
  }

  private handle(file: File): BookHandle {
    return {
      writeFile: async (text) => {
        await this.call(() => (file.text += text.slice(0, text.length / 2)));
        file.text += text;
      },
      sync: async () => {
        await this.call();
        file.synced = file.text;
      },
      close: () => this.call(),
    };
  }

  private folderHandle(): BookHandle {
    return {
      writeFile: () => Promise.reject(new Error("EISDIR")),
      sync: async () => {
        await this.call();
        this.syncedNames = new Map(this.files);
      },
      close: () => this.call(),
    };
  }

  /** @param cut what still happens where the power is cut at this call */
  private async call(cut?: () => void): Promise<void> {
    this.calls++;
    if (this.calls < this.cutAt) return;
    if (this.calls === this.cutAt) cut?.();
    await new Promise(() => undefined);
  }
}

/** A disk keeps what comes after its last sync up to some point, if at all. */
function tornText(synced: string, text: string): string {
  return text.startsWith(synced) ? text.slice(0, synced.length + (text.length - synced.length) / 2) : synced;
}

function noSuchFile(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: "ENOENT" });
}
