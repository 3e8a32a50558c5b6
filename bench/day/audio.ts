/** The microphone's audio of a day: 16 kHz, mono, 16 bit. */
import { concat, pinkNoise, recording, render } from "../../test/support/audio";
import { pluckedMusic } from "../../test/support/music";
import { PIECE_MS, type Day } from "./schedule";

const MS = 16;
/** -60 dBFS: a quiet room, 34 dB below the speech. */
const ROOM_RMS = 0.001;
const MUSIC_LEVEL = 0.2;
/** Of the recordings' own: 20 dB below whoever speaks into the microphone. */
const TELEVISION_LEVEL = 0.1;
const TELEVISION = ["librivox_0870.wav", "librivox_0930.wav", "librivox_0880.wav"];
const TELEVISION_PAUSE_MS = 900;
/** Noise and music repeat themselves after this long. */
const LOOP_MS = 600_000;
/** The gap between music and words, on both sides. */
const MUSIC_OFF_MS = 10_000;

/** @returns the audio from a time on (ms since midnight, a multiple of PIECE_MS), for PIECE_MS */
export function microphone({ conversations, music, television }: Day): (at: number) => Buffer {
  const length = PIECE_MS * MS;
  const roomNoise = render(pinkNoise(ROOM_RMS, 7), LOOP_MS * MS);
  const tune = render(pluckedMusic(MUSIC_LEVEL, 3), LOOP_MS * MS);
  const talk = concat(...TELEVISION.flatMap((name) => [recording(name), new Int16Array(TELEVISION_PAUSE_MS * MS)]));
  const sentences = conversations.flatMap((conversation) => conversation.sentences);

  return (at) => {
    const from = (at % LOOP_MS) * MS;
    const samples = roomNoise.slice(from, from + length);
    const add = (sound: Int16Array, offset: number) => {
      for (let i = 0; i < length; i++) samples[i] = clip((samples[i] ?? 0) + (sound[offset + i] ?? 0));
    };
    if (at >= music.begin && at < music.end && !isSpoken(at)) add(tune, from);
    if (at >= television.begin && at < television.end) addTelevision(samples, at);
    for (const { begin, end, pcm } of sentences) if (at < end && at + PIECE_MS > begin) add(pcm, Math.round((at - begin) * MS));
    return Buffer.from(samples.buffer);
  };

  function addTelevision(samples: Int16Array, at: number): void {
    const from = Math.round((at - television.begin) * MS);
    for (let i = 0; i < samples.length; i++) {
      samples[i] = clip(Math.round((samples[i] ?? 0) + TELEVISION_LEVEL * (talk[(from + i) % talk.length] ?? 0)));
    }
  }

  function isSpoken(at: number): boolean {
    return conversations.some(({ begin, end }) => at >= begin - MUSIC_OFF_MS && at < end + MUSIC_OFF_MS);
  }
}

function clip(value: number): number {
  return Math.max(-32_768, Math.min(32_767, value));
}
