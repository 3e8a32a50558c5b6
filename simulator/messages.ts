/**
 * What the simulated service sends: the messages of v3, with their keys in the order in which the service was seen to write them
 * (`turn_order` first and `type` last in a Turn; `type` first in every other message).
 */
import type { SessionConfig } from "./parameters";
import type { Word } from "./recogniser";

export interface TurnMessage {
  turn_order: number;
  turn_is_formatted: boolean;
  end_of_turn: boolean;
  transcript: string;
  end_of_turn_confidence: number;
  words: { start: number; end: number; text: string; confidence: number; word_is_final: boolean }[];
  utterance: string;
  language_code?: string;
  language_confidence?: number;
  speaker_label?: string;
  type: "Turn";
}

/** By the number of a turn, from 0: the label that the turn is sent with, and the corrected label where a later revision changes it. */
export type SpeakerOf = (turn: number) => { label: string; revised?: string };

/** A turn with another speaker than it was sent with. */
export interface Revision {
  turn_order: number;
  speaker_label: string;
  words: (TurnMessage["words"][number] & { speaker: string })[];
}

export type ServerMessage =
  | TurnMessage
  | { type: "Begin"; id: string; expires_at: number; configuration: Record<string, string | boolean | null> }
  | { type: "SpeechStarted"; timestamp: number; confidence: number }
  | { type: "Silence"; start_ms: number; end_ms: number }
  | {
      type: "Heartbeat";
      total_audio_received_ms: number;
      total_duration_ms: number;
      realtime_factor: number;
      max_speech_probability: number;
    }
  | { type: "SpeakerRevision"; revisions: Revision[] }
  | { type: "Termination"; audio_duration_seconds: number; session_duration_seconds: number }
  | { type: "Error"; error_code: number; error: string };

export function beginMessage(id: string, expiresAt: number, config: SessionConfig): ServerMessage {
  return {
    type: "Begin",
    id,
    expires_at: expiresAt,
    configuration: {
      model: config.model,
      mode: config.pro ? config.mode : null,
      api_version: "2025-05-12",
      speaker_labels: config.speakerLabels,
      redact_pii: config.redactPii,
      filter_profanity: config.filterProfanity,
      domain: config.domain ?? null,
      voice_focus: config.voiceFocus ?? null,
    },
  };
}

/** The state of a turn at one moment; `turnMessages` turns it into the model's Turn messages. */
export interface TurnState {
  order: number;
  words: Word[];
  /** `speaking`: more may come. `pause`: silence, but not long enough to end the turn. `end`: the turn is over. */
  phase: "speaking" | "pause" | "end";
  /** the label of who speaks, with speaker labels */
  speaker?: string;
}

/** The Turn messages for a turn's new state, in the shape of the session's model. */
export function turnMessages(state: TurnState, previousWords: number, config: SessionConfig): TurnMessage[] {
  return config.pro ? [proTurn(state, config)] : universalTurns(state, previousWords, config);
}

/** The Pro models: cumulative partials that are formatted already, then one final. */
function proTurn(state: TurnState, config: SessionConfig): TurnMessage {
  const end = state.phase === "end";
  const transcript = state.words.map((word) => word.text).join(" ");
  return {
    turn_order: state.order,
    turn_is_formatted: true,
    end_of_turn: end,
    transcript,
    end_of_turn_confidence: end ? 1 : 0,
    words: state.words.map((word) => wireWord(word, word.text, end)),
    utterance: end ? transcript : "",
    ...(end ? detected(config, state) : {}),
    type: "Turn",
  };
}

/** Universal-Streaming: word by word, the last word not yet in the transcript; a formatted final only as a second message. */
function universalTurns(state: TurnState, previousWords: number, config: SessionConfig): TurnMessage[] {
  const all = state.words.length;
  const plain = (count: number, settled: number, end: boolean): TurnMessage => {
    const texts = state.words.slice(0, settled).map((word) => plainText(word.text));
    return {
      turn_order: state.order,
      turn_is_formatted: false,
      end_of_turn: end,
      transcript: texts.join(" "),
      end_of_turn_confidence: end ? END_CONFIDENCE : 0.017454,
      words: state.words.slice(0, count).map((word, i) => wireWord(word, plainText(word.text), i < settled)),
      utterance: settled === all ? texts.join(" ") : "",
      ...(end ? detected(config, state) : {}),
      type: "Turn",
    };
  };
  if (state.phase === "pause") return [plain(all, all, false)];
  if (state.phase === "speaking") {
    const grown = Array.from({ length: Math.max(0, all - previousWords) }, (_, i) => previousWords + i + 1);
    return (grown.length > 0 ? grown : [all]).map((count) => plain(count, Math.max(0, count - 1), false));
  }
  const final = plain(all, all, true);
  if (!config.formatTurns || all === 0) return [final];
  const transcript = state.words.map((word) => word.text).join(" ");
  const words = state.words.map((word) => wireWord(word, word.text, true));
  return [final, { ...final, turn_is_formatted: true, transcript, words, utterance: transcript }];
}

/** What corrects a turn that was sent. */
export function revisionOf({ turn_order, words }: TurnMessage, label: string): Revision {
  return { turn_order, speaker_label: label, words: words.map((word) => ({ ...word, speaker: label })) };
}

/** Above every threshold that a client may set, except 1: the confidence of a turn that has ended. */
const END_CONFIDENCE = 0.96;

function detected(config: SessionConfig, { speaker = "A" }: TurnState): Partial<TurnMessage> {
  return {
    ...(config.languageDetection ? { language_code: "en", language_confidence: 0.99 } : {}),
    ...(config.speakerLabels ? { speaker_label: speaker } : {}),
  };
}

function wireWord(word: Word, text: string, final: boolean): TurnMessage["words"][number] {
  return { start: Math.round(word.start), end: Math.round(word.end), text, confidence: word.confidence, word_is_final: final };
}

/** "Sonny." → "sonny", as in an unformatted transcript. */
function plainText(text: string): string {
  const bare = text.replace(/^["“(]+|[.,;:!?"”)]+$/g, "").toLowerCase();
  return bare === "" ? text : bare;
}
