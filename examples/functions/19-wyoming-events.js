/**
 * Reads Wyoming's events: a line of JSON, then data_length bytes of JSON, then payload_length bytes of sound, cut anywhere by TCP.
 *
 * Output 1: audio and actions for speech to text, on a topic for each caller. Output 2: what is answered at once. A message of the Status
 * node says that a caller has hung up.
 */
module.exports = function (msg, node, context, flow, env) {
  const calls = flow.get("calls") || {};
  flow.set("calls", calls);
  const { _session: session } = msg.status || msg;
  if (!session) return;
  const topic = `wyoming/${session.id}`;
  if (msg.status) {
    if (msg.status.event !== "disconnect" || !calls[session.id]) return;
    delete calls[session.id];
    return [{ topic, action: "stop" }, null];
  }
  calls[session.id] ||= { session, rest: Buffer.alloc(0), texts: [] };
  const call = calls[session.id];
  const answer = (type, data) => node.send([null, { _session: session, payload: `${JSON.stringify({ type, data })}\n` }]);
  const listen = (audio) => node.send([{ topic, ...audio }, null]);
  const lengthOf = (length) => {
    // A negative length would have the same bytes read again, for ever.
    if (!Number.isInteger(length) || length < 0) throw new Error("a length that is no whole number of bytes");
    return length;
  };

  const handle = (type, data, sound) => {
    switch (type) {
      case "describe":
        return answer("info", env.get("INFO"));
      case "ping":
        return answer("pong", data);
      case "audio-start":
        return Object.assign(call, { texts: [], first: true, stopped: false, answered: false });
      case "audio-chunk":
        if (data.width !== 2) throw new Error(`samples of ${data.width} bytes, not of 2`);
        if (call.answered) return;
        listen({ payload: sound, first: call.first, audio: { encoding: "pcm_s16le", sampleRate: data.rate, channels: data.channels } });
        Object.assign(call, { first: false, busy: true });
        return;
      case "audio-stop":
        call.stopped = true;
        if (call.busy) return listen({ action: "stop" }); // the transcript follows with the end of the session
        if (!call.answered) answer("transcript", { text: call.texts.join(" ") });
        call.answered = true;
    }
  };

  call.rest = Buffer.concat([call.rest, msg.payload]);
  try {
    for (;;) {
      const line = call.rest.indexOf("\n");
      if (line < 0 && call.rest.length > 65_536) throw new Error("a header of more than 64 KiB");
      if (line < 0) return;
      const header = JSON.parse(call.rest.toString("utf8", 0, line));
      const dataEnd = line + 1 + lengthOf(header.data_length ?? 0);
      const end = dataEnd + lengthOf(header.payload_length ?? 0);
      if (end - line > 1_048_576) throw new Error("an event of more than 1 MiB");
      if (call.rest.length < end) return;
      const data = { ...header.data, ...(dataEnd > line + 1 ? JSON.parse(call.rest.toString("utf8", line + 1, dataEnd)) : {}) };
      const sound = Buffer.from(call.rest.subarray(dataEnd, end));
      call.rest = call.rest.subarray(end);
      handle(header.type, data, sound);
    }
  } catch (error) {
    call.rest = Buffer.alloc(0);
    answer("error", { text: `This is no event of Wyoming's: ${error.message}`, code: "bad-event" });
    node.send([null, { _session: session, reset: true }]);
  }
};
