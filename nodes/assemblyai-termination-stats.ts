import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import { bookOf } from "./book";
import { whenFlowsStarted } from "./flows-started";
import { onInput } from "./input";
import { systemClock } from "./lib/common/clock";
import { readAction } from "./lib/common/action";
import { AaiError, toAaiError } from "./lib/common/errors";
import { nodeTexts, type NodeTexts } from "./lib/common/node-texts";
import { readSessionEvent, type SessionEvent } from "./lib/common/session-event";
import { readRate } from "./lib/billing/rate";
import { SessionStats, type StatsReport, type Sums } from "./lib/billing/stats";
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
    let rate: number | undefined;
    try {
      rate = readRate(properties.rate);
    } catch (thrown) {
      const error = toAaiError(thrown);
      return makeUnusable(RED, this, texts.error(error), texts.errorText(error));
    }
    const resetDaily = properties.resetDaily === true;
    const stats = new SessionStats({
      clock: systemClock,
      book: bookOf(RED, this, "stats"),
      rate,
      resetDaily,
      show: (sums) => this.status({ fill: "grey", shape: "dot", text: statusText(texts, sums, resetDaily) }),
      failed: (error) => this.error(texts.error(error), {}),
      damaged: (error) => this.warn(texts.error(error).message),
    });
    whenFlowsStarted(RED, this, () => void stats.start());

    onInput(this, texts, async (msg, send) => {
      const session = readSessionEvent(msg);
      if (session) {
        const report = session.event === "termination" ? await stats.record(session.payload) : undefined;
        if (report) send(reportMessage(msg, session, report));
      } else {
        if (readAction(msg, ["reset"]) === undefined) throw new AaiError("AAI_INPUT/stats");
        await stats.reset();
      }
    });
    this.on("close", (_removed: boolean, done: () => void) => {
      void stats
        .close()
        .catch(() => undefined) // a deploy must go on whatever fails here
        .finally(done);
    });
  }
  RED.nodes.registerType("assemblyai-termination-stats", AssemblyAiTerminationStats);
};

/** The input message, without the properties that would make it an event or a command for the next node. */
function reportMessage(
  { event: _event, action: _action, listening: _listening, ...msg }: NodeMessage & Record<string, unknown>,
  session: SessionEvent,
  payload: StatsReport,
): NodeMessage {
  const { sessionId, topic } = session;
  return { ...msg, ...(sessionId === undefined ? {} : { sessionId }), ...(typeof topic === "string" ? { topic } : {}), payload };
}

/** Where the totals begin anew each day, they are the day's. */
function statusText(texts: NodeTexts<keyof typeof catalogue.status>, { totals, today }: Sums, resetDaily: boolean): string {
  const { sessions } = totals;
  const usd = (value: number) => texts.number(value, value < 1 ? 4 : 2);
  const values = { today: usd(today.costUsd), count: texts.status(sessions === 1 ? "session" : "sessions", { sessions }) };
  return resetDaily ? texts.status("today", values) : texts.status("total", { ...values, cost: usd(totals.costUsd) });
}
