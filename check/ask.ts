import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/**
 * Asks a question that is answered with yes or no. An end of the input is a no.
 * @param interrupt what Ctrl-C does, which a terminal passes on as a character
 */
export function agreed(question: string, input: Readable, output: Writable, interrupt: () => void): Promise<boolean> {
  const terminal = createInterface({ input, output });
  return new Promise((resolve) => {
    terminal.on("close", () => resolve(false));
    terminal.on("SIGINT", () => {
      interrupt();
      terminal.close();
    });
    terminal.question(question, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()));
      terminal.close();
    });
  });
}
