/**
 * Answers a caller: with the transcript when its session has ended after audio-stop, or with END = "turn" at the first turn; with an error
 * where no session can be had, after which the connection is closed, so that no caller waits.
 *
 * In: turns and session events of speech to text, and what the Catch node has caught.
 */
module.exports = function (msg, node, context, flow, env) {
  const calls = flow.get("calls") || {};
  const call = calls[String(msg.topic).split("/")[1]];
  if (!call) return;
  const answer = (type, data) => {
    const isFirst = !call.answered;
    call.answered = true;
    return isFirst ? { _session: call.session, payload: `${JSON.stringify({ type, data })}\n` } : null;
  };
  const refuse = ({ message, code }) => [[answer("error", { text: message, code }), { _session: call.session, reset: true }], null];

  if (msg.error) return refuse(msg.error);
  if (msg.final) {
    call.texts.push(msg.payload);
    if (env.get("END") !== "turn" || call.answered) return;
    return [answer("transcript", { text: msg.payload }), { topic: msg.topic, action: "stop" }];
  }
  if (msg.event === "begin") call.busy = true;
  if (msg.event === "failed") return refuse(msg.payload);
  if (msg.event !== "termination") return;
  call.busy = false;
  if (call.stopped) return [answer("transcript", { text: call.texts.join(" ") }), null];
};
