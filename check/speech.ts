import { FORCE_ENDPOINT, turnText } from "../nodes/lib/assemblyai/protocol";
import type { Measured } from "./assumptions";
import { beginningOf, recorded, silence } from "./audio";
import type { Experiment } from "./experiment";
import type { Probe } from "./probe";
import { early, secondsOf, turnsOf, typeOf, within } from "./seen";

const FINAL_WITHIN_MS = 3_000;

/** A sentence after silence, and another in the middle of which the audio stops. */
export const speech: Experiment = {
  name: "speech",
  async perform(probe) {
    await probe.begun();
    const sentence = recorded("librivox_0880");
    await probe.speak(silence(3000));
    const spoken = await probe.speak(sentence.pcm);
    await probe.speak(silence(FINAL_WITHIN_MS));
    const all = turnsOf(probe);
    const finals = all.filter(({ turn }) => turn.end_of_turn);
    const [firstFinal, lastFinal] = [finals[0], finals.at(-1)];
    const isOfFirst = ({ turn }: (typeof all)[number]) => turn.turn_order === firstFinal?.turn.turn_order;
    const measured: Measured = { "first-partial": { seen: "none", equal: false }, final: { seen: "none", equal: false } };
    if (all[0]) {
      measured["first-partial"] = within(all[0].at - (spoken.at + sentence.onset), 3000);
      const types = probe.heard.map(typeOf);
      const started = types.indexOf("SpeechStarted");
      const first = probe.heard.findIndex(({ frame }) => frame.kind === "turn" && turnText(frame.message) !== "");
      measured["speech-started"] =
        started < 0 ? { seen: "none", equal: false } : { seen: started < first ? "yes" : "after it", equal: started < first };
    }
    if (firstFinal && lastFinal) {
      const count = finals.filter(isOfFirst).length;
      const after = within(lastFinal.at - (spoken.at + sentence.end), FINAL_WITHIN_MS);
      measured.final = { seen: `${count === 1 ? "one" : count}, after ${after.seen}`, equal: after.equal && count === 1 };
      const [begin, end] = [firstFinal.turn.words?.[0]?.start, lastFinal.turn.words?.at(-1)?.end];
      if (begin !== undefined) measured["first-word"] = early(spoken.position + sentence.onset - begin, 1500, 500);
      if (end !== undefined) measured["last-word"] = early(spoken.position + sentence.end - end, 500, 500);
    }
    return { ...measured, ...(await cutShort(probe)) };
  },
};

/** The audio stops in the middle of a sentence. */
async function cutShort(probe: Probe): Promise<Measured> {
  const before = Math.max(-1, ...turnsOf(probe).map(({ turn }) => turn.turn_order));
  const order = () => turnsOf(probe).find(({ turn }) => turn.turn_order > before)?.turn.turn_order;
  await probe.speak(beginningOf(recorded("goforward").pcm, 1800));
  const open = await probe.until(order, 1500);
  if (open === undefined) return {};
  const final = () => turnsOf(probe).find(({ turn }) => turn.turn_order === open && turn.end_of_turn);
  if (await probe.until(final, 2500)) return { "open-turn": { seen: "ends", equal: false } };
  if (probe.ended) return {};
  const forcedAt = probe.now;
  probe.send(FORCE_ENDPOINT);
  const forced = await probe.until(final, 4000);
  return {
    "open-turn": { seen: "stays open", equal: true },
    "force-endpoint": forced ? within(forced.at - forcedAt, 2000) : { seen: "not within 4 s", equal: false },
  };
}

/** A sentence in the middle of which the session is ended. */
export const hangingUp: Experiment = {
  name: "hanging up in mid-sentence",
  async perform(probe) {
    await probe.opened();
    for (let sent = 0; sent < 2000; sent += 50) probe.sendAudio(silence(50));
    await probe.begun();
    await probe.speak(beginningOf(recorded("librivox_0880").pcm, 2300));
    const isOpen = await probe.until(() => turnsOf(probe).length > 0, 2000);
    await probe.hangUp();
    const { termination, audioMs } = probe;
    if (!termination) return {};
    const { audio_duration_seconds: heardSeconds } = termination.message;
    const final = turnsOf(probe).find(({ turn }) => turn.end_of_turn);
    const inTime = final !== undefined && final.at <= termination.at;
    return {
      "audio-before-begin": {
        seen: `${heardSeconds} of ${secondsOf(audioMs)} heard`,
        equal: Math.abs(heardSeconds - audioMs / 1000) <= 1,
      },
      ...(isOpen ? { "terminate-turn": { seen: inTime ? "yes" : final ? "after it" : "no final", equal: inTime } } : {}),
    };
  },
};

/** A sentence of which no partials are wanted. */
export const finalsOnly: Experiment = {
  name: "finals only",
  parameters: { include_partial_turns: "false" },
  async perform(probe) {
    await probe.begun();
    await probe.speak(silence(500));
    await probe.speak(recorded("librivox_0880").pcm);
    await probe.speak(silence(FINAL_WITHIN_MS));
    const turns = turnsOf(probe);
    if (!turns.some(({ turn }) => turn.end_of_turn)) return {};
    const partials = turns.filter(({ turn }) => !turn.end_of_turn).length;
    return { "no-partials": { seen: partials === 0 ? "none" : String(partials), equal: partials === 0 } };
  },
};
