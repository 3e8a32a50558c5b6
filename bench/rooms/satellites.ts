/** All satellites, in a process of their own: each publishes a WAV file of 50 ms every 50 ms, of a quiet room or of people who talk. */
import { connectAsync } from "mqtt";
import { wavFile } from "../../nodes/lib/audio/wav";
import { silence, spoken } from "../../test/support/spoken";
import { stamp } from "./stamp";

const RATE = 16_000;
const PIECE_MS = 50;
const PIECE_BYTES = ((RATE * PIECE_MS) / 1000) * 2;
/** How often what is due is published. */
const STEP_MS = 5;

const [url = "", rooms = "", mode = ""] = process.argv.slice(2);

void main();

async function main(): Promise<void> {
  const pcm = mode === "talking" ? spoken({ pauseMs: 500 }).pcm : silence(20_000);
  const audio = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  const pieces = Math.floor(audio.length / PIECE_BYTES);
  const clients = await Promise.all(Array.from({ length: Number(rooms) }, () => connectAsync(url, { keepalive: 30, clean: true })));
  process.send?.("ready");
  const began = performance.now();
  const sent = clients.map(() => 0);
  setInterval(() => {
    const passed = performance.now() - began;
    clients.forEach((client, room) => {
      // The rooms do not send at the same moment, nor the same words at the same time.
      const due = Math.floor((passed - (room * PIECE_MS) / clients.length) / PIECE_MS);
      for (let piece = sent[room] ?? 0; piece < due; piece++) {
        const at = ((piece + room * 37) % pieces) * PIECE_BYTES;
        const chunk = Buffer.from(audio.subarray(at, at + PIECE_BYTES));
        if (mode === "talking") stamp(chunk);
        client.publish(`rooms/floor/${room}/audio`, wavFile(chunk, RATE), { qos: 0 });
      }
      sent[room] = Math.max(sent[room] ?? 0, due);
    });
  }, STEP_MS);
}
