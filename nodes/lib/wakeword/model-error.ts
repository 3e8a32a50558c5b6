import type { ErrorKey } from "../common/errors";
import type { TextValues } from "../common/texts";

/** Why a model cannot be run. Thrown where its bytes are read and compiled; the caller, which knows the file's name, turns it into an AaiError. */
export class ModelError extends Error {
  override readonly name = "ModelError";

  constructor(
    readonly key: Extract<ErrorKey, `AAI_WAKE_WORD/${string}`>,
    readonly values: TextValues = {},
    options?: ErrorOptions,
  ) {
    super(key, options);
  }
}
