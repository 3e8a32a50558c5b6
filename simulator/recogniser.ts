/**
 * What the simulator hears with. The simulator itself only takes turns: it cuts the audio into utterances, and asks a
 * recogniser for the words of each. An answer may take its time; the session's audio waits for it, its socket does not.
 */
import type { SpeechDetector } from "./speech-detector";

export interface Recogniser {
  /** One per session, so that it can keep what it knows about the session's audio from one question to the next. */
  open(): SessionRecogniser;
  /** What finds the speech for it; without it, that is done by energy. */
  detector?(sampleRate: number): SpeechDetector;
  /** Ends what all sessions share (a worker, for example). No session is asked any more afterwards. */
  close(): Promise<void>;
}

export interface SessionRecogniser {
  /** The words of an utterance, in order. Asked again as the utterance grows; never about two utterances at a time. */
  recognise(utterance: Utterance): Promise<Word[]>;
  close(): void;
}

/** The audio of one turn, as far as it was received. All times are in ms of the session's audio. */
export interface Utterance {
  /** A view of the session's own buffer: valid until the answer is given. */
  pcm: Int16Array;
  /** Hz. */
  sampleRate: number;
  /** The time of the first sample: the same for every question about one utterance, and different for another. */
  startMs: number;
  /** Where in it someone speaks, by the simulator's own detector. */
  speechStartMs: number;
  speechEndMs: number;
  /** True where no more audio will follow. */
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
