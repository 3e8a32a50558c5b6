/** Sessions that the service must end by itself, or not begin at all. */
import { updateConfiguration } from "../nodes/lib/assemblyai/protocol";
import { INACTIVITY_S, type Measured, type Seen } from "./assumptions";
import { silence } from "./audio";
import type { Experiment } from "./experiment";
import type { Probe } from "./probe";
import { endedWith, secondsOf } from "./seen";

export const inactivity: Experiment = {
  name: "inactivity",
  parameters: { inactivity_timeout: String(INACTIVITY_S) },
  async perform(probe) {
    await probe.begun();
    const [limit, pingAfter] = [INACTIVITY_S * 1000, 3000];
    await probe.until(() => false, pingAfter);
    probe.ping();
    await probe.until(() => probe.ended, limit + pingAfter);
    if (!probe.ended || probe.begunAt === undefined)
      return { inactivity: { seen: `open after ${secondsOf(limit + 2 * pingAfter)}`, equal: false } };
    const after = probe.ended.at - probe.begunAt;
    const counts = after > limit + pingAfter / 2;
    const expected = counts ? limit + pingAfter : limit;
    return {
      inactivity: {
        seen: `${probe.endCode} after ${secondsOf(after)}`,
        equal: probe.endCode === 3006 && Math.abs(after - expected) <= 1000,
      },
      pings: { seen: counts ? "yes" : "no", equal: !counts },
    };
  },
};

export const shortMessages: Experiment = {
  name: "short messages",
  async perform(probe) {
    await probe.begun();
    await probe.speak(silence(4000), 49);
    await probe.until(() => probe.ended, 1500);
    return { "49-ms": endedWith(probe, 3007) };
  },
};

export const longMessage: Experiment = {
  name: "a long message",
  async perform(probe) {
    await probe.begun();
    probe.sendAudio(silence(1001));
    await probe.until(() => probe.ended, 4000);
    return { "1001-ms": endedWith(probe, 3007) };
  },
};

export const unknownNames: Experiment = {
  name: "unknown names",
  parameters: { no_parameter_of_the_service: "1" },
  async perform(probe) {
    await probe.opened();
    await probe.until(() => probe.begunAt ?? probe.endCode, 10_000);
    if (probe.begunAt === undefined && probe.endCode === 3006) return { "unknown-parameter": { seen: "3006", equal: false } };
    await probe.begun();
    const measured: Measured = { "unknown-parameter": { seen: "ignored", equal: true } };
    probe.send(updateConfiguration({ no_field_of_the_service: 1 }));
    // A known field with a bad value ends a session after about a second.
    await probe.until(() => probe.endCode, 3000);
    const { endCode } = probe;
    measured["unknown-field"] = { seen: String(endCode ?? "ignored"), equal: endCode === undefined };
    if (endCode !== undefined) {
      await probe.until(() => probe.ended, 1500);
      return measured;
    }
    probe.send(JSON.stringify({ type: "NoMessageOfTheService" }));
    await probe.until(() => probe.ended, 4000);
    return { ...measured, "unknown-message": endedWith(probe, 3006) };
  },
};

/** Neither of these begins, so neither is billed. */
export const badParameter: Experiment = {
  name: "a bad parameter",
  parameters: { sample_rate: "7000" },
  perform: async (probe) => ({ "bad-parameter": await refusal(probe, 3006) }),
};

export const wrongKey: Experiment = {
  name: "a wrong key",
  // The service takes keys without "Bearer" only, and so does the simulator, which takes any other key.
  apiKey: `Bearer ${"0".repeat(32)}`,
  perform: async (probe) => ({ "wrong-key": await refusal(probe, 1008) }),
};

async function refusal(probe: Probe, code: number): Promise<Seen> {
  await probe.until(() => probe.ended ?? probe.begunAt, 10_000);
  const { seen, equal } = endedWith(probe, code);
  return { seen: `${seen} ${probe.begunAt === undefined ? "before" : "after"} Begin`, equal: equal && probe.begunAt === undefined };
}
