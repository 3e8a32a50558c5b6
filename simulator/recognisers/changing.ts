import type { Recogniser, SessionRecogniser } from "../recogniser";
import { EnergyDetector, type SpeechDetector } from "../speech-detector";
import { moonshineRecogniser } from "./moonshine";
import { installMoonshine, isInstalled, moonshineFolder } from "./moonshine-install";

/** Gives each session the recogniser that is there when it begins, and keeps it for that session. */
export class ChangingRecogniser implements Recogniser {
  private readonly all: Recogniser[];

  constructor(private current: Recogniser) {
    this.all = [current];
  }

  /** For the sessions that begin from now on. */
  use(recogniser: Recogniser): void {
    this.current = recogniser;
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
 * Hears with Moonshine as soon as that can be: at once where it is in the cache (sessions wait until it is loaded), after it was fetched
 * where it is not, and not at all where it cannot be had. Never fails.
 * @param otherwise hears until then
 * @param say is told, in plain lines, what is being done and what became of it
 * @returns once that is decided: whether it hears
 */
export async function hearWithMoonshine(
  recogniser: ChangingRecogniser,
  otherwise: Recogniser,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<boolean> {
  const folder = moonshineFolder();
  try {
    if (!isInstalled(folder)) {
      say(`Speech recogniser: fetching Moonshine from npm's registry, once, 56 MB, into ${folder}`);
      await installMoonshine({ folder, say, signal });
    }
    signal?.throwIfAborted();
    const moonshine = moonshineRecogniser(folder);
    recogniser.use(moonshine);
    await moonshine.ready;
    if (!signal?.aborted) say("Speech recogniser: Moonshine is ready, the words are those that are really said (English)");
    return true;
  } catch (error) {
    recogniser.use(otherwise);
    const reason = error instanceof Error ? error.message : String(error);
    if (!signal?.aborted) say(`Speech recogniser: Moonshine cannot be had (${reason}). ${SIMULATED}`);
    return false;
  }
}

const SIMULATED = "The words are simulated then: known recordings are heard, other speech is only measured.";
