import { FORCE_ENDPOINT, KEEP_ALIVE, updateConfiguration } from "../nodes/lib/assemblyai/protocol";
import { INACTIVITY_S, MODEL, type Measured } from "./assumptions";
import { silence } from "./audio";
import type { Experiment } from "./experiment";
import type { Heard } from "./probe";
import { listed, secondsOf, typeOf, within } from "./seen";

/** Ten seconds in which nobody speaks, and a proper end. */
export const inSilence: Experiment = {
  name: "silence",
  parameters: { inactivity_timeout: String(INACTIVITY_S) },
  async perform(probe) {
    await probe.begun();
    const [first] = probe.heard;
    const model =
      first?.frame.kind === "begin" ? (first.frame.message.configuration?.model ?? "no model") : `first ${first && typeOf(first)}`;
    await probe.speak(silence(4000));
    const mark = probe.heard.length;
    probe.send(updateConfiguration({ min_turn_silence: 200 }));
    probe.send(KEEP_ALIVE);
    probe.send(FORCE_ENDPOINT);
    await probe.speak(silence(4000));
    const isAnswer = ({ frame }: Heard) => frame.kind === "other" || frame.kind === "warning";
    const isFinal = ({ frame }: Heard) => frame.kind === "turn" && frame.message.end_of_turn;
    const afterwards = probe.heard.slice(mark);
    const unasked = [...probe.heard.slice(1, mark), ...afterwards.filter((heard) => !isAnswer(heard) && !isFinal(heard))];
    const wasOpen = !probe.ended;
    await probe.speak(silence(2000), 1000);
    const measured: Measured = {
      begin: { seen: model, equal: model === MODEL },
      "nothing-in-silence": listed("nothing", unasked.map(typeOf)),
      "no-acknowledgement": listed("none", afterwards.filter(isAnswer).map(typeOf)),
      "idle-force-endpoint": listed("none", afterwards.filter(isFinal).map(typeOf)),
      "silent-audio": { seen: probe.ended ? `ended with ${probe.endCode}` : "open after 10 s", equal: !probe.ended },
      ...(wasOpen ? { "1000-ms": { seen: probe.ended ? `${probe.endCode}` : "taken", equal: !probe.ended } } : {}),
    };
    if (probe.ended) return measured;
    await probe.hangUp();
    const { termination, terminateAt = 0, audioMs, closeCode } = probe;
    if (!termination) return { ...measured, terminate: { seen: "not within 5 s", equal: false } };
    const { audio_duration_seconds: heardSeconds } = termination.message;
    return {
      ...measured,
      terminate: within(termination.at - terminateAt, 5000),
      "normal-close": { seen: String(closeCode), equal: closeCode === 1000 },
      "audio-seconds": { seen: `${heardSeconds} of ${secondsOf(audioMs)}`, equal: Math.abs(heardSeconds - audioMs / 1000) <= 1 },
    };
  },
};
