import type { FlowNode } from "./node-red-process";

/** The nodes of the e2e tests' flows. Each is on the tab "tab". */
export const API_KEY = "0123456789abcdef0123456789abcdef";

/** Node-RED treats a node without a position as a config node. */
const PLACE = { z: "tab", x: 100, y: 100 };

export function tab(more: object = {}): FlowNode {
  return { id: "tab", type: "tab", label: "test", disabled: false, info: "", env: [], ...more };
}

/** A credential for another address than the service's own. */
export function keyFor(url: string, key = API_KEY): { apiKey: string } {
  return { apiKey: `${new URL(url).host} ${key}` };
}

/** @param url the service's address */
export function account(url: string): FlowNode {
  return { id: "account", type: "assemblyai-config", name: "", endpoint: "custom", url, credentials: keyFor(url) };
}

export function start(to: string): FlowNode {
  const props = [{ p: "action", v: "start", vt: "str" }];
  return { id: "start", type: "inject", ...PLACE, name: "start", props, repeat: "", crontab: "", once: false, wires: [[to]] };
}

export function microphone(more: object = {}): FlowNode {
  const properties = { name: "", device: "filemic", sampleRate: 16000, chunkMs: 50, autoStart: false, topic: "", wires: [["stt"]] };
  return { id: "mic", type: "assemblyai-microphone", ...PLACE, ...properties, ...more };
}

/** With outputs into the debug nodes "turn", "partial" and "event"; `session` = further nodes for the session events. */
export function speechToText(more: object = {}, session: string[] = []): FlowNode {
  const wires = [["turn"], ["partial"], ["event", ...session]];
  return { id: "stt", type: "assemblyai-streaming", ...PLACE, name: "", config: "account", silenceTimeout: 5, wires, ...more };
}

/** A debug node whose id is its name. */
export function debug(name: string, complete = "payload"): FlowNode {
  const properties = { id: name, type: "debug", ...PLACE, name, active: true, tosidebar: true, console: false, tostatus: false };
  return { ...properties, complete, targetType: complete === "true" ? "full" : "msg", statusVal: "", statusType: "auto", wires: [] };
}

/** The debug nodes that `speechToText` is wired to, and one behind a catch node. */
export function outputs(): FlowNode[] {
  const caught: FlowNode = { id: "catch", type: "catch", ...PLACE, name: "", scope: null, uncaught: false, wires: [["error"]] };
  return [debug("turn"), debug("partial"), debug("event", "true"), caught, debug("error", "error")];
}
