import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { PcmDecoder } from "../../../nodes/lib/audio/pcm-decoder";
import { AaiError } from "../../../nodes/lib/common/errors";
import { countingPcm, cut, cutAnywhere } from "../../support/pcm";
import { Random } from "../../support/random";
import { chunk, LIST, wavFile, type WavOptions } from "../../support/wav-file";

const SIZES = [1, 2, 3, 7, 11, 43, 44, 45, 100, 1600, 4000, 1_000_000];
const pcm = countingPcm(3000);

/** What comes out for these Buffers; `null` where one was refused. */
function decode(pieces: Buffer[], input = new PcmDecoder()): { data: Buffer; rates: unknown[]; refused: string[] } {
  const parts: Buffer[] = [];
  const rates = new Set<unknown>();
  const refused: string[] = [];
  for (const piece of pieces) {
    try {
      const { data, sampleRate } = input.decode(piece, undefined);
      assert.equal(data.length % 2, 0, "whole samples");
      parts.push(data);
      if (data.length > 0) rates.add(sampleRate);
    } catch (error) {
      assert.ok(error instanceof AaiError);
      refused.push(error.code);
    }
  }
  return { data: Buffer.concat(parts), rates: [...rates], refused };
}

/** Runs `check` on every way to cut `data`: in pieces of each size, in two at each byte, and by chance. */
function eachCut(data: Buffer, check: (pieces: Buffer[], how: string) => void): void {
  for (const size of SIZES) check(cut(data, size), `in pieces of ${size} bytes`);
  for (let at = 1; at < Math.min(data.length, 200); at++) check([data.subarray(0, at), data.subarray(at)], `at byte ${at}`);
  for (let at = Math.max(1, data.length - 100); at < data.length; at++) check([data.subarray(0, at), data.subarray(at)], `at byte ${at}`);
  const random = new Random(data.length);
  for (let round = 0; round < 50; round++) check(cutAnywhere(data, random.pick([3, 50, 500]), random), `by chance, round ${round}`);
}

function expectPcm(source: Buffer, expected: Buffer, rate: number | undefined): void {
  eachCut(source, (pieces, how) => {
    const { data, rates, refused } = decode(pieces);
    assert.ok(data.equals(expected), `${how}: ${data.length} bytes, not ${expected.length}`);
    assert.deepEqual(rates, [rate], how);
    assert.deepEqual(refused, [], how);
  });
}

