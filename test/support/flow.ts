import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Node, NodeMessage, NodeStatus } from "node-red";
import helper, { type TestFlows } from "node-red-node-test-helper";

const userDir = mkdtempSync(join(tmpdir(), "node-red-flow-"));
process.on("exit", () => rmSync(userDir, { recursive: true, force: true }));
helper.settings({ userDir });

/** A message as tests read it: it may have any property. */
export type Message = NodeMessage & Record<string, unknown>;

/** The simulator's recordings of people. */
export function recording(name: string): Buffer {
  return readFileSync(join(__dirname, "..", "..", "simulator", "samples", `${name}.wav`));
}

/** Collects messages, one array per output, in the order of arrival. */
export class Inbox {
  readonly messages: Message[] = [];
  private waiting: { matches: (msg: Message) => boolean; resolve: (msg: Message) => void }[] = [];

  constructor(node: Node) {
    node.on("input", (msg: Message) => {
      this.messages.push(msg);
      const met = this.waiting.filter(({ matches }) => matches(msg));
      this.waiting = this.waiting.filter((entry) => !met.includes(entry));
      for (const { resolve } of met) resolve(msg);
    });
  }

  /** The first message that matches, past or future. The test's own timeout is the limit. */
  next(matches: (msg: Message) => boolean = () => true): Promise<Message> {
    const there = this.messages.find((msg) => matches(msg));
    if (there) return Promise.resolve(there);
    return new Promise((resolve) => this.waiting.push({ matches, resolve }));
  }
}

/** Loads a flow of nodes with properties of their own, for which the test helper's types are too narrow. */
export async function loadFlow(
  nodes: ((RED: never) => void)[],
  flow: Record<string, unknown>[],
  credentials: Record<string, Record<string, string>> = {},
): Promise<void> {
  await helper.load(nodes as never, flow as TestFlows, credentials);
}

/** The test helper replaces these by spies; its types do not say so. */
type Spied = Node & { status: { args: [NodeStatus][] }; warn: { args: [unknown][] } };

/** All statuses of a node since it was created. */
export function statusesOf(node: Node): NodeStatus[] {
  return (node as Spied).status.args.map(([shown]) => shown);
}

/** All warnings of a node. */
export function warningsOf(node: Node): string[] {
  return (node as Spied).warn.args.map(([text]) => String(text));
}

export function statusTexts(node: Node): string[] {
  return statusesOf(node).map(({ text }) => text ?? "");
}

/** Waits until the node's status shows a text, or has shown it. */
export async function statusShown(node: Node, text: string): Promise<void> {
  while (statusTexts(node).at(-1) !== text) await once(node as NodeJS.EventEmitter, "call:status");
}
