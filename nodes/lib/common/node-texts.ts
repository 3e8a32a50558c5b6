import english from "../../locales/en-US/assemblyai-config.json";
import type { AaiError, ErrorCode } from "./errors";
import { translated, type TextValues, type Translate } from "./texts";

/**
 * A node's texts for its user, in the runtime's language: status texts from the node's own catalogue, errors from the one that
 * all nodes share. Needs only Node-RED's translator. A node creates its texts once, with its English catalogue for the fallback:
 *
 *     import catalogue from "./locales/en-US/<the node's type>.json";
 *     const texts = nodeTexts(RED._, catalogue);
 *     node.status({ fill: "grey", shape: "ring", text: texts.status("idle") });
 *     done(texts.error(toAaiError(thrown)));
 */
export interface NodeTexts<StatusKey extends string> {
  /** The text `status.<key>` of the node's own catalogue. Numbers in `values` are formatted for the language. */
  status(key: StatusKey, values?: TextValues): string;
  /** A number formatted for the language, with so many decimals. */
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

/** The full name of the shared catalogue: by a bare key, a node's translator finds its own catalogue only. */
const SHARED = "node-red-contrib-assemblyai/assemblyai-config";

export function nodeTexts<StatusKey extends string>(
  translate: Translate,
  catalogue: { readonly status: Readonly<Record<StatusKey, string>> },
): NodeTexts<StatusKey> {
  /** Where Node-RED has no text, it returns the key without the catalogue's name. */
  const lookUp: Translate = (key, values) => {
    const text = translate(key, values);
    return text === key.slice(key.indexOf(":") + 1) ? key : text;
  };
  /** Numbers are formatted for the language of the texts, which the catalogue names. Codes and Hz are never grouped. */
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
