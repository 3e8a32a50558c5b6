/**
 * Prints lines, and below them one that is still being written: each version of it replaces the one before, where the output is a terminal.
 * Elsewhere, as in a log, each version is a line of its own.
 */
export class LiveLine {
  #shown = "";

  /** @param output a stream, such as process.stdout */
  constructor(output) {
    this.output = output;
  }

  /** A line that stays. What was being written is over. */
  print(line) {
    this.#clear();
    this.output.write(`${line}\n`);
  }

  /** A line that stays, beside what is being written. */
  interpose(line) {
    const shown = this.#shown;
    this.print(line);
    if (shown !== "") this.#show(shown);
  }

  /**
   * The next version of the line that is being written. In a terminal that is too narrow, its newest words are shown.
   * @param head is always shown
   */
  rewrite(head, text) {
    if (!this.output.isTTY) return this.print(head + text);
    const room = (this.output.columns || 80) - head.length - 1;
    const clipped = text.length > room ? `…${text.slice(1 - room)}` : text;
    this.#clear();
    this.#show(head + clipped);
  }

  #show(text) {
    this.#shown = text;
    this.output.write(text);
  }

  #clear() {
    if (this.#shown !== "") this.output.write("\r\u001b[2K");
    this.#shown = "";
  }
}
