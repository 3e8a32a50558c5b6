import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { FILE_HASHES } from "./moonshine-files";
import type { RecognisedWord } from "./moonshine-model";
import type { Answer, Question, Start } from "./moonshine-worker";

/** How urgent a piece of audio is. A "partial" is worth little a second later; a "final" holds up nothing in the session. */
export type Urgency = "final" | "pause" | "partial";

/** Turns pieces of audio into words. */
export interface Transcriber {
  /** Whether a new piece would have to wait for others. */
  readonly busy: boolean;
  /**
   * @param pcm belongs to the transcriber from now on
   * @param sampleRate Hz
   * @returns undefined for a partial that was abandoned for something more urgent
   * @throws Error where it has failed or was closed
   */
  transcribe(pcm: Int16Array, sampleRate: number, urgency: Urgency): Promise<RecognisedWord[] | undefined>;
  close(): Promise<void>;
}

interface Job {
  question: Question;
  urgency: Urgency;
  resolve: (words: RecognisedWord[] | undefined) => void;
  reject: (reason: Error) => void;
}

const ORDER: readonly Urgency[] = ["final", "pause", "partial"];

/** The part of a worker that is used; tests have a fake one. */
export interface Thread {
  on(event: "message", listener: (answer: Answer) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "exit", listener: () => void): unknown;
  postMessage(question: Question, transfer: ArrayBuffer[]): void;
  terminate(): Promise<number>;
}

/** The thread runs fetched code, which must not see this process's environment. */
export const startThread = (start: Start): Thread => new Worker(join(__dirname, "moonshine-worker.js"), { workerData: start, env: {} });

/**
 * Moonshine in a thread of its own: one piece of audio at a time, the most urgent one first, and of those the oldest. A partial is
 * abandoned where something more urgent arrives. Pieces may be queued while the model still loads.
 */
export class MoonshineThread implements Transcriber {
  /** Resolves once it is loaded; rejects where it cannot be. */
  readonly ready: Promise<void>;
  private readonly worker: Thread;
  private readonly abandoned = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private readonly waiting: Job[] = [];
  private current: Job | undefined;
  private loaded = false;
  private failure: Error | undefined;

  /** @param folder as moonshine-install.ts leaves it */
  constructor(folder: string, start: (start: Start) => Thread = startThread, hashes = FILE_HASHES) {
    this.worker = start({ folder, hashes, abandoned: this.abandoned });
    this.ready = new Promise((resolve, reject) => {
      this.worker.on("message", (answer: Answer) => {
        if (answer !== "ready") return this.settle(answer);
        this.loaded = true;
        resolve();
        this.next();
      });
      const ended = (reason: Error): void => {
        this.fail(reason);
        reject(reason);
      };
      this.worker.on("error", ended);
      this.worker.on("exit", () => ended(new Error("the speech recogniser has ended")));
    });
    this.ready.catch(() => undefined); // each piece of audio rejects with it too
  }

  get busy(): boolean {
    return !this.loaded || this.current !== undefined;
  }

  transcribe(pcm: Int16Array, sampleRate: number, urgency: Urgency): Promise<RecognisedWord[] | undefined> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.waiting.push({ question: { pcm, sampleRate }, urgency, resolve, reject });
      if (urgency !== "partial" && this.current?.urgency === "partial") Atomics.store(this.abandoned, 0, 1);
      this.next();
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private next(): void {
    if (!this.loaded || this.current) return;
    const index = ORDER.flatMap((urgency) => this.waiting.findIndex((job) => job.urgency === urgency)).find((found) => found >= 0);
    if (index === undefined) return;
    const [job] = this.waiting.splice(index, 1);
    if (!job) return;
    this.current = job;
    Atomics.store(this.abandoned, 0, 0);
    this.worker.postMessage(job.question, [job.question.pcm.buffer as ArrayBuffer]);
  }

  private settle(answer: Exclude<Answer, "ready">): void {
    const job = this.current;
    this.current = undefined;
    if ("words" in answer) job?.resolve(answer.words);
    else job?.reject(new Error(answer.error));
    this.next();
  }

  private fail(reason: Error): void {
    this.failure ??= reason;
    for (const job of [this.current, ...this.waiting.splice(0)]) job?.reject(this.failure);
    this.current = undefined;
  }
}
