import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Simulator } from "../../simulator";
import { keyFor } from "./flow-parts";
import { root, type FlowNode } from "./node-red-process";

const folder = join(root, "examples");
export const samples = join(root, "simulator/samples");

/** The examples' file names. Those that need the nodes of another package name it. */
export const exampleFiles = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .toSorted();

export function needsDashboard(file: string): boolean {
  return file.includes("(FlowFuse Dashboard 2)");
}

/**
 * An example as it is shipped, with the simulated service's address in its account.
 * @param number the first two characters of its name
 * @param changes by a node's id or, where it has one, its name, or else its type: properties that replace its own
 */
export function example(number: string, simulator: Simulator, changes: Record<string, object> = {}): FlowNode[] {
  const file = exampleFiles.find((name) => name.startsWith(number));
  if (file === undefined) throw new Error(`no example ${number}`);
  const flow = JSON.parse(readFileSync(join(folder, file), "utf8")) as FlowNode[];
  const unused = new Set(Object.keys(changes));
  const changed = flow.map((node): FlowNode => {
    if (node.type === "assemblyai-config") return { ...node, endpoint: "custom", url: simulator.url, credentials: keyFor(simulator.url) };
    const key = typeof node["name"] === "string" && node["name"] !== "" ? node["name"] : node.type;
    unused.delete(key);
    return { ...node, ...changes[key] };
  });
  if (unused.size > 0) throw new Error(`example ${number} has no ${[...unused].join(", ")}`);
  return changed;
}

export function idOf(flow: readonly FlowNode[], nameOrType: string): string {
  const node = flow.find(({ name, type }) => name === nameOrType || type === nameOrType);
  if (!node) throw new Error(`no node ${nameOrType}`);
  return node.id;
}

/** Nodes to add to a flow: the inject node `id` sends a sample recording, whole, to the node `to`. */
export function player(flow: readonly FlowNode[], id: string, to: string, recording = "librivox_0880", topic = ""): FlowNode[] {
  const place = { z: flow.find(({ type }) => type === "tab")?.id, x: 100, y: 600 };
  const props = [
    { p: "filename", v: join(samples, `${recording}.wav`), vt: "str" },
    ...(topic === "" ? [] : [{ p: "topic", v: topic, vt: "str" }]),
  ];
  const reader = {
    filename: "filename",
    filenameType: "msg",
    format: "",
    chunk: false,
    sendError: false,
    encoding: "none",
    allProps: true,
  };
  return [
    { id, type: "inject", ...place, name: id, props, repeat: "", crontab: "", once: false, wires: [[`${id}-file`]] },
    { id: `${id}-file`, type: "file in", ...place, name: "", ...reader, wires: [[to]] },
  ];
}
