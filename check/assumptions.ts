/**
 * What this package and its simulator take for granted about the service: it is known from others' logs and documents, never from a
 * session of our own. Each one decides something in the package; the comments say what.
 */
export interface Assumption {
  what: string;
  assumed: string;
}

export const MODEL = "universal-3-6-pro";
/** Hz */
export const SAMPLE_RATE = 16_000;
/** `inactivity_timeout` in the sessions that measure it: the shortest that the service takes (s). */
export const INACTIVITY_S = 5;

export const ASSUMPTIONS = {
  // A session is billed by the model that Begin names; audio is sent from Begin on.
  begin: { what: "Begin comes first and names the model that was asked for", assumed: MODEL },
  // Why unknown names in `options` are warned of here: nobody else would.
  "unknown-parameter": { what: "a parameter that the service does not know", assumed: "ignored" },
  "unknown-field": { what: "a field of UpdateConfiguration that the service does not know", assumed: "ignored" },
  "bad-parameter": { what: "a bad value of a known parameter", assumed: "3006 before Begin" },
  "wrong-key": { what: "a wrong key: refused after the socket has opened", assumed: "1008 before Begin" },
  "audio-before-begin": { what: "audio that is sent before Begin", assumed: "is heard" },
  // Why the silence timeout is a timer of the package's own.
  "nothing-in-silence": { what: "8 s of silence, as audio: what the service sends", assumed: "nothing" },
  "no-acknowledgement": { what: "the answer to UpdateConfiguration and KeepAlive", assumed: "none" },
  "idle-force-endpoint": { what: "ForceEndpoint where nobody has spoken: final turns", assumed: "none" },
  "silent-audio": { what: `silent audio puts off inactivity_timeout=${INACTIVITY_S}`, assumed: "open after 10 s" },
  "1000-ms": { what: "messages of 1000 ms of audio", assumed: "taken" },
  "1001-ms": { what: "a message of 1001 ms of audio", assumed: "3007" },
  "49-ms": { what: "4 s of messages of 49 ms of audio", assumed: "3007" },
  // Until then the voice detector alone keeps a session open, and a drop replays so much.
  "first-partial": { what: "first partial after somebody begins to speak", assumed: "within 3 s" },
  "speech-started": { what: "SpeechStarted comes before a turn's first partial", assumed: "yes" },
  // Turns are cut and replayed by word times: the first may be early after silence, the last must be right.
  "first-word": { what: "start of the first word after 3 s of silence", assumed: "at most 1.5 s early, 0.5 s late" },
  "last-word": { what: "end of the last word", assumed: "right to 0.5 s" },
  final: { what: "final turn after the end of a sentence", assumed: "one, within 3 s" },
  // Then the silence rule waits for texts as long as a turn may last.
  "no-partials": { what: "partial turns with include_partial_turns=false", assumed: "none" },
  // Why ForceEndpoint is sent where audio stops.
  "open-turn": { what: "an open turn while no audio comes for 2.5 s", assumed: "stays open" },
  "force-endpoint": { what: "ForceEndpoint ends the open turn", assumed: "within 2 s" },
  // Node-RED gives a node 15 s to close, the package gives the service 5.
  terminate: { what: "Termination after Terminate", assumed: "within 5 s" },
  "terminate-turn": { what: "Terminate with an open turn: its final comes before Termination", assumed: "yes" },
  "normal-close": { what: "the close after Termination", assumed: "1000" },
  "audio-seconds": { what: "audio_duration_seconds in Termination", assumed: "seconds of audio sent" },
  // What a session costs.
  "seconds-from": { what: "session_duration_seconds in Termination counts from", assumed: "Begin" },
  inactivity: { what: `inactivity_timeout=${INACTIVITY_S} without any message`, assumed: `3006 after ${INACTIVITY_S} s` },
  pings: { what: "WebSocket pings put off inactivity_timeout", assumed: "no" },
  "unknown-message": { what: "a message of an unknown type", assumed: "3006" },
  "error-close": { what: "an Error message comes first, then a close with its code", assumed: "always" },
  "error-termination": { what: "Termination after an Error", assumed: "never" },
} as const satisfies Record<string, Assumption>;

export type AssumptionId = keyof typeof ASSUMPTIONS;

/** What was seen of an assumption; absent where it could not be measured. */
export interface Seen {
  seen: string;
  equal: boolean;
}

export type Measured = Partial<Record<AssumptionId, Seen>>;
