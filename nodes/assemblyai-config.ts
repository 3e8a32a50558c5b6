import type { Node, NodeAPI, NodeDef } from "node-red";
import { serveKeyCheck } from "./key-route";
import { SessionLine } from "./lib/assemblyai/session-line";
import { systemClock } from "./lib/common/clock";
import { resolveAccount, type AccountNode, type AccountSettings } from "./lib/assemblyai/account";

interface Properties extends NodeDef {
  endpoint: unknown;
  url: unknown;
}

type Credentials = Record<"apiKey", unknown>;

type ConfigNode = Node<Credentials> & AccountNode & { settings(): AccountSettings };

export = function register(RED: NodeAPI): void {
  serveKeyCheck(RED);

  function AssemblyAiConfig(this: ConfigNode, properties: Properties): void {
    RED.nodes.createNode(this, properties);
    const line = new SessionLine(systemClock);
    this.settings = () => ({
      endpoint: properties.endpoint,
      url: properties.url,
      apiKey: this.credentials?.apiKey,
      environmentKey: process.env["ASSEMBLYAI_API_KEY"],
    });
    this.account = () => ({ line, ...resolveAccount(this.settings()) });
  }
  RED.nodes.registerType<ConfigNode, Properties, never, Credentials>("assemblyai-config", AssemblyAiConfig, {
    credentials: { apiKey: { type: "password" } },
  });
};
