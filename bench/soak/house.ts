/** The engine, through its front door, in every mode of `open`, and the rooms that send it audio. */
import { webSocketConnect } from "../../nodes/lib/assemblyai/connection";
import type { Clock } from "../../nodes/lib/common/clock";
import { nodeTexts } from "../../nodes/lib/common/node-texts";
import { readStreamingSettings } from "../../nodes/lib/speech-to-text/settings";
import { SpeechToText } from "../../nodes/lib/speech-to-text/speech-to-text";
import type { EventOutput } from "../../nodes/lib/speech-to-text/messages";
import type { OpenMode } from "../../nodes/lib/stream/stream-settings";
import catalogue from "../../nodes/locales/en-US/assemblyai-streaming.json";
import type { Random } from "../../test/support/random";
import { Room } from "./room";

/** One node each; a room with a microphone that is on all day costs the most CPU time, so there are fewer of them. */
const MODES: readonly OpenMode[] = ["speech", "audio", "command", "audio", "command"];

export class House {
  readonly rooms: Room[];
  /** how many Begins and terminations each session had */
  readonly begins = new Map<string, number>();
  readonly terminations = new Map<string, number>();
  readonly errors = new Map<string, number>();
  private readonly nodes: ReadonlyMap<OpenMode, SpeechToText>;

  /** @param url asked for each session */
  constructor(
    private readonly clock: Clock,
    private readonly url: () => string,
    topics: number,
    random: Random,
  ) {
    this.rooms = Array.from({ length: topics }, (_, i) => new Room(`room ${i + 1}`, MODES[i % MODES.length] ?? "audio", random));
    this.nodes = new Map([...new Set(MODES)].map((open) => [open, this.node(open)]));
  }

  async start(): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.start()));
  }

  /** A piece of audio from each microphone that is on. @param at ms since the hour's beginning */
  listen(at: number): void {
    for (const room of this.rooms) {
      const heard = room.hear(at);
      if (!heard) continue;
      const { topic, open } = room;
      const payload = Buffer.from(heard.pcm.buffer, heard.pcm.byteOffset, heard.pcm.byteLength);
      if (heard.begins && open === "command") this.nodes.get(open)?.input({ action: "start", topic });
      this.nodes.get(open)?.input({ payload, topic });
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.close(true)));
  }

  private node(open: OpenMode): SpeechToText {
    const { clock, rooms, errors } = this;
    const roomOf = (topic: string | undefined) => rooms.find((room) => room.topic === topic);
    return new SpeechToText(
      {
        clock,
        connect: webSocketConnect(clock, "soak"),
        account: () => ({ url: this.url(), apiKey: "key" }),
        settings: readStreamingSettings({ open, perTopic: true, maxStreams: rooms.length }),
        book: { name: "soak", read: () => Promise.resolve(""), append: () => Promise.resolve(), replace: () => Promise.resolve() },
        texts: nodeTexts((key) => key, catalogue),
      },
      {
        sendFinal: ({ payload, topic }) => roomOf(topic)?.came.push(...payload.split(" ")),
        sendPartial: () => undefined,
        sendEvent: (message) => this.event(message, roomOf(message.topic)),
        eventsArrive: () => true,
        error: ({ code }) => count(errors, code),
        warn: ({ code }) => count(errors, code),
        show: () => undefined,
      },
    );
  }

  private event(message: EventOutput, room: Room | undefined): void {
    const { event, sessionId = "" } = message;
    if (event === "begin") count(this.begins, sessionId);
    if (event !== "termination") return;
    count(this.terminations, sessionId);
    if (message.listening === false) room?.hungUp();
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
