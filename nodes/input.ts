import type { Node, NodeMessage } from "node-red";
import { AaiError, toAaiError } from "./lib/common/errors";
import type { NodeError } from "./lib/common/node-texts";

type Message = NodeMessage & Record<string, unknown>;

/** What is said of errors in the runtime's language. */
interface ErrorTexts {
  error(error: AaiError): NodeError;
}

/**
 * Takes the messages of a node's input. A message may hold anything: a getter that throws, a proxy that has been revoked. Nothing of that
 * is thrown into Node-RED, which would end with all its flows: neither by what reads the message, nor by Node-RED itself, which copies
 * it for Catch and Complete nodes.
 */
export function onInput(
  node: Node,
  texts: ErrorTexts,
  handle: (msg: Message, send: (msg: NodeMessage) => void) => void | Promise<void>,
): void {
  node.on("input", (msg: Message, send, done) => {
    const succeed = () => {
      try {
        done();
      } catch (thrown) {
        node.error(texts.error(errorOf(msg, thrown)), {});
      }
    };
    const fail = (thrown: unknown) => {
      const error = texts.error(errorOf(msg, thrown));
      try {
        done(error);
      } catch {
        // Neither the message nor what it has thrown can be copied.
        node.error(texts.error(new AaiError("AAI_INPUT/unreadable")), {});
      }
    };
    try {
      const pending = handle(msg, send);
      if (pending) pending.then(succeed, fail);
      else succeed();
    } catch (thrown) {
      fail(thrown);
    }
  });
}

/** Tells an error with the message that brought it about, or without it where Node-RED cannot copy that. */
export function tellError(node: Node, error: NodeError, msg: NodeMessage): void {
  try {
    node.error(error, msg);
  } catch {
    node.error(error, {});
  }
}

/** What a message throws is no defect of this package. */
function errorOf(msg: Message, thrown: unknown): AaiError {
  const error = toAaiError(thrown);
  if (error.code !== "AAI_INTERNAL") return error;
  try {
    for (const value of Object.values(msg)) if (typeof value === "object" && value !== null) Object.values(value);
    return error;
  } catch {
    return new AaiError("AAI_INPUT/unreadable");
  }
}
