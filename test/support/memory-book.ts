import type { BookFile } from "../../nodes/lib/billing/book-file";

/** A book in memory, which outlives the node that writes it. Reading and writing can be held back, and made to fail. */
export class MemoryBook implements BookFile {
  readonly name = "memory";
  appends = 0;
  replacements = 0;
  failure: Error | undefined;
  private held: Promise<void> | undefined;

  constructor(public text = "") {}

  get lines(): string[] {
    return this.text.split("\n").filter((line) => line !== "");
  }

  /** Nothing is read or written from now on until the function is called that this returns. */
  hold(): () => void {
    let release = () => undefined as void;
    this.held = new Promise((resolve) => (release = resolve));
    return () => release();
  }

  async read(): Promise<string> {
    await this.work();
    return this.text;
  }

  async append(text: string): Promise<void> {
    await this.work();
    this.appends++;
    this.text += text;
  }

  async replace(text: string): Promise<void> {
    await this.work();
    this.replacements++;
    this.text = text;
  }

  private work(): Promise<void> {
    return this.held ? this.held.then(() => this.outcome()) : this.outcome();
  }

  private outcome(): Promise<void> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }
}
