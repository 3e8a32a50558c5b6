import { describe } from "./describe";
import { AaiError, type ErrorKey } from "./errors";
import { isObject, type JsonObject } from "./json";
import type { TextValues } from "./texts";

/** A node's properties as they come from a flow: text fields hold strings, and any of them may be absent or of another type. */
export type NodeProperties = Readonly<Record<string, unknown>>;

/** A reference to an environment variable, which Node-RED leaves in place where the variable is not set. */
const UNRESOLVED = /^\s*\$(\{\S+\}|\(\S+\))\s*$/;

/** More than any parameter of the service may hold, and little enough to be looked through in a moment. */
const LONGEST_TEXT = 100_000;
const MOST_ITEMS = 1000;

/**
 * Reads a node's properties, whether they come from the editor, an import, a subflow or an environment variable. An absent or empty one has
 * its default. All errors are AaiErrors AAI_PROPERTY that name the property.
 */
export class PropertyReader {
  constructor(private readonly properties: NodeProperties) {}

  /** A text without the white space around it; "" where there is none. */
  text(name: string): string {
    const value = this.given(name) ?? "";
    if (typeof value !== "string") throw this.wrong(name, "AAI_PROPERTY/text");
    return value.trim();
  }

  number(name: string, fallback: number, min: number, max: number, whole = false): number {
    return this.optionalNumber(name, min, max, whole) ?? fallback;
  }

  /** @param max Infinity = without limit */
  optionalNumber(name: string, min: number, max: number, whole = false): number | undefined {
    const value = this.given(name);
    if (value === undefined) return undefined;
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    const isUsable = typeof number === "number" && Number.isFinite(number) && number >= min && number <= max;
    if (isUsable && (!whole || Number.isInteger(number))) return number;
    if (max === Infinity) throw this.wrong(name, "AAI_PROPERTY/minimum", { min });
    throw this.wrong(name, whole ? "AAI_PROPERTY/whole" : "AAI_PROPERTY/number", { min, max });
  }

  boolean(name: string, fallback: boolean): boolean {
    return this.optionalBoolean(name) ?? fallback;
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.given(name);
    if (value === undefined) return undefined;
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
    throw this.wrong(name, "AAI_PROPERTY/boolean");
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.given(name);
    if (value === undefined) return fallback;
    const choice = choices.find((known) => known === value);
    if (choice === undefined) throw this.wrong(name, "AAI_PROPERTY/choice", { accepted: choices.join(", ") });
    return choice;
  }

  /** A list, or a text with its items separated by commas (Chinese and Japanese ones, too) or new lines. */
  list(name: string): string[] {
    const value = this.given(name);
    if (value === undefined) return [];
    const items = typeof value === "string" ? value.split(/[,\n，、]/) : value;
    if (!Array.isArray(items)) throw this.wrong(name, "AAI_PROPERTY/list");
    // Ahead of the items themselves: a sparse array may have billions.
    if (items.length > MOST_ITEMS) throw new AaiError("AAI_PROPERTY/items", { name, max: MOST_ITEMS, count: items.length });
    if (!items.every((item) => typeof item === "string")) throw this.wrong(name, "AAI_PROPERTY/list");
    const texts: string[] = items;
    const count = texts.reduce((sum, text) => sum + text.length, 0);
    checkLength(name, count);
    return texts.map((text) => text.trim()).filter((text) => text !== "");
  }

  /** An object, or its JSON. An error quotes nothing of it: it may hold a secret, such as a header for a webhook. */
  object(name: string): JsonObject {
    const value = this.given(name);
    if (value === undefined) return {};
    const object = typeof value === "string" ? parse(value) : value;
    if (!isObject(object)) throw new AaiError("AAI_PROPERTY/object", { name });
    return object;
  }

  /**
   * The value, undefined where none is given.
   * @throws AaiError AAI_PROPERTY/characters; AAI_PROPERTY/unresolved, which quotes nothing: someone may have put a key between the braces
   */
  private given(name: string): unknown {
    const value = this.properties[name];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value !== "string") return value;
    checkLength(name, value.length);
    if (UNRESOLVED.test(value)) throw new AaiError("AAI_PROPERTY/unresolved", { name });
    return value;
  }

  private wrong(name: string, key: ErrorKey, values: TextValues = {}): AaiError {
    return new AaiError(key, { name, ...values, value: describe(this.properties[name]) });
  }
}

/** @throws AaiError AAI_PROPERTY/characters, which quotes nothing: the property may hold a secret */
function checkLength(name: string, count: number): void {
  if (count > LONGEST_TEXT) throw new AaiError("AAI_PROPERTY/characters", { name, max: LONGEST_TEXT, count });
}

/** undefined for a text that is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
