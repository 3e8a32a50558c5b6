import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe } from "../common/describe";
import { AaiError } from "../common/errors";
import { isObject, type JsonObject } from "../common/json";

/** A microWakeWord manifest, version 2 (esphome/micro-wake-word-models): what belongs to a model but is not in the model's file. */
export interface Manifest {
  /** as people say it, such as "Okay Nabu" */
  readonly phrase: string;
  /** the model's file */
  readonly model: string;
  /** 0 to 1: above it, the mean of the window is a detection */
  readonly cutoff: number;
  /** steps whose mean is taken */
  readonly window: number;
}

const VERSION = 2;
/** The only step of the front end. The models of version 1 have 20. */
const STEP_MS = 10;
const LONGEST_WINDOW = 100;
const MOST_BYTES = 64 * 1024;

/**
 * Reads and checks a manifest.
 * @param file the path of its .json
 * @throws AaiError AAI_WAKE_WORD
 */
export function readManifest(file: string): Manifest {
  const manifest = fieldsOf(parse(readWakeWordFile(file, MOST_BYTES), file));
  const { type, version, wake_word: phrase, model } = manifest;
  if (type !== "micro" || typeof phrase !== "string" || phrase.trim() === "") throw new AaiError("AAI_WAKE_WORD/manifest", { file });
  if (version !== VERSION) throw new AaiError("AAI_WAKE_WORD/version", { file, version: describe(version) });
  const beside = typeof model === "string" ? model.replace(/^\.\//, "") : "";
  if (!beside.endsWith(".tflite") || beside !== basename(beside) || beside.includes("\\"))
    throw new AaiError("AAI_WAKE_WORD/beside", { file });

  const micro = fieldsOf(manifest["micro"]);
  const number = (name: string, min: number, max: number, fits: (value: number) => boolean): number => {
    const value = micro[name];
    if (typeof value === "number" && value >= min && value <= max && fits(value)) return value;
    throw new AaiError("AAI_WAKE_WORD/number", { file, name, min, max, value: describe(value) });
  };
  if (micro["feature_step_size"] !== undefined) number("feature_step_size", STEP_MS, STEP_MS, () => true);
  return {
    phrase: phrase.trim(),
    model: join(dirname(file), beside),
    cutoff: number("probability_cutoff", 0, 1, (value) => value > 0 && value < 1),
    window: number("sliding_window_size", 1, LONGEST_WINDOW, Number.isInteger),
  };
}

/** @throws AaiError AAI_WAKE_WORD for a file that is not there, cannot be read, or is too large for its kind */
export function readWakeWordFile(file: string, mostBytes: number): Buffer {
  try {
    const stats = statSync(file);
    if (stats.isFile() && stats.size <= mostBytes) return readFileSync(file);
  } catch (cause) {
    throw new AaiError("AAI_WAKE_WORD/missing", { file, detail: systemCode(cause) }, { cause });
  }
  throw new AaiError("AAI_WAKE_WORD/large", { file, max: mostBytes / 1024 });
}

function systemCode(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
}

function parse(bytes: Buffer, file: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    // What does not parse is not quoted: the path may be that of any file.
    throw new AaiError("AAI_WAKE_WORD/manifest", { file });
  }
}

function fieldsOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
