/** Shared by all clients of the benchmark: the same audio at the same pace, and the same figures. */

import { memoryInUse } from "../../test/support/memory";

export const CHUNK_MS = 50;
const SAMPLE_RATE = 16_000;
const CHUNK_BYTES = (SAMPLE_RATE / 1000) * CHUNK_MS * 2;
/** How often the chunks that are due are sent. */
const STEP_MS = 5;

/** The system's monotonic clock in ms: the same in all processes of a machine, so that delays between them can be measured. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** A chunk of audio whose first 8 bytes hold the time at which it was made. The benchmark's service recognises nothing in it. */
function stampedChunk(): Buffer {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  chunk.writeDoubleLE(now());
  return chunk;
}

export function stampOf(frame: Int16Array): number {
  return Buffer.from(frame.buffer, frame.byteOffset, 8).readDoubleLE();
}

/** Gives each of `count` streams a chunk every 50 ms, spread evenly over those 50 ms. @returns a function that ends it */
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
  /** objects and Buffers after a collection of garbage: RSS depends on when V8 last made one */
  inUseMB: number;
  /** ms from the service's Turn to the client's program */
  turnDelays: number[];
}

/** Collects a client's figures; `begin` discards those of its start. */
export class Meter {
  private turnDelays: number[] = [];
  private cpu = process.cpuUsage();

  /**
   * Collects garbage first. After its first whole collection, V8 makes one every two seconds at this load, which costs a quarter of the
   * CPU; chance decides whether a young process has had one. A process that runs for days has.
   */
  begin(): void {
    memoryInUse();
    this.turnDelays = [];
    this.cpu = process.cpuUsage();
  }

  /** @param transcript the time at which the service sent the turn */
  turn(transcript: string): void {
    this.turnDelays.push(now() - Number(transcript));
  }

  end(): ClientFigures {
    const { user, system } = process.cpuUsage(this.cpu);
    const { rss } = process.memoryUsage();
    const { heap, buffers } = memoryInUse();
    return { cpuSeconds: (user + system) / 1e6, rssMB: rss / 1e6, inUseMB: (heap + buffers) / 1e6, turnDelays: this.turnDelays };
  }
}

/** Measures when the benchmark's parent process asks for it. */
export function underDirection(meter: Meter): void {
  process.once("disconnect", () => process.exit()); // the parent has the figures, or has ended
  process.on("message", (order) => {
    if (order === "begin") meter.begin();
    else if (order === "end") process.send?.(meter.end());
  });
}
