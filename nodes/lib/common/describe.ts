/**
 * A short form of any value that is safe in an error text: nothing is quoted at length. A value that is neither a text nor a number
 * is named as in Node-RED's debug sidebar, which uses the same names in every language.
 */
export function describe(value: unknown): string {
  try {
    return named(value);
  } catch {
    return "object"; // one that throws at whoever looks at it, such as a revoked proxy
  }
}

function named(value: unknown): string {
  if (typeof value === "string") return value.length > 80 ? `${value.slice(0, 80)}…` : value;
  if (Buffer.isBuffer(value)) return `buffer[${value.length}]`;
  if (Array.isArray(value)) return `array[${value.length}]`;
  return typeof value === "object" && value !== null ? "object" : String(value);
}
