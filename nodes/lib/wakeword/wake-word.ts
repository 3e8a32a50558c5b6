import { basename } from "node:path";
import { AaiError } from "../common/errors";
import { BUNDLED_WAKE_WORDS, bundledManifest } from "./bundled";
import { CHANNELS } from "./front-end";
import { Interpreter } from "./interpreter";
import { readManifest, readWakeWordFile } from "./manifest";
import { ModelError } from "./model-error";
import { readModelFile, type Graph } from "./model-file";

/** A loaded wake word, shared by all its detectors. */
export interface WakeWord {
  /** as in the node's property: a bundled word's name, or the file name of a manifest without its ".json" */
  readonly name: string;
  /** as people say it, such as "Okay Nabu" */
  readonly phrase: string;
  readonly cutoff: number;
  /** steps whose mean is taken */
  readonly window: number;
  readonly graphs: readonly Graph[];
}

const LARGEST_MODEL = 4 * 1024 * 1024;
/** Frames of 10 ms that a step of a model takes: 3, or 2 in those of today's trainer. */
const MOST_FRAMES = 10;

/**
 * Loads wake words, some 10 ms each.
 * @param names of bundled words, or paths of manifests (.json); one that comes twice is loaded once
 * @throws AaiError AAI_WAKE_WORD with the file's name, for a model that is missing, damaged, of another version or kind
 */
export function loadWakeWords(names: readonly string[]): WakeWord[] {
  return [...new Set(names)].map(loadWakeWord);
}

function loadWakeWord(name: string): WakeWord {
  const file = bundledManifest(name) ?? name;
  if (!file.endsWith(".json")) throw new AaiError("AAI_WAKE_WORD/unknown", { value: name, accepted: BUNDLED_WAKE_WORDS.join(", ") });
  const { phrase, model, cutoff, window } = readManifest(file);
  return { name: basename(file, ".json"), phrase, cutoff, window, graphs: readGraphs(model) };
}

/** Reads a model and runs one step of it, so that a faulty model fails now. */
function readGraphs(file: string): Graph[] {
  const bytes = readWakeWordFile(file, LARGEST_MODEL);
  try {
    const graphs = readModelFile(bytes);
    const interpreter = new Interpreter(graphs);
    checkShape(interpreter);
    interpreter.step();
    return graphs;
  } catch (cause) {
    const { key, values } = cause instanceof ModelError ? cause : new ModelError("AAI_WAKE_WORD/damaged");
    throw new AaiError(key, { file, ...values }, { cause });
  }
}

/** Of microWakeWord: some frames of the front end in, one probability out. */
function checkShape({ input, output }: Interpreter): void {
  const [one, frames = 0, channels] = input.shape;
  const fits = input.type === "int8" && input.shape.length === 3 && one === 1 && channels === CHANNELS;
  if (!fits || frames < 1 || frames > MOST_FRAMES || output.type !== "uint8" || output.size !== 1)
    throw new ModelError("AAI_WAKE_WORD/shape");
}
