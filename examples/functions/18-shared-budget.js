/**
 * One budget a day for all workers: each publishes what it has spent today, the broker keeps it, and all of it is added up here.
 *
 * In: begin events, the output of termination stats, and a message every second. At the limit, output 2 stops all sessions, and flow.over
 * lets no more audio through. Times of open sessions are estimated at RATE; a termination brings the true cost.
 */
module.exports = function (msg, node, context, flow, env) {
  const topic = `budget/${env.get("WORKER")}`;
  const day = new Date().toDateString();
  const kept = flow.get("spent") || {};
  const ofToday = (spent) => (spent && spent.day === day ? spent.costUsd : 0);
  const open = context.get("open") || {};

  if (msg.event === "begin") {
    // What this worker spent before it was restarted, the broker knows.
    if (Object.keys(open).length === 0) context.set("ended", { day, costUsd: ofToday(context.get("ended")) || ofToday(kept[topic]) });
    open[msg.sessionId] = Date.now();
  } else if (msg.payload.today) {
    delete open[msg.payload.session.sessionId];
    context.set("ended", { day, costUsd: msg.payload.today.costUsd });
  }
  context.set("open", open);

  const ended = context.get("ended");
  const running = Object.values(open).reduce((ms, begin) => ms + Date.now() - begin, 0);
  const own = ended ? { day, costUsd: ofToday(ended) + (running * Number(env.get("RATE"))) / 3_600_000 } : kept[topic];
  const others = Object.keys(kept).filter((other) => other !== topic);
  const total = others.reduce((usd, other) => usd + ofToday(kept[other]), ofToday(own));

  const limit = Number(env.get("BUDGET_USD"));
  const wasOver = flow.get("over") === true;
  flow.set("over", limit > 0 && total >= limit);
  node.status({ text: `$${total.toFixed(4)} of $${limit}` });
  const isNews = own !== undefined && JSON.stringify(own) !== JSON.stringify(kept[topic]);
  return [isNews ? { topic, payload: own, retain: true, qos: 1 } : null, flow.get("over") && !wasOver ? { action: "stop" } : null];
};
