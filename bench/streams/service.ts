/** The service's side of the benchmark, in a process of its own: the simulator over TLS, which records the age of each frame. */
import { readFileSync } from "node:fs";
import { startSimulator } from "../../simulator";
import type { SpeechDetector } from "../../simulator/speech-detector";
import { CHUNK_MS, now, stampOf } from "./load";

const [key, cert] = process.argv.slice(2) as [string, string];
/** Each session gets a final this often. */
const TURN_MS = 1000;

let frameDelays: number[] = [];

/** Recognises nothing, and records when each frame was made. */
function noteAge(frame: Int16Array): number {
  frameDelays.push(now() - stampOf(frame));
  return 0;
}

function stampReader(sampleRate: number): SpeechDetector {
  return { frameSamples: (sampleRate * CHUNK_MS) / 1000, learn: (frame) => void noteAge(frame), process: noteAge };
}

void main();

async function main(): Promise<void> {
  const simulator = await startSimulator({
    tls: { key: readFileSync(key), cert: readFileSync(cert) },
    keepMessages: false,
    detector: stampReader,
    onBegin(session) {
      let order = 0;
      const timer = setInterval(() => {
        const text = String(now());
        // No backlog: all audio counts as recognised.
        const end = session.record.audio.ms;
        const words = [{ start: Math.max(0, end - TURN_MS), end, text, confidence: 1, word_is_final: true }];
        session.send({
          turn_order: order++,
          turn_is_formatted: true,
          end_of_turn: true,
          transcript: text,
          words,
          utterance: text,
          type: "Turn",
        });
      }, TURN_MS);
      void session.closed.then(() => clearInterval(timer));
    },
  });

  process.on("message", (order) => {
    if (order === "begin") frameDelays = [];
    else if (order === "end") {
      const { open, sessions } = simulator.ledger.state;
      process.send?.({ frameDelays, open, sessions });
    }
  });
  process.once("disconnect", () => process.exit()); // the parent has ended
  process.send?.(simulator.url);
}
