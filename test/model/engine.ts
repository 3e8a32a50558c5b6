import type { Connect } from "../../nodes/lib/assemblyai/connection";
import type { BookFile } from "../../nodes/lib/billing/book-file";
import type { Clock } from "../../nodes/lib/common/clock";
import type { AaiError } from "../../nodes/lib/common/errors";
import { readStreamingSettings } from "../../nodes/lib/speech-to-text/settings";
import type { SpeechDetector } from "../../nodes/lib/voice/silero";
import { SpeechToText, type SpeechToTextHost } from "../../nodes/lib/speech-to-text/speech-to-text";

export interface EngineParts {
  clock: Clock;
  connect: Connect;
  /** @throws AaiError where it is not usable */
  account: () => { url: string; apiKey: string };
  properties: Record<string, unknown>;
  book: BookFile;
}

/** Hears the words of the model: anything that is loud. */
const detector: SpeechDetector = {
  process: (frame) => (frame.some((sample) => Math.abs(sample) > 0.05) ? 1 : 0),
  reset: () => undefined,
};

/** The one place that knows how the engine is put together. */
export function makeEngine({ clock, connect, account, properties, book }: EngineParts, host: SpeechToTextHost): SpeechToText {
  const text = () => "";
  return new SpeechToText(
    {
      clock,
      connect,
      account,
      settings: readStreamingSettings(properties),
      book,
      voiceDetector: () => detector,
      texts: { status: text, number: text, errorText: (error: AaiError) => error.message, error: (error: AaiError) => error },
    },
    host,
  );
}
