/** What all clients of the benchmark share: the same audio at the same pace, and the same figures in the end. */

export const CHUNK_MS = 50;
const SAMPLE_RATE = 16_000;
const CHUNK_BYTES = (SAMPLE_RATE / 1000) * CHUNK_MS * 2;
/** How often chunks that are due are handed out. */
const STEP_MS = 5;

/** The system's monotonic clock in ms: the same in all processes of a machine, so that delays between them can be measured. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** A chunk of audio whose first 8 bytes say when it was made. What a benchmark's service hears in it does not matter. */
function stampedChunk(): Buffer {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  chunk.writeDoubleLE(now());
  return chunk;
}

export function stampOf(frame: Int16Array): number {
  return Buffer.from(frame.buffer, frame.byteOffset, 8).readDoubleLE();
}

/** Gives each of `count` streams a chunk every 50 ms, their beats spread over those 50 ms. @returns ends it */
export function startLoad(count: number, send: (stream: number, chunk: Buffer) => void): () => void {
  const start = now();
  const handedOut = Array.from({ length: count }, () => 0);
  const timer = setInterval(() => {
    const passed = now() - start;
    handedOut.forEach((chunks, stream) => {
      const due = Math.floor((passed - (stream * CHUNK_MS) / count) / CHUNK_MS);
      for (let chunk = chunks; chunk < due; chunk++) send(stream, stampedChunk());
      handedOut[stream] = Math.max(chunks, due);
    });
  }, STEP_MS);
  return () => clearInterval(timer);
}

/** Figures of one client process over the measured time. */
export interface ClientFigures {
  cpuSeconds: number;
  rssMB: number;
  /** ms from the service's Turn to the client's program */
  turnDelays: number[];
}

/** Collects a client's figures; `begin` leaves out what its start took. */
export class Meter {
  private turnDelays: number[] = [];
  private cpu = process.cpuUsage();

  begin(): void {
    this.turnDelays = [];
    this.cpu = process.cpuUsage();
  }

  /** @param transcript the time at which the service sent the turn */
  turn(transcript: string): void {
    this.turnDelays.push(now() - Number(transcript));
  }

  end(): ClientFigures {
    const { user, system } = process.cpuUsage(this.cpu);
    return { cpuSeconds: (user + system) / 1e6, rssMB: process.memoryUsage().rss / 1e6, turnDelays: this.turnDelays };
  }
}

/** Obeys the benchmark's parent process, which says when to measure. */
export function underDirection(meter: Meter): void {
  process.on("message", (order) => {
    if (order === "begin") meter.begin();
    else if (order === "end") process.send?.(meter.end());
  });
}
