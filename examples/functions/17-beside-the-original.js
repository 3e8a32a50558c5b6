/**
 * Puts each sentence and its translation side by side. A translation comes a moment after its turn, and those of short turns may come in
 * another order; with format_turns it may even come first.
 *
 * In: final turns, and session events. Output: payload = { turn, original, translation }, with null for a translation that did not come
 * until the session's end. A turn that comes after that waits for none.
 */
module.exports = function (msg, node, context) {
  const halves = context.get("halves") ?? {};
  context.set("halves", halves);
  const ended = context.get("ended") ?? [];
  if (msg.final && ended.includes(msg.sessionId)) {
    return { topic: msg.topic, payload: { turn: msg.turnNumber, original: msg.payload, translation: null } };
  }
  if (msg.final) return add(msg.turn.turn_order, { turn: msg.turnNumber, original: msg.payload });
  if (msg.event === "llm-gateway-response") {
    if (ended.includes(msg.sessionId)) return;
    const translation = msg.payload.data?.choices?.[0]?.message?.content ?? null;
    return add(msg.payload.turn_order, { translation });
  }
  if (msg.event !== "termination") return;
  context.set("ended", [...ended, msg.sessionId].slice(-100));
  for (const [key, { turn, original }] of Object.entries(halves)) {
    if (!key.startsWith(`${msg.sessionId}/`)) continue;
    delete halves[key];
    if (original !== undefined) node.send({ topic: msg.topic, payload: { turn, original, translation: null } });
  }

  function add(order, half) {
    const key = `${msg.sessionId}/${order}`;
    const { turn, original, translation } = { ...halves[key], ...half };
    halves[key] = { turn, original, translation };
    if (original === undefined || translation === undefined) return;
    delete halves[key];
    return { topic: msg.topic, payload: { turn, original, translation } };
  }
};
