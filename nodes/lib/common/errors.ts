import catalogue from "../../locales/en-US/assemblyai-config.json";
import { fillText, type TextValues } from "./texts";

/**
 * The texts of all errors, by key. A key is a code, or a code and a variant after a slash ("AAI_DEVICE/busy") where one code
 * has several texts. To add an error, add its text to every language's assemblyai-config.json.
 */
export type ErrorKey = keyof typeof catalogue.errors;

type CodeOf<Key extends string> = Key extends `${infer Code}/${string}` ? Code : Key;

/** Stable, so that a flow can distinguish errors in a Catch node (`msg.error.code`). The texts may change; the codes do not. */
export type ErrorCode = CodeOf<ErrorKey>;

/**
 * An error with a stable `code`. `message` is its English text; `key` and `values` let the nodes translate it.
 * The values never hold a key, a token or a transcript.
 */
export class AaiError extends Error {
  override readonly name = "AaiError";
  readonly code: ErrorCode;

  constructor(
    readonly key: ErrorKey,
    readonly values: TextValues = {},
    options?: ErrorOptions,
  ) {
    super(fillText(catalogue.errors[key], values), options);
    this.code = key.split("/", 1)[0] as ErrorCode;
  }
}

/** Turns whatever was thrown into an AaiError, so that nothing without a code leaves the engine. */
export function toAaiError(thrown: unknown): AaiError {
  if (isAaiError(thrown)) return thrown;
  return new AaiError("AAI_INTERNAL", { detail: detailOf(thrown) }, { cause: thrown });
}

/** A message may hold objects that throw at whoever looks at them, and what they throw may do so, too. */
function isAaiError(thrown: unknown): thrown is AaiError {
  try {
    return thrown instanceof AaiError;
  } catch {
    return false;
  }
}

function detailOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "?";
  }
}
