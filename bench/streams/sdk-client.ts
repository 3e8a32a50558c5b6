/** The official SDK, one transcriber for each stream. */
import { StreamingTranscriber } from "assemblyai";
import { Meter, startLoad, underDirection } from "./load";

const [url, count] = process.argv.slice(2) as [string, string];
const meter = new Meter();
const transcribers = Array.from({ length: Number(count) }, () => {
  const transcriber = new StreamingTranscriber({
    websocketBaseUrl: url,
    apiKey: "key",
    sampleRate: 16_000,
    speechModel: "universal-3-5-pro",
    connectTimeout: 30_000,
  });
  transcriber.on("turn", ({ transcript }) => meter.turn(transcript));
  return transcriber;
});

void main();

async function main(): Promise<void> {
  await Promise.all(transcribers.map((transcriber) => transcriber.connect()));
  startLoad(transcribers.length, (stream, chunk) => transcribers[stream]?.sendAudio(new Uint8Array(chunk).buffer));
  underDirection(meter);
  process.send?.("ready");
}
