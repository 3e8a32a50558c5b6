import type { Channel } from "../audio/sample-format";
import type { AddOn } from "../billing/pricing";
import type { JsonObject } from "../common/json";
import type { WakeWord } from "../wakeword/wake-word";

/** What makes a stream open a session. */
export type OpenMode = "audio" | "speech" | "wake-word" | "command";

/** How a node listens: its properties, checked. */
export interface StreamingSettings {
  model: string;
  /** Hz, for audio that does not declare its own */
  sampleRate: number;
  /** what is heard of stereo */
  channel: Channel;
  /** 0 = never */
  silenceTimeoutMs: number;
  open: OpenMode;
  /** What a stream listens for with `wake-word`: loaded, and shared by all streams. */
  wakeWords: readonly WakeWord[];
  preRollMs: number;
  /** 0 = only the server's limit */
  maxSessionMs: number;
  perTopic: boolean;
  /** how many topics may have audio at once */
  maxStreams: number;
  reconnect: boolean;
  /** Live audio that is queued for longer is dropped; 0 = never */
  maxLagMs: number;
  /** USD a day; 0 = without limit */
  budgetUsd: number;
  /** what sessions that are opened with a configuration have that is paid for on top of the model */
  addOns: (configuration: JsonObject) => readonly AddOn[];
  formatTurns: boolean;
  /**
   * whether the service sends partial turns: it sends none with `include_partial_turns=false`, and by default none with `redact_pii=true`
   */
  hasPartials: boolean;
  /** The address of a session: `base` (up to and including /v3/ws) with all connection parameters, those of a configuration first. It never holds a key. */
  sessionUrl: (base: string, sampleRate: number, configuration?: JsonObject) => string;
}