describe("audio-input", () => {
  describe("raw PCM", () => {
    it("is decoded the same however it is cut", () => {
      expectPcm(pcm, pcm, undefined);
    });

    it("keeps an odd byte for the next Buffer, and drops it at the end", () => {
      expectPcm(Buffer.concat([pcm, Buffer.from([1])]), pcm, undefined);
    });

    it("may begin with the letters of a WAV file's", () => {
      for (const text of ["R", "RI", "RIFF", "RIFFxxxxWAV", "RIFFxxxxAVI\0"]) {
        const source = Buffer.concat([Buffer.from(text), Buffer.alloc(text.length % 2), pcm]);
        expectPcm(source, source, undefined);
      }
    });

    it("may hold the letters of a WAV file's anywhere, also where a Buffer begins with them", () => {
      for (const before of [1, 2, 3]) {
        const source = Buffer.concat([Buffer.alloc(before, 5), Buffer.from("RIFF"), Buffer.alloc(before, 5), pcm]);
        expectPcm(source, source, undefined);
      }
    });

    it("takes any bytes, empty Buffers and Uint8Arrays", () => {
      const input = new PcmDecoder();
      const { data, sampleRate } = input.decode(Buffer.alloc(0), undefined);
      assert.deepEqual({ data, sampleRate }, { data: Buffer.alloc(0), sampleRate: undefined });
      assert.deepEqual(input.decode(new Uint8Array([1, 2]), undefined).data, Buffer.from([1, 2]));
    });

    it("takes a Uint8Array of a function node, which lives in a context of its own", () => {
      const foreign: unknown = runInNewContext("new Uint8Array([1, 2])");
      assert.deepEqual(new PcmDecoder().decode(foreign, undefined).data, Buffer.from([1, 2]));
    });

    it("keeps no hold on the message's Buffer", () => {
      const input = new PcmDecoder();
      const payload = Buffer.from([1, 2, 3]);
      assert.deepEqual(input.decode(payload, undefined).data, Buffer.from([1, 2]));
      payload.fill(9);
      assert.deepEqual(input.decode(Buffer.from([4]), undefined).data, Buffer.from([3, 4]));
    });

    it("refuses what is no Buffer", () => {
      for (const payload of [
        undefined,
        null,
        "RIFF",
        5,
        [1, 2],
        { type: "Buffer", data: [1, 2] },
        new Uint16Array(2),
        new ArrayBuffer(2),
      ]) {
        assert.throws(() => new PcmDecoder().decode(payload, undefined), { code: "AAI_INPUT" });
      }
    });
  });

  describe("text", () => {
    const texts = [
      "Yes.",
      "Turn the kitchen light on.",
      '{"event":"begin","sessionId":"x"}',
      "Grüße aus der Küche\n",
      "おはよう",
      '{\n\t"a": 1,\n\t"b": 2\n}',
    ];
    const refusal = { code: "AAI_INPUT", message: /text/ };

    it("is refused as the first message, of any length", () => {
      for (const text of texts) assert.throws(() => new PcmDecoder().decode(Buffer.from(text), undefined), refusal, text);
    });

    it("is refused in the middle of audio, which goes on as if without it", () => {
      const input = new PcmDecoder();
      const heard = cut(pcm, 1601).map((piece) => {
        const { data } = input.decode(piece, undefined);
        const copy = Buffer.from(data);
        assert.throws(() => input.decode(Buffer.from(texts[1] ?? ""), undefined), refusal);
        return copy;
      });
      assert.deepEqual(Buffer.concat(heard), pcm);
    });

    it("is refused between two WAV files, and after a pause", () => {
      const input = new PcmDecoder();
      input.decode(wavFile({ audio: pcm }), undefined);
      assert.throws(() => input.decode(Buffer.from(texts[2] ?? ""), undefined), refusal);
      input.decode(pcm, { sampleRate: 16_000 });
      input.paused();
      assert.throws(() => input.decode(Buffer.from("Yes."), undefined), refusal);
    });

    it("is not what a piece of a file is, or a short piece of audio", () => {
      const letters = Buffer.from("a".repeat(300));
      for (const size of [1, 7, 20]) {
        assert.deepEqual(decode(cut(wavFile({ audio: letters, before: [LIST] }), size)), { data: letters, rates: [16_000], refused: [] });
      }
      const input = new PcmDecoder();
      input.decode(Buffer.alloc(2), undefined);
      assert.deepEqual(input.decode(Buffer.from("abcdefgh"), undefined).data, Buffer.from("abcdefgh"));
    });

    it("is not what music, noise or speech at full level is", () => {
      const random = new Random(15);
      for (let message = 0; message < 20_000; message++) {
        const loud = Buffer.from(Uint8Array.from({ length: 320 }, () => Math.floor(random.next() * 256)));
        assert.equal(new PcmDecoder().decode(loud, undefined).data.length, 320);
      }
    });
  });

  describe("msg.audio", () => {
    it("sets the rate, for one message or all", () => {
      const input = new PcmDecoder();
      assert.equal(input.decode(pcm, { encoding: "pcm_s16le", sampleRate: 44_100, channels: 1 }).sampleRate, 44_100);
      assert.equal(input.decode(pcm, undefined).sampleRate, 44_100);
      assert.equal(input.decode(pcm, { sampleRate: 8000 }).sampleRate, 8000);
    });

    it("carries an odd byte over as long as its format stays the same", () => {
      const input = new PcmDecoder();
      const audio = { encoding: "pcm_s16le", sampleRate: 16_000, channels: 1 };
      const parts = cut(pcm, 1601).map((piece) => input.decode(piece, { ...audio }).data);
      assert.ok(Buffer.concat(parts).equals(pcm));
      assert.equal(input.decode(Buffer.from([1]), { ...audio }).data.length, 0);
      assert.deepEqual(
        input.decode(Buffer.from([2, 3]), { sampleRate: 8000 }).data,
        Buffer.from([2, 3]),
        "other audio begins with a whole sample",
      );
    });

    it("mixes two channels down", () => {
      const stereo = Buffer.alloc(8);
      for (const [index, value] of [100, 200, -32_768, 32_767].entries()) stereo.writeInt16LE(value, index * 2);
      const mono = Buffer.alloc(4);
      mono.writeInt16LE(150, 0);
      mono.writeInt16LE(-1, 2);
      for (const size of [1, 3, 4, 5, 8]) {
        const input = new PcmDecoder();
        const parts = cut(stereo, size).map((piece) => input.decode(piece, { channels: 2 }).data);
        assert.deepEqual(Buffer.concat(parts), mono);
      }
    });

    it("takes one of two channels", () => {
      const stereo = Buffer.alloc(8);
      for (const [index, value] of [100, 200, -32_768, 32_767].entries()) stereo.writeInt16LE(value, index * 2);
      for (const [channel, expected] of [
        ["left", [100, -32_768]],
        ["right", [200, 32_767]],
      ] as const) {
        const mono = Buffer.from(Int16Array.from(expected).buffer);
        for (const size of [1, 3, 4, 5, 8]) {
          const input = new PcmDecoder(channel);
          const parts = cut(stereo, size).map((piece) => input.decode(piece, { channels: 2 }).data);
          assert.deepEqual(Buffer.concat(parts), mono, channel);
        }
        assert.deepEqual(decode([wavFile({ audio: stereo, channels: 2 })], new PcmDecoder(channel)).data, mono);
        assert.deepEqual(new PcmDecoder(channel).decode(mono, undefined).data, mono, "mono has no sides");
      }
    });

    for (const [encoding, code, bytes] of [
      ["pcm_mulaw", 0x35, 1],
      ["pcm_alaw", 0x35, 1],
      ["pcm_f32le", 0x3e, 4],
    ] as const) {
      it(`${encoding}: is decoded the same however it is cut, mono and stereo`, () => {
        const random = new Random(bytes);
        const audio = Buffer.from(Uint8Array.from({ length: 4000 }, (_, index) => (index % 4 === 3 ? code : random.whole(0, 255))));
        for (const channels of [1, 2] as const) {
          const whole = new PcmDecoder().decode(audio, { encoding, channels }).data;
          assert.equal(whole.length, (audio.length / bytes / channels) * 2);
          eachCut(Buffer.concat([audio, audio.subarray(0, bytes * channels - 1)]), (pieces, how) => {
            const input = new PcmDecoder();
            const parts = pieces.map((piece) => input.decode(piece, { encoding, channels }).data);
            assert.ok(Buffer.concat(parts).equals(whole), `${channels} channels, ${how}`);
          });
        }
      });
    }

    it("silence and speech in 8 bits are no text", () => {
      for (const [encoding, code] of [
        ["pcm_alaw", 0x55],
        ["pcm_alaw", 0xd5],
        ["pcm_mulaw", 0x7f],
      ] as const) {
        const input = new PcmDecoder();
        for (const audio of [{ encoding, sampleRate: 8000 }, undefined])
          assert.equal(input.decode(Buffer.alloc(160, code), audio).data.length, 320);
      }
    });

    it("with another encoding begins with a whole sample", () => {
      const input = new PcmDecoder();
      assert.equal(input.decode(Buffer.alloc(3), { encoding: "pcm_f32le" }).data.length, 0);
      assert.equal(input.decode(Buffer.alloc(3), { encoding: "pcm_mulaw" }).data.length, 6);
    });

    it("is refused where it cannot be used, and nothing of the audio is taken", () => {
      const wrong: unknown[] = [
        "pcm",
        5,
        [],
        { encoding: "opus" },
        { encoding: "PCM_S16LE" },
        { encoding: "toString" },
        { encoding: null },
        { channels: 0 },
        { channels: 3 },
        { channels: "1" },
        { sampleRate: 7999 },
        { sampleRate: 96_001 },
        { sampleRate: 16_000.5 },
        { sampleRate: Number.NaN },
        { sampleRate: "16000" },
        { sampleRate: null },
      ];
      for (const audio of wrong) {
        const input = new PcmDecoder();
        assert.throws(() => input.decode(Buffer.from([1]), audio), { code: "AAI_AUDIO_FORMAT" }, JSON.stringify(audio));
        assert.deepEqual(input.decode(Buffer.from([2, 3]), undefined).data, Buffer.from([2, 3]));
      }
    });
  });

  describe("WAV", () => {
    const audio = pcm;
    const kinds: [string, WavOptions][] = [
      ["plain", {}],
      ["extensible", { extensible: true }],
      ["with chunks before its audio", { before: [LIST, chunk("odd ", Buffer.from("123"))] }],
      ["with chunks after its audio", { after: [LIST, chunk("id3 ", Buffer.alloc(301, 7))] }],
      ["of unknown length, by SoX", { riffLength: 0x7fff_f024, dataLength: 0x7fff_f000 }],
      ["of unknown length, by ffmpeg", { riffLength: 0xffff_ffff, dataLength: 0xffff_ffff }],
      ["of unknown length, by arecord", { riffLength: 0x8000_0024, dataLength: 0x8000_0000 }],
      ["of unknown length 0", { riffLength: 0, dataLength: 0 }],
      ["with a RIFF length of 0 and a true length of data", { riffLength: 0 }],
    ];
    for (const [name, options] of kinds) {
      it(`${name}: is decoded the same however it is cut`, () => {
        expectPcm(wavFile({ audio, sampleRate: 22_050, ...options }), audio, 22_050);
      });
    }

    it("in stereo is mixed down, however it is cut", () => {
      const stereo = Buffer.alloc(audio.length * 2);
      for (let at = 0; at < audio.length; at += 2) {
        const value = audio.readInt16LE(at);
        const apart = Math.min(50, 32_767 - value, value + 32_768);
        stereo.writeInt16LE(value - apart, at * 2);
        stereo.writeInt16LE(value + apart, at * 2 + 2);
      }
      expectPcm(wavFile({ audio: stereo, channels: 2 }), audio, 16_000);
      expectPcm(wavFile({ audio: Buffer.concat([stereo, Buffer.alloc(3)]), channels: 2 }), audio, 16_000);
    });

    for (const [name, encoding, bits] of [
      ["pcm_f32le", 3, 32],
      ["pcm_alaw", 6, 8],
      ["pcm_mulaw", 7, 8],
    ] as const) {
      it(`in ${name} is decoded as raw audio of that kind is, mono and stereo, however it is cut`, () => {
        for (const channels of [1, 2]) {
          const expected = new PcmDecoder().decode(audio.subarray(0, 4000), { encoding: name, channels }).data;
          const file = wavFile({ audio: audio.subarray(0, 4000), encoding, bits, channels, sampleRate: 8000, after: [LIST] });
          expectPcm(file, expected, 8000);
        }
      });
    }

    it("of an odd length drops its last byte", () => {
      expectPcm(wavFile({ audio: Buffer.concat([audio, Buffer.from([1])]) }), audio, 16_000);
    });

    it("follows WAV, however they are cut: no header or trailer becomes audio", () => {
      const first = countingPcm(500);
      const second = countingPcm(600, 500);
      const third = countingPcm(700, 1100);
      const files = [
        wavFile({ audio: first, after: [LIST] }),
        wavFile({ audio: second }),
        wavFile({ audio: third, before: [LIST], extensible: true }),
        wavFile({ audio: Buffer.concat([first, Buffer.from([1])]), after: [LIST] }),
      ];
      expectPcm(Buffer.concat(files), Buffer.concat([first, second, third, first]), 16_000);
    });

    it("follows a file whose header has the length of its audio, but not that of the file", () => {
      for (const riffLength of [0, 0xffff_ffff]) {
        expectPcm(Buffer.concat([wavFile({ audio, riffLength }), wavFile({ audio })]), Buffer.concat([audio, audio]), 16_000);
      }
    });

    it("is followed by raw PCM, however they are cut", () => {
      const more = countingPcm(500, 5000);
      eachCut(Buffer.concat([wavFile({ audio, after: [LIST] }), more]), (pieces, how) => {
        assert.ok(decode(pieces).data.equals(Buffer.concat([audio, more])), how);
      });
    });

    it("begins anew wherever a Buffer begins with one: the one before broke off", () => {
      const whole = wavFile({ audio, sampleRate: 8000 });
      const offset = whole.length - audio.length;
      for (const length of [12, 20, 30, 43, offset, offset + 101, whole.length]) {
        const input = new PcmDecoder();
        const { data } = input.decode(whole.subarray(0, length), undefined);
        assert.equal(data.length, Math.max(0, length - offset) & ~1);
        const next = input.decode(wavFile({ audio, sampleRate: 24_000 }), undefined);
        assert.ok(next.data.equals(audio), `after ${length} bytes`);
        assert.equal(next.sampleRate, 24_000);
      }
    });

    it("begins anew after a stream of unknown length", () => {
      const input = new PcmDecoder();
      const stream = wavFile({ audio, dataLength: 0xffff_ffff, riffLength: 0xffff_ffff });
      assert.ok(input.decode(stream, undefined).data.equals(audio));
      assert.ok(input.decode(wavFile({ audio }), undefined).data.equals(audio));
    });

    it("returns its rate for each Buffer of its audio", () => {
      const input = new PcmDecoder();
      for (const piece of cut(wavFile({ audio, sampleRate: 8000 }), 500)) assert.equal(input.decode(piece, undefined).sampleRate, 8000);
    });

    it("yields to a message that declares its audio", () => {
      const input = new PcmDecoder();
      input.decode(wavFile({ audio: Buffer.from([1]), dataLength: 0xffff_ffff }), undefined);
      const { data, sampleRate } = input.decode(Buffer.from([2, 3]), { sampleRate: 16_000 });
      assert.deepEqual({ data, sampleRate }, { data: Buffer.from([2, 3]), sampleRate: 16_000 });
    });
  });

  it("looks at each byte of a long header once, however many more come", () => {
    const input = new PcmDecoder();
    const head = [...Array<Buffer>(120_000).fill(chunk("JUNK", Buffer.alloc(0))), chunk("JUNK", Buffer.alloc(0), 10_000)];
    input.decode(Buffer.concat([Buffer.from("RIFF\xff\xff\xff\xffWAVE", "latin1"), ...head]), undefined);
    const begin = performance.now();
    for (let byte = 0; byte < 500; byte++) input.decode(Buffer.from([0x4a]), undefined);
    const ms = performance.now() - begin;
    assert.ok(ms < 1000, `${ms.toFixed(0)} ms for 500 bytes`);
  });

  describe("a WAV that cannot be used", () => {
    const wrong: [string, WavOptions][] = [
      ["24 bit", { bits: 24 }],
      ["8 bit", { bits: 8 }],
      ["floats of 64 bits", { encoding: 3, bits: 64 }],
      ["ADPCM", { encoding: 17, bits: 4 }],
      ["MP3 within WAV", { encoding: 85, bits: 0 }],
      ["5.1", { channels: 6 }],
      ["a rate of 7350 Hz", { sampleRate: 7350 }],
      ["a rate of 192 kHz", { sampleRate: 192_000 }],
    ];
    for (const [name, options] of wrong) {
      it(`${name}: is refused once, and none of it is taken for audio`, () => {
        eachCut(wavFile({ audio: pcm, after: [LIST], ...options }), (pieces, how) => {
          const { data, refused } = decode(pieces);
          assert.equal(data.length, 0, how);
          assert.deepEqual(refused, ["AAI_AUDIO_FORMAT"], how);
        });
      });
    }

    it("does not spoil what follows it, however both are cut", () => {
      const good = wavFile({ audio: pcm });
      const both = Buffer.concat([wavFile({ audio: pcm, bits: 24 }), good]);
      for (let at = 30; at < both.length - good.length; at += 7) {
        // The Buffer that is refused is refused as a whole: here it does not reach into the good file.
        const { data, refused } = decode([both.subarray(0, at), ...cut(both.subarray(at), 97)]);
        assert.ok(data.equals(pcm), `at byte ${at}`);
        assert.deepEqual(refused, ["AAI_AUDIO_FORMAT"]);
      }
    });

    it("does not pass the remainder of the next file as raw audio", () => {
      const good = wavFile({ audio: pcm });
      const bad = wavFile({ audio: pcm, bits: 24 });
      const both = Buffer.concat([bad, good]);
      for (const into of [1, 11, 12, 30, 44, 500]) {
        const { data, refused } = decode([both.subarray(0, bad.length + into), both.subarray(bad.length + into)]);
        assert.deepEqual(refused, ["AAI_AUDIO_FORMAT"]);
        assert.ok(data.equals(pcm), `refused with ${into} bytes of the good file: ${data.length} bytes`);
      }
    });

    it("of unknown length is passed over to the end", () => {
      for (const riffLength of [0, 0x7fff_f024, 0xffff_ffff]) {
        eachCut(wavFile({ audio: pcm, bits: 24, riffLength, dataLength: 0xffff_ffff }), (pieces, how) => {
          const input = new PcmDecoder();
          const { data, refused } = decode(pieces, input);
          assert.equal(data.length, 0, `RIFF length ${riffLength}, ${how}`);
          assert.deepEqual(refused, ["AAI_AUDIO_FORMAT"]);
          assert.ok(input.decode(wavFile({ audio: pcm }), undefined).data.equals(pcm), "the next file is heard");
        });
      }
    });

    it("yields to a message that declares its audio", () => {
      const input = new PcmDecoder();
      decode([wavFile({ audio: pcm, bits: 24, riffLength: 0xffff_ffff })], input);
      assert.deepEqual(input.decode(Buffer.from([2, 3]), { sampleRate: 16_000 }).data, Buffer.from([2, 3]));
    });
  });

  it("throws only its own errors, whatever the input", () => {
    const random = new Random(3);
    const pieces = [
      wavFile({ audio: pcm.subarray(0, 300), after: [LIST] }),
      wavFile({ bits: 24, audio: pcm.subarray(0, 90) }),
      pcm.subarray(0, 333),
    ];
    for (let round = 0; round < 300; round++) {
      const input = new PcmDecoder();
      for (let step = 0; step < 20; step++) {
        const data = Buffer.from(random.pick(pieces));
        for (let flips = random.whole(0, 3); flips > 0; flips--)
          data[random.whole(0, Math.min(60, data.length - 1))] = random.whole(0, 255);
        decode([data.subarray(random.whole(0, 20), random.whole(20, data.length))], input);
      }
    }
  });

  describe("another kind of audio file", () => {
    for (const [container, beginning] of [
      ["FLAC", "fLaC\0\0\0\x22"],
      ["Ogg", "OggS\0\x02"],
      ["MP3", "ID3\x04\0"],
      ["M4A/MP4", "\0\0\0\x20ftypM4A "],
      ["RF64", "RF64\xff\xff\xff\xffWAVE"],
      ["WebM", "\x1a\x45\xdf\xa3"],
    ] as const) {
      it(`${container}: is refused, and audio after it is skipped until a pause`, () => {
        const input = new PcmDecoder();
        assert.throws(() => input.decode(Buffer.from(beginning + "data", "latin1"), undefined), {
          code: "AAI_AUDIO_FORMAT",
          message: new RegExp(`${container}.*ffmpeg -i in\\.[a-z0-9]+ -ac 1 -ar 16000 out\\.wav`),
        });
        assert.equal(input.decode(Buffer.alloc(100), undefined).data.length, 0);
        input.paused();
        assert.equal(input.decode(Buffer.alloc(100), undefined).data.length, 100);
      });
    }

    it("without a container is looked for at the beginning, and after a pause, but not within live audio", () => {
      const frames = Buffer.concat(Array<Buffer>(3).fill(Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0xc4]), Buffer.alloc(413, 7)])));
      const refusal = { code: "AAI_AUDIO_FORMAT", message: /MP3/ };
      const input = new PcmDecoder();
      assert.equal(input.decode(Buffer.alloc(1600), undefined).data.length, 1600);
      assert.equal(input.decode(frames, undefined).data.length, frames.length - 1);
      input.paused();
      assert.throws(() => input.decode(frames, undefined), refusal);
      assert.throws(() => new PcmDecoder().decode(frames, undefined), refusal);
    });

    it("is looked for after declared audio, too, where the message itself declares none", () => {
      const m4a = Buffer.from("\0\0\0\x20ftypM4A data", "latin1");
      for (const encoding of ["pcm_s16le", "pcm_mulaw", "pcm_f32le"]) {
        const input = new PcmDecoder();
        input.decode(pcm, { encoding, sampleRate: 8000 });
        input.paused();
        assert.throws(() => input.decode(m4a, undefined), { code: "AAI_AUDIO_FORMAT", message: /M4A/ }, encoding);
        assert.equal(input.decode(Buffer.alloc(1600), undefined).data.length, 0, "the rest of the file");
      }
    });

    it("in the middle of live audio is refused alone: what follows is heard", () => {
      const input = new PcmDecoder();
      input.decode(Buffer.from([1, 2, 3]), undefined);
      assert.throws(() => input.decode(Buffer.from("fLaC\0\0\0\x22"), undefined), { code: "AAI_AUDIO_FORMAT", message: /FLAC/ });
      assert.deepEqual(input.decode(Buffer.from([4, 5, 6]), undefined).data, Buffer.from([3, 4, 5, 6]), "the half sample is kept");
    });

    it("is refused where another one is still skipped, but a page in the middle of an Ogg file is not", () => {
      const input = new PcmDecoder();
      assert.throws(() => input.decode(Buffer.from("OggS\0\x02"), undefined), { message: /Ogg/ });
      for (let page = 0; page < 3; page++) assert.equal(input.decode(Buffer.from("OggS\0\0page"), undefined).data.length, 0);
      assert.throws(() => input.decode(Buffer.from("fLaC\0\0\0\x22"), undefined), { message: /FLAC/ });
      assert.throws(() => input.decode(Buffer.from("OggS\0\x02"), undefined), { message: /Ogg/ });
      assert.equal(input.decode(Buffer.alloc(100), undefined).data.length, 0);
      assert.throws(() => new PcmDecoder().decode(Buffer.from("OggS\0\0page"), undefined), { message: /Ogg/ }, "heard from its middle");
    });

    it("is refused also where it is an MP3 without a tag that follows another one; the other frames of such a file are not", () => {
      const frame = (more: string) =>
        Buffer.concat([
          Buffer.from([0xff, 0xfb, 0x90, 0xc4]),
          Buffer.from(more.padStart(32 + more.length, "\0").padEnd(413, "\x07"), "latin1"),
        ]);
      const frames = Buffer.concat(Array<Buffer>(3).fill(frame("")));
      const file = Buffer.concat([frame("Info"), frames]);
      const input = new PcmDecoder();
      assert.throws(() => input.decode(file, undefined), { message: /MP3/ });
      for (let piece = 0; piece < 3; piece++) assert.equal(input.decode(frames, undefined).data.length, 0);
      assert.throws(() => input.decode(file, undefined), { message: /MP3/ });
      assert.equal(input.decode(frames, undefined).data.length, 0);
    });

    it("is refused whole where it follows a WAV file without a pause", () => {
      const input = new PcmDecoder();
      input.decode(wavFile({ audio: pcm }), undefined);
      assert.throws(() => input.decode(Buffer.from("fLaC\0\0\0\x22"), undefined), { message: /FLAC/ });
      assert.equal(input.decode(Buffer.alloc(1600), undefined).data.length, 0, "the rest of the file");
    });

    it("is not looked for where the message declares PCM", () => {
      const input = new PcmDecoder();
      const audio = { encoding: "pcm_s16le", sampleRate: 16_000, channels: 1 };
      assert.equal(input.decode(Buffer.from("fLaC"), audio).data.length, 4);
    });
  });
});
