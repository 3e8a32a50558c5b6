import type { Measured } from "./assumptions";
import type { Probe } from "./probe";

/** One session, and what it measures. */
export interface Experiment {
  name: string;
  /** connection parameters, beside those of every session */
  parameters?: Readonly<Record<string, string>>;
  /** in the place of the real key */
  apiKey?: string;
  /** What could not be measured is left out. @throws Unmeasurable */
  perform(probe: Probe): Promise<Measured>;
}
