import { join } from "node:path";

/**
 * The wake words that come with the package (models/, Apache-2.0): all of them are trained on English. "Alexa" is left out: a trade mark,
 * and the one with the most false accepts.
 */
export const BUNDLED_WAKE_WORDS = ["okay_nabu", "hey_jarvis", "hey_mycroft"] as const;

/** The manifest of a bundled word; undefined for any other name. */
export function bundledManifest(name: string): string | undefined {
  const bundled = BUNDLED_WAKE_WORDS.find((known) => known === name);
  return bundled === undefined ? undefined : join(__dirname, "models", `${bundled}.json`);
}
