import { VoiceGate, type VoiceEvent } from "../../nodes/lib/voice/gate";
import { Silero, type SpeechDetector } from "../../nodes/lib/voice/silero";
import { concat, recording, RECORDINGS, rmsOf, toInt16 } from "./audio";

const RATE = 16_000;

/** One after the other at -26 dBFS, with 4 s of silence before and after each. */
export function utterances(): { pcm: Int16Array; spans: readonly (readonly [begin: number, end: number])[] } {
  const gap = new Int16Array(4 * RATE);
  const parts = [gap];
  const spans: [number, number][] = [];
  let at = gap.length;
  for (const name of RECORDINGS) {
    const pcm = recording(name);
    const gain = SPEECH_RMS / rmsOf(pcm);
    parts.push(
      pcm.map((sample) => toInt16((sample / 32_768) * gain)),
      gap,
    );
    spans.push([at, at + pcm.length]);
    at += pcm.length + gap.length;
  }
  return { pcm: concat(...parts), spans };
}

/** -26 dBFS */
export const SPEECH_RMS = 10 ** (-26 / 20);

/** The RMS of noise that lies `snr` dB below the speech of utterances(). */
export function noiseRms(snr: number): number {
  return SPEECH_RMS * 10 ** (-snr / 20);
}

export interface Detection {
  readonly events: readonly VoiceEvent[];
  /** Where in the input each "start" was reported, in samples: the end of the chunk that caused it. */
  readonly known: readonly number[];
  readonly frames: number;
  /** Frames that went through the network; those that it processed again after it was spared are counted again. */
  readonly judged: number;
}

/** Listens to `samples` samples, in chunks of 50 ms; `chunk` fills one and may be called for more samples than requested. */
export function listen(
  fill: (chunk: Int16Array, from: number) => void,
  samples: number,
  { sampleRate = RATE, sparing = true }: { sampleRate?: number; sparing?: boolean } = {},
): Detection {
  let judged = 0;
  const silero = new Silero();
  const detector: SpeechDetector = {
    process(frame) {
      judged++;
      return silero.process(frame);
    },
    reset: () => silero.reset(),
  };
  const gate = new VoiceGate({ sampleRate, detector, sparing });
  const chunk = new Int16Array(sampleRate / 20);
  const events: VoiceEvent[] = [];
  const known: number[] = [];
  for (let from = 0; from < samples; from += chunk.length) {
    fill(chunk, from);
    for (const event of gate.push(chunk)) {
      events.push(event);
      if (event.type === "start") known.push(from + chunk.length);
    }
  }
  const processed = Math.ceil(samples / chunk.length) * chunk.length;
  return { events, known, frames: Math.floor((processed * RATE) / sampleRate / 512), judged };
}

/** The same for PCM that exists already. */
export function listenTo(pcm: Int16Array, options: { sampleRate?: number; sparing?: boolean } = {}): Detection {
  return listen(
    (chunk, from) => {
      chunk.fill(0);
      chunk.set(pcm.subarray(from, from + chunk.length));
    },
    pcm.length,
    options,
  );
}

/** For each span, the first start in it (or up to half a second before); undefined where the gate stayed closed. */
export function startsIn(spans: readonly (readonly [number, number])[], events: readonly VoiceEvent[]): (number | undefined)[] {
  return spans.map(
    ([begin, end]) => events.find(({ type, sample }) => type === "start" && sample >= begin - RATE / 2 && sample < end)?.sample,
  );
}

export function starts(detection: Detection): number {
  return detection.events.filter(({ type }) => type === "start").length;
}
