import type { Node, NodeAPI, NodeDef } from "node-red";
import { whenFlowsStarted } from "./flows-started";
import { bookOf } from "./book";
import { onInput } from "./input";
import type { AccountNode } from "./lib/assemblyai/account";
import { systemClock } from "./lib/common/clock";
import { webSocketConnect } from "./lib/assemblyai/connection";
import { AaiError, toAaiError } from "./lib/common/errors";
import { nodeTexts } from "./lib/common/node-texts";
import type { NodeProperties } from "./lib/common/property-reader";
import { SpeechToText } from "./lib/speech-to-text/speech-to-text";
import { readStreamingSettings, type SpeechToTextSettings } from "./lib/speech-to-text/settings";
import { shortText } from "./lib/speech-to-text/status";
import catalogue from "./locales/en-US/assemblyai-streaming.json";
import { showInSidebar } from "./sidebar-route";
import { makeUnusable } from "./unusable";
import { serveWakeWordTrials, type WakeWordNode } from "./wake-word-route";

interface Properties extends NodeDef, NodeProperties {
  config: string;
}

type Credentials = Record<"webhookSecret", unknown>;

/** Node-RED keeps a node's wires here; its types do not say so. */
interface Wired {
  wires?: string[][];
}

const EVENTS = 2;

export = function register(RED: NodeAPI): void {
  const texts = nodeTexts(RED._, catalogue);
  const connect = webSocketConnect(systemClock, "node-red-contrib-assemblyai");

  function Streaming(this: Node<Credentials> & Wired & Partial<WakeWordNode>, properties: Properties): void {
    RED.nodes.createNode(this, properties);
    let settings: SpeechToTextSettings;
    try {
      settings = readStreamingSettings(properties, this.credentials);
    } catch (thrown) {
      const error = toAaiError(thrown);
      return makeUnusable(RED, this, texts.error(error), shortText(error, texts));
    }

    const account = () => {
      const config = RED.nodes.getNode(properties.config) as (Node & Partial<AccountNode>) | null;
      if (!config?.account) throw new AaiError("AAI_CONFIG_MISSING");
      return config.account();
    };
    const book = bookOf(RED, this, "sessions");
    const speechToText = new SpeechToText(
      { clock: systemClock, connect, account, settings, book, texts },
      {
        sendFinal: (msg) => this.send([msg, null, null]),
        sendPartial: (msg) => this.send([null, msg, null]),
        sendEvent: (msg) => this.send([null, null, msg]),
        // A node's wires change with deploys that do not restart it.
        eventsArrive: () => this.wires?.[EVENTS]?.some((id) => RED.nodes.getNode(id)) ?? false,
        // Only an error with a message reaches a Catch node.
        error: (error, topic) => this.error(texts.error(error), topic === undefined ? {} : { topic }),
        warn: (error, topic) => this.warn(`${topic === undefined ? "" : `${topic}: `}${texts.error(error).message}`),
        show: (status) => this.status(status),
      },
    );
    this.wakeWordTrial = speechToText.wakeWordTrial;
    showInSidebar(this, speechToText);
    whenFlowsStarted(RED, this, () => void speechToText.start());

    onInput(this, texts, (msg) => speechToText.input(msg));
    this.on("close", (removed: boolean, done: () => void) => {
      void speechToText
        .close(removed)
        .catch(() => undefined) // a deploy must go on whatever fails here
        .finally(done);
    });
  }

  RED.nodes.registerType<Node<Credentials> & Wired & Partial<WakeWordNode>, Properties, never, Credentials>(
    "assemblyai-streaming",
    Streaming,
    {
      credentials: { webhookSecret: { type: "password" } },
    },
  );
  serveWakeWordTrials(RED);
};
