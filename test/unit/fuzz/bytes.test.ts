/** Bytes from outside: WAV files and npm's tarballs, cut, changed and made up. Each random case can be run again by its seed. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { PcmDecoder } from "../../../nodes/lib/audio/pcm-decoder";
import { CHANNELS, ENCODINGS, frameBytes } from "../../../nodes/lib/audio/sample-format";
import { readWavFile } from "../../../nodes/lib/audio/wav";
import { AaiError } from "../../../nodes/lib/common/errors";
import { parseFault } from "../../../simulator";
import { extract } from "../../../simulator/recognisers/tar";
import { Random } from "../../support/random";
import { wavFile } from "../../support/wav-file";
import { files } from "../../vectors/audio-files.json";

function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.whole(0, 255)));
}

/** Some bytes of a good file changed, taken out or put in. */
function mutate(random: Random, good: Buffer): Buffer {
  const bytes = Buffer.from(good);
  for (let i = random.whole(1, 8); i > 0; i--) bytes[random.whole(0, Math.min(bytes.length, 80) - 1)] = random.pick([0, 1, 127, 128, 255]);
  const at = random.whole(0, bytes.length);
  return Buffer.concat([bytes.subarray(0, at), randomBytes(random, random.whole(0, 6)), bytes.subarray(at + random.whole(0, 6))]);
}

/** @returns whether the action was refused */
function assertCoded(what: string, action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch (thrown) {
    assert.ok(thrown instanceof AaiError && /^AAI_(AUDIO_FORMAT|INPUT)/.test(thrown.code), `${what}: ${String(thrown)}`);
    return true;
  }
}

describe("fuzz: bytes from outside", () => {
  it("WAV files, whole and cut anywhere", () => {
    for (let seed = 0; seed < 3000; seed++) {
      const random = new Random(seed);
      const good = wavFile({ audio: randomBytes(random, random.whole(0, 200)) });
      const bytes = random.whole(0, 3) === 0 ? randomBytes(random, random.whole(0, 120)) : mutate(random, good);
      assertCoded(`seed ${seed}, whole`, () => readWavFile(bytes));
      const decoder = new PcmDecoder();
      let got = 0;
      for (let at = 0; at < bytes.length;) {
        const length = random.whole(1, 40);
        assertCoded(`seed ${seed}, cut`, () => {
          const { data } = decoder.decode(bytes.subarray(at, at + length), undefined);
          assert.equal(data.length % 2, 0);
          got += data.length;
        });
        at += length;
      }
      assert.ok(got <= bytes.length, `seed ${seed}: more audio than bytes`);
    }
  });

  it("raw audio of every encoding, cut anywhere, and whatever looks like a file of another kind", () => {
    const kinds = files.map(({ base64 }) => Buffer.from(base64, "base64"));
    for (let seed = 0; seed < 2000; seed++) {
      const random = new Random(seed);
      const bytes =
        random.whole(0, 1) === 0 ? randomBytes(random, random.whole(0, 300)) : mutate(random, random.pick(kinds).subarray(0, 400));
      const [encoding, channels] = [random.pick(ENCODINGS), random.pick([1, 2] as const)];
      const audio = random.whole(0, 2) === 0 ? undefined : { encoding, channels };
      const decoder = new PcmDecoder(random.pick(CHANNELS));
      let got = 0;
      let refused = false;
      for (let at = 0; at < bytes.length;) {
        const length = random.whole(1, 200);
        const take = () => (got += decoder.decode(bytes.subarray(at, at + length), audio).data.length);
        refused = assertCoded(`seed ${seed}`, take) || refused;
        at += length;
      }
      assert.equal(got % 2, 0, `seed ${seed}`);
      const whole = Math.floor(bytes.length / frameBytes({ encoding, channels }));
      if (audio && !refused) assert.equal(got, whole * 2, `seed ${seed}: ${encoding}, ${channels} channels`);
    }
  });

  it("tarballs: each is read or refused, and nothing is written but what is wanted", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fuzz-test-"));
    const header = Buffer.alloc(512);
    header.write("package/a", 0);
    header.write("00000000012\0", 124);
    const tar = Buffer.concat([header, Buffer.alloc(512, 1), Buffer.alloc(1024)]);
    try {
      for (let seed = 0; seed < 300; seed++) {
        const random = new Random(seed);
        const changed = mutate(random, tar);
        const archive = join(folder, "archive.tgz");
        writeFileSync(archive, seed % 3 === 0 ? mutate(random, gzipSync(tar)) : gzipSync(changed));
        const target = mkdtempSync(join(folder, "target-"));
        await extract(archive, { "package/a": "a" }, target).catch((error: unknown) => assert.ok(error instanceof Error));
        assert.ok(
          readdirSync(target).every((name) => name === "a"),
          `seed ${seed}`,
        );
        rmSync(target, { recursive: true });
      }
      assert.deepEqual(readdirSync(folder), ["archive.tgz"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("faults on the command line: each is known, or refused with a line", () => {
    const parts = [
      "drop",
      "close",
      "refuse",
      "error",
      ":",
      "@",
      "99",
      "1006",
      "3005",
      "99999999999999999999",
      "-1",
      "\0",
      "é",
      " ",
      "x".repeat(1000),
    ];
    for (let seed = 0; seed < 3000; seed++) {
      const random = new Random(seed);
      const text = Array.from({ length: random.whole(0, 6) }, () => random.pick(parts)).join("");
      try {
        assert.ok(parseFault(text).fault.kind);
      } catch (thrown) {
        assert.ok(thrown instanceof Error && /^(unknown )?fault "/.test(thrown.message), `seed ${seed}: ${String(thrown)}`);
      }
    }
  });
});
