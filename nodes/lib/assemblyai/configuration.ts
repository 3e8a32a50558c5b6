import { AaiError } from "../common/errors";
import type { JsonObject } from "../common/json";

/** The service has some 40 parameters. */
const MOST_PARAMETERS = 64;

/** @throws AaiError AAI_CONFIGURE for more parameters than the service can have: each is compared with all that are known, and kept */
export function checkCount(fields: JsonObject): void {
  const count = Object.keys(fields).length;
  if (count > MOST_PARAMETERS) throw new AaiError("AAI_CONFIGURE/parameters", { max: MOST_PARAMETERS, count });
}

/** A configuration after a `configure`. @param fields checked; `{}` goes back to the node's settings */
export function changedConfiguration(present: JsonObject, fields: JsonObject): JsonObject {
  return isEmptyConfiguration(fields) ? {} : { ...present, ...fields };
}

export function isEmptyConfiguration(fields: JsonObject): boolean {
  return Object.keys(fields).length === 0;
}
