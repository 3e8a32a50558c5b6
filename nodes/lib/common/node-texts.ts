import english from "../../locales/en-US/assemblyai-config.json";
import type { AaiError, ErrorCode } from "./errors";
import { translated, type TextValues, type Translate } from "./texts";

/**
 * What a node says to its user, in the runtime's language: status texts from the node's own catalogue, errors from the one that
 * all nodes share. Knows Node-RED only as a translator, so a node makes its texts once, with its English catalogue for the fallback:
 *
 *     import catalogue from "./locales/en-US/<the node's type>.json";
 *     const texts = nodeTexts(RED._, catalogue);
 *     node.status({ fill: "grey", shape: "ring", text: texts.status("idle") });
 *     done(texts.error(toAaiError(thrown)));
 */
export interface NodeTexts<StatusKey extends string> {
  /** The text `status.<key>` of the node's own catalogue. Numbers in `values` are written as the language writes them. */
  status(key: StatusKey, values?: TextValues): string;
  /** A number as the language writes it, with so many decimals. */
  number(value: number, decimals: number): string;
  /** The error's text, without its code. */
  errorText(error: AaiError): string;
  /** The error for `done` and `node.error`: its text translated, its `code` also in front of the text that Node-RED shows. */
  error(error: AaiError): NodeError;
}

/** An error as it reaches a Catch node: `msg.error.message` is "<code>: <text>", `msg.error.code` the code. */
export interface NodeError extends Error {
  readonly code: ErrorCode;
}

/** The full name of the shared catalogue: a node's translator only finds its own by a bare key. */
const SHARED = "node-red-contrib-assemblyai/assemblyai-config";

export function nodeTexts<StatusKey extends string>(
  translate: Translate,
  catalogue: { readonly status: Readonly<Record<StatusKey, string>> },
): NodeTexts<StatusKey> {
  /** Node-RED gives the key back without its catalogue's name where it has no text. */
  const lookUp: Translate = (key, values) => {
    const text = translate(key, values);
    return text === key.slice(key.indexOf(":") + 1) ? key : text;
  };
  /** Numbers are written in the language that the texts are in: the catalogue says which it is. Codes and Hz are never grouped. */
  const format = (value: number, options: Intl.NumberFormatOptions = {}) =>
    new Intl.NumberFormat(translated(lookUp, `${SHARED}:locale`, english.locale), { useGrouping: false, ...options }).format(value);
  const written = (values: TextValues = {}): TextValues => {
    const write = (value: string | number) => (typeof value === "number" && !Number.isInteger(value) ? format(value) : value);
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, write(value)]));
  };
  const errorText = ({ key, values }: AaiError) => translated(lookUp, `${SHARED}:errors.${key}`, english.errors[key], written(values));

  return {
    status: (key, values) => translated(lookUp, `status.${key}`, catalogue.status[key], written(values)),
    number: (value, decimals) => format(value, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
    errorText,
    error(error) {
      const shown = new Error(errorText(error), error.cause === undefined ? {} : { cause: error.cause });
      shown.name = error.code;
      return Object.assign(shown, { code: error.code });
    },
  };
}
