import type { JsonObject } from "../common/json";

/** A configuration after a `configure`. @param fields checked; `{}` goes back to the node's settings */
export function changedConfiguration(present: JsonObject, fields: JsonObject): JsonObject {
  return isEmptyConfiguration(fields) ? {} : { ...present, ...fields };
}

export function isEmptyConfiguration(fields: JsonObject): boolean {
  return Object.keys(fields).length === 0;
}
