import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import { systemClock } from "./lib/common/clock";
import { ContextStore } from "./lib/common/context-store";
import { readAction } from "./lib/common/action";
import { AaiError, toAaiError } from "./lib/common/errors";
import { nodeTexts, type NodeTexts } from "./lib/common/node-texts";
import { readRate } from "./lib/billing/pricing";
import { SessionStats, type StatsReport, type Totals } from "./lib/billing/stats";
import catalogue from "./locales/en-US/assemblyai-termination-stats.json";
import { makeUnusable } from "./unusable";

interface Properties extends NodeDef {
  rate: unknown;
  resetDaily: unknown;
}

export = function register(RED: NodeAPI): void {
  const texts = nodeTexts(RED._, catalogue);

  function AssemblyAiTerminationStats(this: Node, properties: Properties): void {
    RED.nodes.createNode(this, properties);
    const show = (totals: Totals) => this.status({ fill: "grey", shape: "dot", text: statusText(texts, totals) });
    let rate: number | undefined;
    try {
      rate = readRate(properties.rate);
    } catch (thrown) {
      const error = toAaiError(thrown);
      return makeUnusable(RED, this, texts.error(error), texts.errorText(error));
    }
    const store = new ContextStore(this.context(), this.id, "stats");
    const stats = new SessionStats({ clock: systemClock, store, rate, resetDaily: properties.resetDaily === true, show });

    const handle = async (msg: NodeMessage, send: (msg: NodeMessage) => void, done: (error?: Error) => void): Promise<void> => {
      try {
        const report = await respond(stats, msg);
        if (report) send(reportMessage(msg, report));
      } catch (thrown) {
        done(texts.error(toAaiError(thrown)));
        return;
      }
      done();
    };
    this.on("input", (msg, send, done) => void handle(msg, send, done));
    this.on("close", (_removed: boolean, done: () => void) => {
      void stats
        .close()
        .then(() => store.close())
        .catch(() => undefined) // a deploy must go on whatever fails here
        .finally(done);
    });
    stats.start().catch((thrown: unknown) => {
      const error = toAaiError(thrown);
      this.status({ fill: "red", shape: "ring", text: texts.errorText(error) });
      this.error(texts.error(error), {});
    });
  }
  RED.nodes.registerType("assemblyai-termination-stats", AssemblyAiTerminationStats);
};

/** The request of a message: an event counts before an action, since a termination also carries the microphone's "stop". */
async function respond(stats: SessionStats, msg: NodeMessage): Promise<StatsReport | undefined> {
  if (msg["event"] === "termination") return stats.record(msg.payload);
  if (msg["event"] === "begin" || msg["event"] === "reconnecting") return undefined;
  if (readAction(msg, ["reset"]) === undefined) throw new AaiError("AAI_INPUT/stats");
  await stats.reset();
  return undefined;
}

/** The input message, without the properties that would make it an event or a command for the next node. */
function reportMessage(
  { event: _event, action: _action, ...msg }: NodeMessage & Record<string, unknown>,
  payload: StatsReport,
): NodeMessage {
  return { ...msg, payload };
}

function statusText(texts: NodeTexts<"session" | "sessions">, { sessions, sessionSeconds, costUsd }: Totals): string {
  const cost = texts.number(costUsd, costUsd < 1 ? 4 : 2);
  return texts.status(sessions === 1 ? "session" : "sessions", { sessions, seconds: Math.round(sessionSeconds), cost });
}
