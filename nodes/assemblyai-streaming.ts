import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import type { AccountNode } from "./lib/account";
import { systemClock } from "./lib/clock";
import { webSocketConnect } from "./lib/connection";
import { AaiError, toAaiError } from "./lib/errors";
import { guardClock, guardConnect } from "./lib/guard";
import { nodeTexts } from "./lib/node-texts";
import { handleStreamingInput } from "./lib/streaming-control";
import * as output from "./lib/streaming-messages";
import { readStreamingSettings, type StreamingProperties, type StreamingSettings } from "./lib/streaming-settings";
import { StreamingStatusLine } from "./lib/streaming-status";
import { Streams } from "./lib/streams";
import catalogue from "./locales/en-US/assemblyai-streaming.json";
import { makeUnusable } from "./unusable";

export = function register(RED: NodeAPI): void {
  const texts = nodeTexts(RED._, catalogue);

  function Streaming(this: Node, properties: NodeDef & StreamingProperties & { config: string }): void {
    RED.nodes.createNode(this, properties);
    let settings: StreamingSettings;
    try {
      settings = readStreamingSettings(properties);
    } catch (thrown) {
      const error = toAaiError(thrown);
      return makeUnusable(RED, this, texts.error(error), texts.status("error", { code: error.code }));
    }

    /** An error that no message's `done` can carry; only one that has a message reaches a Catch node. */
    const report = (error: AaiError, topic?: string) => {
      status.failed(error);
      this.error(texts.error(error), topic === undefined ? {} : { topic });
    };
    const sendEvent = (msg: NodeMessage) => this.send([null, null, msg]);
    const clock = guardClock(systemClock, report);
    const connect = guardConnect(webSocketConnect(clock, "node-red-contrib-assemblyai"), report);
    const account = () => {
      const config = RED.nodes.getNode(properties.config) as (Node & Partial<AccountNode>) | null;
      if (!config?.account) throw new AaiError("AAI_CONFIG_MISSING");
      return config.account();
    };

    const streams = new Streams({ clock, connect, account, settings }, (topic) => ({
      begun: (begin) => {
        status.begun();
        sendEvent(output.beginOutput(begin, topic));
      },
      turn: (event, sessionId, number) => {
        const msg = output.turnOutput(event, sessionId, number, topic);
        this.send(event.final ? [msg, null, null] : [null, msg, null]);
      },
      terminated: (end) => {
        status.terminated(end);
        sendEvent(output.terminationOutput(end, topic, settings.open !== "speech"));
      },
      reconnecting: (info) => sendEvent(output.reconnectingOutput(info, topic)),
      error: (error) => report(error, topic),
      warning: (error) => this.warn(texts.error(error).message),
      changed: () => status.refresh(),
    }));
    const status = new StreamingStatusLine(
      clock,
      texts,
      settings.silenceTimeoutMs,
      () => streams.statuses,
      (look) => this.status(look),
    );
    status.refresh();

    this.on("input", (msg, _send, done) => {
      try {
        handleStreamingInput(streams, msg);
        done();
      } catch (thrown) {
        done(texts.error(toAaiError(thrown)));
      }
    });

    this.on("close", (_removed: boolean, done: () => void) => {
      void streams.close("redeploy").finally(() => {
        status.close();
        done();
      });
    });
  }

  RED.nodes.registerType("assemblyai-streaming", Streaming);
};
