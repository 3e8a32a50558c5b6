import { homedir } from "node:os";
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import { nodeBookFile, type BookFile } from "./lib/billing/book-file";

/**
 * The file of a node's account book. A Node-RED whose storage is not its own may have no user directory: then it is where Node-RED would
 * have it.
 */
export function bookOf(RED: NodeAPI, node: Node, kind: "sessions" | "stats"): BookFile {
  return nodeBookFile(RED.settings.userDir ?? join(homedir(), ".node-red"), kind, node.id);
}
