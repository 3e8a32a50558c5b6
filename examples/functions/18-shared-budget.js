/**
 * One budget a day for all workers: each publishes what it has spent today and what its open sessions cost in an hour, the broker keeps it,
 * and all of it is added up here.
 *
 * In: begin events, the output of termination stats, and a message every half second. At the limit, output 2 stops all sessions, and
 * flow.over lets no more audio through. Open sessions are estimated at RATE, a second ahead, because a session that is stopped is billed until
 * its Termination comes; a termination brings the true cost. What another worker has open counts for at most 5 s after its last word: it may
 * be dead. The clocks of the machines must agree.
 */
module.exports = function (msg, node, context, flow, env) {
  const topic = `budget/${env.get("WORKER")}`;
  const now = Date.now();
  const day = new Date(now).toDateString();
  const kept = flow.get("spent") || {};
  const costs = (usdPerHour, ms) => (usdPerHour > 0 ? (usdPerHour * Math.min(Math.max(ms, 0), 5000)) / 3_600_000 : 0);
  const ofToday = (spent) => (spent && spent.day === day ? spent.costUsd + costs(spent.usdPerHour, now - spent.at + 1000) : 0);
  const open = context.get("open") || {};

  if (msg.event === "begin") {
    // What this worker spent before it was restarted, the broker knows.
    if (Object.keys(open).length === 0) context.set("ended", context.get("ended") || { day, costUsd: 0, ...kept[topic], usdPerHour: 0 });
    open[msg.sessionId] = now;
  } else if (msg.payload.today) {
    delete open[msg.payload.session.sessionId];
    context.set("ended", { day, costUsd: msg.payload.today.costUsd, usdPerHour: 0 });
  }
  context.set("open", open);

  const rate = Number(env.get("RATE"));
  const begins = Object.values(open);
  const running = begins.reduce((ms, begin) => ms + now - begin, 0);
  const ended = context.get("ended");
  const costUsd = ofToday(ended) + (running * rate) / 3_600_000;
  const own = ended ? { day, costUsd, usdPerHour: begins.length * rate, at: now } : { ...kept[topic], usdPerHour: 0 };
  const others = Object.keys(kept).filter((other) => other !== topic);
  const total = others.reduce((usd, other) => usd + ofToday(kept[other]), ofToday(own));

  const limit = Number(env.get("BUDGET_USD"));
  const wasOver = flow.get("over") === true;
  flow.set("over", limit > 0 && total >= limit);
  node.status({ text: `$${total.toFixed(4)} of $${limit}` });
  const { costUsd: known, usdPerHour: knownRate } = kept[topic] || {};
  const isNews = ended && (own.costUsd !== known || own.usdPerHour !== knownRate);
  return [isNews ? { topic, payload: own, retain: true, qos: 1 } : null, flow.get("over") && !wasOver ? { action: "stop" } : null];
};
