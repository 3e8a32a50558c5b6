/**
 * The interface of a recogniser. The simulator itself only detects turns: it cuts the audio into utterances, and asks a
 * recogniser for the words of each. While a recogniser works, the session's audio waits, but its socket does not.
 */
import type { SpeechDetector } from "./speech-detector";

export interface Recogniser {
  /** One per session, so that it can keep state about the session's audio between calls. */
  open(): SessionRecogniser;
  /** The detector that finds the speech for this recogniser; without it, speech is found by its energy. */
  detector?(sampleRate: number): SpeechDetector;
  /** Ends what all sessions share (a worker, for example). No session calls `recognise` afterwards. */
  close(): Promise<void>;
}

export interface SessionRecogniser {
  /** The words of an utterance, in order. Called again as the utterance grows; never for two utterances at a time. */
  recognise(utterance: Utterance): Promise<Word[]>;
  close(): void;
}

/** The audio of one turn, as far as it was received. All times are in ms of the session's audio. */
export interface Utterance {
  /** A view of the session's own buffer: valid until the promise resolves. */
  pcm: Int16Array;
  /** Hz. */
  sampleRate: number;
  /** The time of the first sample: the same in every call for one utterance, and different for another. */
  startMs: number;
  /** Where in it someone speaks, by the simulator's own detector. */
  speechStartMs: number;
  speechEndMs: number;
  /** True where the utterance has ended. */
  final: boolean;
}

export interface Word {
  /** ms of the session's audio. */
  start: number;
  end: number;
  /** As it is written in a formatted transcript: capitals and punctuation included. */
  text: string;
  /** 0 to 1. */
  confidence: number;
  /** True where the audio ends before the word does. */
  cut?: boolean;
}
