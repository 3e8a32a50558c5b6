import { closeSync, open, readFileSync, writeSync } from "node:fs";

/**
 * Plays raw samples into a FIFO at their own pace, from the beginning for each new reader. A process of its own, because opening a FIFO
 * blocks until there is a reader, and because a busy test must not delay the audio.
 *
 * Each write is exactly one period of the device (and atomic, being shorter than PIPE_BUF): see fake-mic.ts. At the end of the
 * samples the FIFO stays open: a reader at its end would flood, so it hangs instead.
 */
const [rawFile = "", fifo = "", bytesPerSecond = "", periodBytes = ""] = process.argv.slice(2);
const pcm = readFileSync(rawFile);
const rate = Number(bytesPerSecond);
const period = Number(periodBytes);

process.on("disconnect", () => process.kill(process.pid, "SIGKILL")); // the test has ended; exit() would wait for a blocked open()
process.send?.("ready");
waitForReader();

function waitForReader(): void {
  open(fifo, "w", (error, file) => {
    if (error) throw error;
    play(file, process.hrtime.bigint(), 0);
  });
}

function play(file: number, started: bigint, from: number): void {
  const due = (Number(process.hrtime.bigint() - started) / 1e9) * rate;
  let next = from;
  try {
    for (; next + period <= due && next < pcm.length; next += period) writeSync(file, pcm, next, period);
  } catch {
    closeSync(file);
    waitForReader();
    return;
  }
  if (next < pcm.length) setTimeout(() => play(file, started, next), Math.max(1, ((next + period - due) / rate) * 1000));
}
