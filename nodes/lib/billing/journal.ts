import { AaiError } from "../common/errors";
import type { BookFile } from "./book-file";

/**
 * A book as a file of lines, each of which is a JSON object: a fact. The newest line about a thing counts, so a line that was
 * written twice does no harm.
 *
 *   unread ──read()──▶ read ──first commit: replace──▶ appending ──many lines──▶ replace ──▶ appending
 *                                                         │  ▲
 *                                                     failed  └──replace, at the next write
 *
 * * One commit at a time, each of all that was written until then (group commit): a hundred sessions that begin at once are two commits.
 * * The owner changes its state first, then writes the line; so the owner's snapshot always holds at least what is in the file. A
 *   replacement by the snapshot therefore repairs everything. It is the first commit after a start (an append would continue a line that
 *   a crash has torn), every commit after a failed one, and what shortens a long file.
 * * A crash during an append leaves a part of its lines. No caller was told that they are on disk, and the reader skips the torn one. A
 *   crash during a replacement leaves the file as it was.
 * * Nothing is written before the file has been read: the first write would replace its content.
 */
export interface JournalOwner {
  /** Restores the state from the file's lines; undefined stands for a line that is not JSON. @returns how many lines are unusable */
  restore(records: readonly unknown[]): number;
  /** The lines that hold the whole state. */
  snapshot(): object[];
  /** The file cannot be read or written. Reported once, until it can be again. */
  failed(error: AaiError): void;
  /** Some lines of the file were unusable. */
  damaged(error: AaiError): void;
}

/** The file is replaced when it has grown by this many lines, and to three times its length. */
const GROWTH_LINES = 1_000;

export class Journal {
  /** why the newest commit failed, if it did */
  failure: AaiError | undefined;
  private pending: { line: string; written: () => void }[] = [];
  private isRead = false;
  private mustReplace = true;
  private snapshotLines = 0;
  private appendedLines = 0;
  private isAsked = false;
  private committing: Promise<void> | undefined;

  constructor(
    private readonly file: BookFile,
    private readonly owner: JournalOwner,
  ) {}

  /** Writes a line. Resolves once the line is on disk, or writing it has failed: see `failure`. */
  write(record: object): Promise<void> {
    const written = new Promise<void>((resolve) => {
      this.pending.push({ line: `${JSON.stringify(record)}\n`, written: resolve });
    });
    void this.commit();
    return written;
  }

  /** Reads the file where that is still to do, and repeats a failed commit. Resolves when everything is written. */
  commit(): Promise<void> {
    this.isAsked = true;
    this.committing ??= this.commitAll();
    return this.committing;
  }

  private async commitAll(): Promise<void> {
    while (this.isAsked) {
      this.isAsked = false;
      await this.commitOnce();
    }
    this.committing = undefined;
  }

  private async commitOnce(): Promise<void> {
    let doing: "read" | "write" = "read";
    let batch = this.pending;
    try {
      if (!this.isRead) await this.read();
      doing = "write";
      batch = this.pending;
      if (this.mustReplace || this.appendedLines > Math.max(GROWTH_LINES, 2 * this.snapshotLines)) {
        const lines = this.owner.snapshot();
        this.pending = [];
        await this.file.replace(lines.map((record) => `${JSON.stringify(record)}\n`).join(""));
        this.snapshotLines = lines.length;
        this.appendedLines = 0;
      } else if (batch.length > 0) {
        this.pending = [];
        await this.file.append(batch.map(({ line }) => line).join(""));
        this.appendedLines += batch.length;
      }
      this.mustReplace = false;
      this.failure = undefined;
    } catch (thrown) {
      this.mustReplace = true;
      if (doing === "read") this.pending = this.pending.slice(batch.length);
      this.fail(doing, thrown);
    }
    for (const { written } of batch) written();
  }

  private async read(): Promise<void> {
    const text = await this.file.read();
    this.isRead = true;
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    const count = this.owner.restore(lines.map(parsed));
    if (count > 0) this.owner.damaged(new AaiError("AAI_BOOK/damaged", { count, file: this.file.name }));
  }

  private fail(doing: "read" | "write", thrown: unknown): void {
    const isNew = this.failure === undefined;
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    this.failure = new AaiError(doing === "read" ? "AAI_BOOK/read" : "AAI_BOOK/write", { file: this.file.name, detail }, { cause: thrown });
    if (isNew) this.owner.failed(this.failure);
  }
}

/** undefined where it is not JSON */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
