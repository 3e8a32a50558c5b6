import type { Clock } from "../../nodes/lib/common/clock";
import { REALISTIC_LATENCY, startSimulator, type Simulator } from "../../simulator";
import { voiceDetector } from "../../simulator/voice-detector";

/** The service of a day: as slow as the real one, with the package's own voice detector. */
export function startDayService(clock: Clock, tls?: { key: Buffer; cert: Buffer }): Promise<Simulator> {
  const options = { clock, latency: REALISTIC_LATENCY, processing: "realtime", keepMessages: false, detector: voiceDetector } as const;
  return startSimulator(tls ? { ...options, tls } : options);
}
