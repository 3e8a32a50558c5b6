/**
 * Has one answer spoken after another. Meanwhile the microphone is held off, which would hear the answer; with BARGE_IN it stays on, for one
 * that cancels echoes, and whoever begins to speak ends the answer.
 *
 * In: texts to say, session events, and what becomes of an answer: its file is written, the player has ended, or something failed.
 * Output 1: the text for the text to speech. Output 2: the file for the player, or its end.
 */
module.exports = function (msg, node, context, flow, env) {
  const speaking = context.get("speaking"); // the number of the answer that is spoken
  if (msg.event !== undefined) {
    if (msg.event !== "speech-started" || speaking === undefined || !env.get("BARGE_IN")) return;
    context.set("waiting", []);
    return [sayNext(), { kill: "SIGTERM" }];
  }
  if (msg.answer === undefined) {
    context.set("waiting", [...(context.get("waiting") ?? []), msg.payload]);
    return speaking === undefined ? [sayNext(), null] : undefined;
  }
  if (msg.answer !== speaking) return; // of one that was interrupted
  const isOver = msg.error !== undefined || msg.payload.code !== undefined;
  return isOver ? [sayNext(), null] : [null, { answer: msg.answer, payload: env.get("FILE") }];

  function sayNext() {
    const [text, ...waiting] = context.get("waiting") ?? [];
    const answer = text === undefined ? undefined : (context.get("count") ?? 0) + 1;
    context.set("waiting", waiting);
    context.set("count", answer ?? context.get("count"));
    context.set("speaking", answer);
    flow.set("heldOff", answer !== undefined && !env.get("BARGE_IN"));
    node.status({ text: answer === undefined ? "" : "speaking" });
    return answer === undefined ? null : { answer, payload: { text } };
  }
};
