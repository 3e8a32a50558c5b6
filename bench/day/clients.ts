/** The clients that transcribe the day: this package in its modes, the official SDK, and the program of the vendor's guide. */
import { setImmediate as turn } from "node:timers/promises";
import { StreamingTranscriber } from "assemblyai";
import { webSocketConnect } from "../../nodes/lib/assemblyai/connection";
import type { OpenMode } from "../../nodes/lib/stream/stream-settings";
import { readStreamingSettings } from "../../nodes/lib/speech-to-text/settings";
import { Streams } from "../../nodes/lib/speech-to-text/streams";
import type { Simulator } from "../../simulator";
import type { FakeClock } from "../../test/support/fake-clock";
import type { TurnedTime } from "../../test/support/turned-time";
import type { Conversation } from "./schedule";

export const MODEL = "universal-3-6-pro";
/** This package's default. */
export const SILENCE_TIMEOUT_S = 5;
const KEY = "key";
/** The guide's: "terminate if more than 5 s have passed since the last transcript". */
const GUIDE_TIMEOUT_MS = 5_000;

/** What is left of the wake word at the beginning of a text. As in example 15, the first sentence after it is the command, and ends the session. */
const NAME = /^(Okay )?Nabu\. ?/;

export interface World {
  time: TurnedTime;
  clock: FakeClock;
  simulator: Simulator;
  final: (text: string) => void;
}

export interface Client {
  /** A conversation is about to begin: someone presses the button. */
  button?(conversation: Conversation): void;
  audio(piece: Buffer): void;
  /** Resolves when every message has arrived. */
  settle(): Promise<void>;
  /** The day is over. */
  end(): Promise<void>;
}

/** @param buttons whether the microphone is on only from the press of a button until output 3 stops it */
export function thisPackage({ time, clock, simulator, final }: World, open: OpenMode, buttons = false): Client {
  let microphoneIsOn = !buttons;
  const streams = new Streams(
    {
      clock,
      connect: webSocketConnect(clock, "bench"),
      account: () => ({ url: simulator.url, apiKey: KEY }),
      settings: readStreamingSettings({ open, model: MODEL, silenceTimeout: SILENCE_TIMEOUT_S }),
    },
    (event) => {
      if (event.type === "turn" && event.turn.final) {
        final(event.turn.text);
        if (open === "wake-word" && event.turn.text.replace(NAME, "") !== "") streams.stop(undefined);
      }
      if (event.type === "terminated" && buttons && event.summary.reason === "silence") microphoneIsOn = false;
      if (event.type === "error" || event.type === "warning") console.error(event.error.message);
    },
  );
  return {
    button() {
      microphoneIsOn = true;
      if (open === "command") streams.stream(undefined)?.start();
    },
    audio(piece) {
      if (microphoneIsOn) streams.stream(undefined)?.audio(piece);
    },
    settle: () => time.settle(),
    end: () => time.until(streams.close("stop")),
  };
}

/**
 * The official SDK, with a session open all day: whenever it is closed, another is opened at once, as programs that are left running do.
 *
 * @param rule "never": no session is closed; "guide": as in the Turn handler of the vendor's guide: store the time of a transcript that is
 * not empty, then terminate if more than 5 s have passed since then
 * @param reconnects whether another session is opened when one has ended
 */
export function officialSdk({ time, clock, simulator, final }: World, rule: "never" | "guide", reconnects = true): Client {
  let transcriber: StreamingTranscriber | undefined;
  let state: "closed" | "connecting" | "open" = "closed";
  let opened = 0;
  let sent = 0;

  function open(): void {
    state = "connecting";
    sent = 0;
    opened++;
    const mine = new StreamingTranscriber({
      websocketBaseUrl: simulator.url,
      apiKey: KEY,
      sampleRate: 16_000,
      speechModel: MODEL,
      // In real time: the SDK's own timeout of a second has no meaning on a simulated clock.
      connectTimeout: 60_000,
    });
    transcriber = mine;
    let lastTranscriptAt = clock.now();
    mine.on("turn", ({ transcript, end_of_turn: isFinal }) => {
      if (isFinal) final(transcript);
      if (rule === "never") return;
      if (transcript.trim() !== "") lastTranscriptAt = clock.now();
      if (clock.now() - lastTranscriptAt > GUIDE_TIMEOUT_MS) void mine.close();
    });
    mine.on("error", () => undefined); // a "close" follows
    mine.on("close", () => (state = "closed"));
    mine.connect().then(
      () => (state = "open"),
      (error: unknown) => console.error(error),
    );
  }

  return {
    audio(piece) {
      if (state === "closed" && (opened === 0 || reconnects)) open();
      if (state !== "open") return;
      try {
        transcriber?.sendAudio(new Uint8Array(piece).buffer);
        sent++;
      } catch {
        // The server has ended the session, and the SDK throws until it reports the close: this audio is lost.
      }
    },
    async settle() {
      if (state === "connecting") await simulator.session(opened - 1);
      const session = simulator.sessions[opened - 1];
      for (let turns = 0; turns < 4; turns++) {
        await turn();
        if (state === "open" && session?.isOpen && session.record.audio.messages < sent) turns = 0;
      }
    },
    async end() {
      if (state !== "open" || !transcriber) return;
      await time.until(transcriber.close());
    },
  };
}
