import type { BookFile } from "../../nodes/lib/billing/book-file";

/** A book in memory, which outlives the node that writes it. Reading and writing can be made to fail. */
export class MemoryBook implements BookFile {
  readonly name = "memory";
  appends = 0;
  replacements = 0;
  failure: Error | undefined;

  constructor(public text = "") {}

  get lines(): string[] {
    return this.text.split("\n").filter((line) => line !== "");
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
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }
}
