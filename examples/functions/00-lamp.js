/**
 * A lamp: "light on" and "light off" switch it, in whatever sentence. Any other sentence lets it shine green for some seconds.
 *
 * In: a final turn. Output: "on" or "off", for a lamp of yours.
 */
module.exports = function (msg, node, context, flow, env, setTimeout) {
  const GREEN_MS = 6000;
  const words = msg.payload.toLowerCase();
  const order = /\b(?:light|lamp)s?\b/.test(words) ? /\b(on|off)\b/.exec(words)?.[1] : undefined;
  if (order) context.set("isOn", order === "on");
  const count = (context.get("count") ?? 0) + 1;
  context.set("count", count);
  const shine = () => {
    if (context.get("count") !== count) return;
    if (context.get("isOn")) node.status({ fill: "yellow", shape: "dot", text: "on" });
    else node.status({ fill: "grey", shape: "ring", text: 'off: say "light on"' });
  };
  if (order) {
    shine();
    return { payload: order };
  }
  node.status({ fill: "green", shape: "dot", text: msg.payload.slice(0, 40) });
  setTimeout(shine, GREEN_MS);
};
