import { describe } from "../common/describe";
import { AaiError } from "../common/errors";

/**
 * The rate that a user has set: USD per hour, undefined where the field is empty.
 * @throws AaiError AAI_PROPERTY for anything but a number of 0 or more
 */
export function readRate(value: unknown): number | undefined {
  if (value === undefined || value === null || (typeof value === "string" && value.trim() === "")) return undefined;
  const rate = typeof value === "string" ? Number(value) : value;
  if (typeof rate !== "number" || !Number.isFinite(rate) || rate < 0) {
    throw new AaiError("AAI_PROPERTY/minimum", { name: "rate", min: 0, value: describe(value) });
  }
  return rate;
}
