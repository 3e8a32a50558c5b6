/**
 * How the simulated service behaves. Without options it behaves like the service, but answers without delay.
 */
import type { Clock } from "../nodes/lib/common/clock";
import type { Deviation } from "./deviations";
import type { Fault } from "./faults";
import type { Latency } from "./latency";
import type { SpeakerOf } from "./messages";
import type { Recogniser } from "./recogniser";
import type { Recording } from "./recognisers/recordings";
import type { SimulatorSession } from "./session";
import type { SpeechDetector } from "./speech-detector";

export interface SimulatorOptions {
  /** On 127.0.0.1; 0 = any free one, the default. */
  port?: number;
  /** Serves wss:// and https:// (PEM). */
  tls?: { key: string | Buffer; cert: string | Buffer };
  /** Web pages that may connect, by their origin, such as `http://localhost:1880`; those of any other may not. */
  allowedOrigins?: readonly string[];
  /** The most connections at a time (default 1000); a further one is cut. */
  maxConnections?: number;
  /** The API keys that are accepted; absent = any that is not empty. */
  keys?: readonly string[];
  clock?: Clock;
  latency?: Partial<Latency>;
  /** `immediate` (default): audio is processed as it arrives. `realtime`: at 1.0x; audio that arrives faster waits, as with the service. */
  processing?: "immediate" | "realtime";
  /** The model of a session that names none. */
  defaultModel?: string;
  /** After so long a session is ended with 3008 (ms; default 3 h). A token may ask for less. */
  maxSessionMs?: number;
  /** Sends Termination also where the session expires: documented for Universal-Streaming, not seen on the service. */
  terminationOnExpiry?: boolean;
  /** A token opens one session only: documented, not seen on the service. */
  singleUseTokens?: boolean;
  /** Every request for a token is answered with this HTTP status: 429 is too many of them. */
  tokenFault?: number;
  /** 3007 at the first message of less than 50 ms, and not only after about a second of them. */
  strictFrames?: boolean;
  /** 3007 when audio is this far ahead of real time (ms; default 5 min). A small value makes a test of pacing. */
  maxAheadMs?: number;
  /** How much too early a turn's first word is placed after a second of silence (ms; default 0). Live: p50 990 ms. */
  earlyStartMs?: number;
  /** Keeps each session's audio for `session.audioReceived()`. */
  keepAudio?: boolean;
  /** Keeps each message received and sent (default). Without it only their numbers are kept, for runs of hours. */
  keepMessages?: boolean;
  recogniser?: Recogniser;
  /** Who speaks in each turn, with `speaker_labels`; by default always "A". */
  speakers?: SpeakerOf;
  /** Recordings that the default recogniser knows beside its samples. */
  recordings?: readonly Recording[];
  detector?: (sampleRate: number) => SpeechDetector;
  /** The faults, by the number of the connection, from 0. */
  faults?: FaultsOf | readonly (FaultsOfOne | undefined)[];
  /** Behaviours that are not the service's, in every session. */
  deviations?: readonly Deviation[];
  /** A connection was upgraded; nothing has been sent on it. */
  onSession?: (session: SimulatorSession) => void;
  onBegin?: (session: SimulatorSession) => void;
  /** Its socket has closed. */
  onEnd?: (session: SimulatorSession) => void;
}

export type FaultsOfOne = Fault | readonly Fault[];
export type FaultsOf = (connection: number) => FaultsOfOne | undefined;

export function faultsOf(faults: SimulatorOptions["faults"], connection: number): readonly Fault[] {
  const found = typeof faults === "function" ? faults(connection) : faults?.[connection];
  return found === undefined ? [] : "kind" in found ? [found] : found;
}
