/**
 * Feeds recordings to speech to text, one after another and as fast as they were spoken, and collects their texts. A recording is a .wav
 * file in FOLDER that no longer grows and has no .txt beside it. It is read piece by piece: so it may be longer than the 5 minutes of audio
 * that speech to text lets wait.
 *
 * In: a message four times a second, the action stop, and what speech to text sends: turns, session events, errors.
 * Output 1: audio and actions, with the recording's path as topic. Output 2: a finished text, and filename for the file node.
 */
module.exports = function (msg, node, context, flow, env, fs, os, path) {
  const LOOK_MS = 2000; // a file that has not grown in this time is complete
  const SETTLE_MS = 12_000; // longer than a session takes to begin, with the last words of a recording
  const AGAIN_MS = 60_000; // after a failure that is not the recording's
  const PIECE_MS = 1000;
  const now = Date.now();
  const folder = env.get("FOLDER") || path.join(os.homedir(), "recordings");
  const recording = context.get("recording");

  if (msg.error || msg.event || msg.final) return recording && msg.topic === recording.file ? heard() : undefined;
  if (msg.action === "stop") return recording && cut();
  if (!recording) return look();
  if (recording.fed < recording.size) return feed();
  if (!recording.open && now - recording.quietSince >= SETTLE_MS) return finish(recording.note);

  function look() {
    if (now < (context.get("lookAt") ?? 0)) return;
    context.set("lookAt", now + LOOK_MS);
    fs.mkdirSync(folder, { recursive: true });
    // A text that cannot be written must not have its recording paid for again and again.
    const unwritten = (context.get("unwritten") ?? []).filter((file) => !fs.existsSync(textOf(file)));
    context.set("unwritten", unwritten);
    const isNew = (name) => {
      const file = path.join(folder, name);
      return /\.wav$/i.test(name) && !unwritten.includes(file) && !fs.existsSync(textOf(file));
    };
    const entries = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    const names = entries
      .map(({ name }) => name)
      .filter(isNew)
      .toSorted();
    const sizes = Object.fromEntries(names.map((name) => [name, fs.statSync(path.join(folder, name)).size]));
    const before = context.get("sizes") ?? {};
    context.set("sizes", sizes);
    const name = names.find((one) => sizes[one] > 0 && sizes[one] === before[one]);
    if (name === undefined) return node.status({ text: `waits for recordings in ${folder}` });
    const file = path.join(folder, name);
    const header = read(file, 0, Math.min(sizes[name], 65_536));
    const format = header.indexOf("fmt ");
    // Where this is no WAV file, speech to text says so.
    const bytesPerMs = (format > 0 && header.length >= format + 20 && header.readUInt32LE(format + 16) / 1000) || 32;
    context.set("recording", {
      file,
      size: sizes[name],
      bytesPerMs,
      fed: 0,
      fedAt: now - PIECE_MS,
      open: false,
      quietSince: now,
      lines: [],
    });
  }

  function feed() {
    // After a stall the recording is late, too: nothing of it is skipped, and nothing piles up.
    const bytes = Math.ceil(Math.min(now - recording.fedAt, PIECE_MS) * recording.bytesPerMs);
    const until = Math.min(recording.fed + bytes, recording.size);
    if (!fs.existsSync(recording.file)) return finish("The rest is missing: the recording is gone.");
    const payload = read(recording.file, recording.fed, until);
    const first = recording.fed === 0;
    Object.assign(recording, { fed: until, fedAt: now, quietSince: now });
    context.set("recording", recording);
    node.status({ text: `${path.basename(recording.file)}: ${Math.floor((100 * until) / recording.size)} %` });
    return [{ topic: recording.file, payload, first }, null];
  }

  function heard() {
    if (msg.final) recording.lines.push(msg.payload);
    if (msg.event === "begin" || msg.event === "reconnecting") recording.open = true;
    if (msg.event === "termination" || msg.event === "failed") Object.assign(recording, { open: false, quietSince: now });
    context.set("recording", recording);
    if (msg.error && ["AAI_AUDIO_FORMAT", "AAI_INPUT"].includes(msg.error.code))
      return finish(`Not a recording that can be used: ${msg.error.message}`);
    if (msg.event !== "failed" && (msg.event !== "termination" || msg.listening)) return;
    if (recording.fed === recording.size) return;
    // No session will follow: no key, no budget. A recording of which nothing is known yet waits.
    const { message = msg.payload.reason } = msg.payload;
    if (recording.lines.length > 0) return finish(`The rest is missing: ${message}`);
    context.set("recording", undefined);
    context.set("lookAt", now + AGAIN_MS);
    node.status({ fill: "red", shape: "ring", text: `tries again in a minute: ${message}` });
  }

  function cut() {
    context.set("recording", { ...recording, size: recording.fed, quietSince: now, note: "Stopped here." });
    return [{ topic: recording.file, action: "stop" }, null];
  }

  function finish(note) {
    const lines = note === undefined ? recording.lines : [...recording.lines, `[${note}]`];
    context.set("recording", undefined);
    context.set("unwritten", [...(context.get("unwritten") ?? []), recording.file]);
    return [null, { filename: textOf(recording.file), payload: `${lines.join("\n")}\n` }];
  }

  function textOf(file) {
    return file.replace(/\.wav$/i, ".txt");
  }

  function read(file, from, until) {
    const data = Buffer.alloc(until - from);
    const opened = fs.openSync(file, "r");
    try {
      return data.subarray(0, fs.readSync(opened, data, 0, data.length, from));
    } finally {
      fs.closeSync(opened);
    }
  }
};
