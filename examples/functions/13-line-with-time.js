/**
 * Puts the time before each turn, and names the day's file.
 *
 * In: final turns. Output: payload, and filename for the file node.
 */
module.exports = function (msg, node, context, flow, env, os, path) {
  const folder = env.get("FOLDER") || path.join(os.homedir(), "dictation");
  const now = new Date();
  const date = now.toLocaleDateString("sv"); // 2026-11-20: Sweden writes dates so
  const time = now.toLocaleTimeString("sv"); // 17:05:30
  return { ...msg, filename: path.join(folder, `${date}.txt`), payload: `${time}  ${msg.payload}` };
};
