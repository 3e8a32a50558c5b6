import type { Experiment } from "./experiment";
import { inSilence } from "./in-silence";
import { badParameter, inactivity, longMessage, shortMessages, unknownNames, wrongKey } from "./refusals";
import { finalsOnly, hangingUp, speech } from "./speech";

/** In the order in which they begin where only a few may begin in a minute: those that take the longest first. */
export const EXPERIMENTS: readonly Experiment[] = [
  speech,
  inSilence,
  inactivity,
  finalsOnly,
  hangingUp,
  shortMessages,
  longMessage,
  unknownNames,
  badParameter,
  wrongKey,
];
