import { setTimeout as pause } from "node:timers/promises";
import { Redaction } from "../nodes/lib/assemblyai/redact";
import type { ErrorCode } from "../nodes/lib/common/errors";
import { across } from "./across";
import { MODEL, SAMPLE_RATE, type Measured } from "./assumptions";
import type { Experiment } from "./experiment";
import { EXPERIMENTS } from "./experiments";
import { Probe, Unmeasurable, type Line } from "./probe";

/** What the experiments have shown, and used. */
export interface Outcome {
  measured: Measured;
  /** why an experiment could not be made; holds no part of the key */
  problems: string[];
  /** sessions that began, and the seconds of them that are billed */
  sessions: number;
  seconds: number;
}

/** The key or the account: every session would fail alike. */
const HOPELESS: readonly ErrorCode[] = ["AAI_UNAUTHORIZED", "AAI_ACCOUNT"];
/** A little more than the minute in which the service counts new sessions. */
const MINUTE_MS = 61_000;
const PARAMETERS = { speech_model: MODEL, sample_rate: String(SAMPLE_RATE), encoding: "pcm_s16le" };

/**
 * Makes all experiments, side by side as far as `perMinute` new sessions in a minute allow it. When it is over, no session is open.
 * @param stop ends it before: by the caller, or by an experiment whose failure all others would share
 * @throws the reason for which it was stopped
 */
export async function runExperiments(line: Omit<Line, "signal">, perMinute: number, stop: AbortController): Promise<Outcome> {
  const { signal } = stop;
  const probes: Probe[] = [];
  const outcome: Outcome = { measured: {}, problems: [], sessions: 0, seconds: 0 };

  async function make(experiment: Experiment, index: number): Promise<void> {
    await pause(Math.floor(index / perMinute) * MINUTE_MS, undefined, { signal });
    const { name, parameters, apiKey } = experiment;
    const probe = new Probe({ ...line, signal }, { ...PARAMETERS, ...parameters }, apiKey);
    probes.push(probe);
    try {
      const measured = await experiment.perform(probe);
      probe.assertUndisturbed();
      Object.assign(outcome.measured, measured);
    } catch (error) {
      if (!(error instanceof Unmeasurable)) throw error;
      const { code, message } = error.failure.error;
      const problem = new Redaction(line.apiKey).text(message);
      outcome.problems.push(`${name}: ${problem}`);
      const noneBegan = probes.every(({ begunAt }) => begunAt === undefined);
      if (HOPELESS.includes(code) || (noneBegan && error.failure.retry === "network")) stop.abort(new Error(problem));
    } finally {
      await probe.hangUp();
    }
  }

  const made = await Promise.allSettled(EXPERIMENTS.map(make));
  signal.throwIfAborted();
  for (const each of made) if (each.status === "rejected") throw each.reason;
  Object.assign(outcome.measured, across(probes));
  const began = probes.filter(({ begunAt }) => begunAt !== undefined);
  outcome.sessions = began.length;
  outcome.seconds = began.reduce((sum, { billedSeconds }) => sum + billedSeconds, 0);
  return outcome;
}
