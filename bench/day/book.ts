/** The account book of a node after a simulated day: for the picture of the sidebar. */
import { webSocketConnect } from "../../nodes/lib/assemblyai/connection";
import { nodeBookFile } from "../../nodes/lib/billing/book-file";
import { startOfDay } from "../../nodes/lib/common/day";
import { readStreamingSettings } from "../../nodes/lib/speech-to-text/settings";
import { SpeechToText } from "../../nodes/lib/speech-to-text/speech-to-text";
import { TurnedTime } from "../../test/support/turned-time";
import { microphone } from "./audio";
import { MODEL } from "./clients";
import { makeDay, PIECE_MS, type DayPlan } from "./schedule";
import { startDayService } from "./service";

/**
 * Simulates today until a time, with `open: speech` and a microphone that is on all day, and writes the node's account book.
 * @param until ms since the epoch
 */
export async function writeBookOfDay(userDir: string, nodeId: string, plan: DayPlan, until: number): Promise<void> {
  const midnight = startOfDay(until);
  const pieceAt = microphone(makeDay(plan));
  const time = new TurnedTime(midnight);
  const { clock } = time;
  const simulator = await startDayService(clock);
  const nothing = (): void => undefined;
  const node = new SpeechToText(
    {
      clock,
      connect: webSocketConnect(clock, "bench"),
      account: () => ({ url: simulator.url, apiKey: "key" }),
      settings: readStreamingSettings({ open: "speech", model: MODEL }),
      book: nodeBookFile(userDir, "sessions", nodeId),
      texts: { status: (key) => key, number: String, errorText: ({ message }) => message, error: (error) => error },
    },
    {
      sendFinal: nothing,
      sendPartial: nothing,
      sendEvent: nothing,
      eventsArrive: () => true,
      error: ({ message }) => console.error(message),
      warn: ({ message }) => console.error(message),
      show: nothing,
    },
  );
  await node.start();
  while (clock.date() < until) {
    node.input({ payload: pieceAt(Math.floor((clock.date() - midnight) / PIECE_MS) * PIECE_MS) });
    clock.advance(PIECE_MS);
    await time.settle();
  }
  await time.until(node.close(true));
  await simulator.close();
  time.restore();
}
