import { encodeFloats } from "../support/g711";
import type { ModelClock } from "./clock";
import type { AudioForm } from "./schedule";
import type { Room } from "./sound";

/** A message of audio, and which of the room's ms it holds. */
export interface Piece {
  payload: Buffer;
  audio?: Record<string, unknown>;
  first?: true;
  from: number;
  to: number;
}

/** A message with audio of a form. @param isFirst whether a recording begins with it */
export function audioMessage(samples: Int16Array, rate: number, form: AudioForm, isFirst: boolean): Pick<Piece, "payload" | "audio"> {
  const pcm = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  switch (form) {
    case "raw":
    case "odd":
      return { payload: pcm, audio: { encoding: "pcm_s16le", sampleRate: rate, channels: 1 } };
    case "stereo":
      return { payload: inStereo(samples), audio: { encoding: "pcm_s16le", sampleRate: rate, channels: 2 } };
    case "floats":
      return { payload: encodeFloats(samples), audio: { encoding: "pcm_f32le", sampleRate: rate, channels: 1 } };
    case "wav":
      return { payload: isFirst ? Buffer.concat([wavHeader(rate, 0xffff_ffff), pcm]) : pcm };
    case "wavs":
      return { payload: Buffer.concat([wavHeader(rate, pcm.length), pcm]) };
  }
}

function inStereo(mono: Int16Array): Buffer {
  const stereo = new Int16Array(mono.length * 2);
  for (let at = 0; at < mono.length; at++) stereo[2 * at] = stereo[2 * at + 1] = mono[at] as number;
  return Buffer.from(stereo.buffer);
}

function wavHeader(rate: number, dataBytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(Math.min(0xffff_ffff, dataBytes + 36), 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

/** Records what is said in a room, in pieces, until it is switched off. */
export class Microphone {
  private isOn = true;
  private held: Piece[] | undefined;
  private odd = Buffer.alloc(0);
  private isFirst = true;
  private recordedTo: number;

  constructor(
    private readonly clock: ModelClock,
    private readonly room: Room,
    private readonly setting: { pieceMs: number; rate: number; form: AudioForm; first: boolean },
    private readonly emit: (piece: Piece) => void,
  ) {
    this.recordedTo = clock.time;
    this.goOn();
  }

  get isOdd(): boolean {
    return this.setting.form === "odd";
  }

  off(): void {
    this.isOn = false;
    this.held = undefined;
  }

  /** Another node takes over: it has got neither the first half of a sample nor the header of a WAV stream. */
  realign(): void {
    this.odd = Buffer.alloc(0);
    this.isFirst = true;
  }

  /** Pieces wait, and come all at once. */
  hold(ms: number): void {
    if (this.held) return;
    this.held = [];
    this.clock.schedule(
      "flow",
      () => {
        const held = this.held ?? [];
        this.held = undefined;
        for (const piece of held) this.emit(piece);
      },
      ms,
    );
  }

  private goOn(): void {
    this.clock.schedule(
      "flow",
      () => {
        if (!this.isOn) return;
        this.record();
        this.goOn();
      },
      this.setting.pieceMs,
    );
  }

  private record(): void {
    const { rate, form, first } = this.setting;
    const from = this.recordedTo;
    const to = (this.recordedTo += this.setting.pieceMs);
    const message = audioMessage(this.room.render(from, to, rate), rate, form, this.isFirst);
    if (form === "odd") message.payload = this.cutOddly(message.payload);
    const piece: Piece = { ...message, ...(this.isFirst && first ? { first: true } : {}), from, to };
    this.isFirst = false;
    if (this.held) this.held.push(piece);
    else this.emit(piece);
  }

  /** One byte of each second message comes with the next. */
  private cutOddly(pcm: Buffer): Buffer {
    const all = Buffer.concat([this.odd, pcm]);
    const keep = this.odd.length === 0 ? 1 : 0;
    this.odd = Buffer.from(all.subarray(all.length - keep));
    return all.subarray(0, all.length - keep);
  }
}
