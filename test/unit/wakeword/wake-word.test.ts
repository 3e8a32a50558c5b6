import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AaiError, ErrorKey } from "../../../nodes/lib/common/errors";
import { isObject, type JsonObject } from "../../../nodes/lib/common/json";
import { BUNDLED_WAKE_WORDS } from "../../../nodes/lib/wakeword/bundled";
import { loadWakeWords } from "../../../nodes/lib/wakeword/wake-word";
import { hear, MODELS, names, said } from "../../support/wake-word";

/** The first half of each model's SHA-256, in the order of BUNDLED_WAKE_WORDS: esphome/micro-wake-word-models at 05b6592. */
const HASHES = ["0689abe1912a95a3", "21a7976add39ee24", "c2a9b6ed51182db7"];

/** A model whose operators of one code say that they are of another. Read by hand, so as not to trust what is tested. */
function withOperator(model: Buffer, from: number, to: number): Buffer {
  const bytes = Buffer.from(model);
  const field = (table: number, index: number): number => {
    const vtable = table - bytes.readInt32LE(table);
    const offset = 4 + 2 * index < bytes.readUInt16LE(vtable) ? bytes.readUInt16LE(vtable + 4 + 2 * index) : 0;
    return offset === 0 ? 0 : table + offset;
  };
  const follow = (at: number): number => at + bytes.readUInt32LE(at);
  const codes = follow(field(follow(0), 1));
  let changed = 0;
  for (let i = 0; i < bytes.readUInt32LE(codes); i++) {
    const table = follow(codes + 4 + 4 * i);
    const [byte, word] = [field(table, 0), field(table, 3)];
    if (byte === 0 || bytes.readInt8(byte) !== from) continue;
    bytes.writeInt8(to, byte);
    if (word > 0) bytes.writeInt32LE(to, word);
    changed++;
  }
  assert.equal(changed, 1);
  return bytes;
}

describe("wakeword/wake-word", function () {
  this.timeout(60_000);
  let folder = "";
  let manifest = "";
  let model = "";
  let goodManifest: JsonObject = {};
  let goodModel = Buffer.alloc(0);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wake-word-"));
    manifest = join(folder, "computer.json");
    model = join(folder, "okay_nabu.tflite");
    cpSync(join(MODELS, "okay_nabu.json"), manifest);
    cpSync(join(MODELS, "okay_nabu.tflite"), model);
    const parsed: unknown = JSON.parse(readFileSync(manifest, "utf8"));
    assert.ok(isObject(parsed));
    goodManifest = parsed;
    goodModel = readFileSync(model);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (changes: JsonObject): void => writeFileSync(manifest, JSON.stringify({ ...goodManifest, ...changes }));
  const micro = (changes: JsonObject): void => write({ micro: { ...(goodManifest["micro"] as JsonObject), ...changes } });
  const refuses = (key: ErrorKey, file: string, values: AaiError["values"] = {}): void => {
    assert.throws(
      () => loadWakeWords([manifest]),
      (error: AaiError) => {
        assert.deepEqual({ key: error.key, code: error.code }, { key, code: "AAI_WAKE_WORD" });
        for (const [name, value] of Object.entries({ file, ...values })) assert.equal(error.values[name], value);
        assert.ok(error.message.includes(file));
        return true;
      },
    );
  };

  describe("of the package", () => {
    it("are three, each with its phrase and cutoff", () => {
      const words = loadWakeWords(BUNDLED_WAKE_WORDS);
      assert.deepEqual(
        words.map(({ name, phrase, cutoff, window }) => [name, phrase, cutoff, window]),
        [
          ["okay_nabu", "Okay Nabu", 0.97, 5],
          ["hey_jarvis", "Hey Jarvis", 0.97, 5],
          ["hey_mycroft", "Hey Mycroft", 0.95, 5],
        ],
      );
    });

    it("are the published models, unchanged, with their licence beside them", () => {
      const hash = (name: string): string =>
        createHash("sha256")
          .update(readFileSync(join(MODELS, name)))
          .digest("hex")
          .slice(0, 16);
      assert.deepEqual(
        BUNDLED_WAKE_WORDS.map((word) => hash(`${word}.tflite`)),
        HASHES,
      );
      assert.match(readFileSync(join(MODELS, "LICENSE-micro-wake-word-models"), "utf8"), /Apache License\s+Version 2\.0/);
    });
  });

  it("loads one of the user's own by the path of its manifest, and hears it", () => {
    const words = loadWakeWords([manifest]);
    assert.deepEqual(
      words.map(({ name, phrase }) => [name, phrase]),
      [["computer", "Okay Nabu"]],
    );
    assert.deepEqual(names(hear(said("okay_nabu"), { words })), ["computer"]);
  });

  it("loads a word that is named twice once", () => {
    assert.equal(loadWakeWords(["okay_nabu", "hey_jarvis", "okay_nabu"]).length, 2);
  });

  it("says which words there are where a name is neither theirs nor a manifest's", () => {
    assert.throws(() => loadWakeWords(["alexa"]), {
      code: "AAI_WAKE_WORD",
      message:
        'The wake word "alexa" is not known: use okay_nabu, hey_jarvis, hey_mycroft, or the path of a microWakeWord manifest (.json).',
    });
  });

  describe("refuses a manifest", () => {
    it("that is not there, or is a folder, or is large", () => {
      rmSync(manifest);
      refuses("AAI_WAKE_WORD/missing", manifest, { detail: "ENOENT" });
      mkdirSync(manifest);
      refuses("AAI_WAKE_WORD/large", manifest);
      rmSync(manifest, { recursive: true });
      writeFileSync(manifest, Buffer.alloc(65 * 1024, " "));
      refuses("AAI_WAKE_WORD/large", manifest);
    });

    it("that is no JSON object, or one of something else, without quoting it", () => {
      for (const text of ["", "secret token", "[]", "null", "7", '{"type":"other"}']) {
        writeFileSync(manifest, text);
        refuses("AAI_WAKE_WORD/manifest", manifest);
      }
      write({ wake_word: "" });
      refuses("AAI_WAKE_WORD/manifest", manifest);
      write({ wake_word: 7 });
      refuses("AAI_WAKE_WORD/manifest", manifest);
    });

    it("of another version", () => {
      write({ version: 1 });
      refuses("AAI_WAKE_WORD/version", manifest, { version: "1" });
      write({ version: undefined });
      refuses("AAI_WAKE_WORD/version", manifest, { version: "undefined" });
    });

    it("whose model does not lie beside it", () => {
      for (const name of ["../okay_nabu.tflite", "/etc/passwd", "sub/x.tflite", "sub\\x.tflite", "model.onnx", 7, undefined]) {
        write({ model: name });
        refuses("AAI_WAKE_WORD/beside", manifest);
      }
      write({ model: "./okay_nabu.tflite" });
      assert.equal(loadWakeWords([manifest]).length, 1);
    });

    it("whose numbers cannot be", () => {
      for (const value of [0, 1, -1, 97, "0.9", undefined]) {
        micro({ probability_cutoff: value });
        refuses("AAI_WAKE_WORD/number", manifest, { name: "probability_cutoff" });
      }
      for (const value of [0, 2.5, 101, "5"]) {
        micro({ sliding_window_size: value });
        refuses("AAI_WAKE_WORD/number", manifest, { name: "sliding_window_size" });
      }
      micro({ feature_step_size: 20 });
      refuses("AAI_WAKE_WORD/number", manifest, { name: "feature_step_size" });
      write({ micro: "x" });
      refuses("AAI_WAKE_WORD/number", manifest);
    });
  });

  describe("refuses a model", () => {
    it("that is not there, or larger than 4 MB", () => {
      rmSync(model);
      refuses("AAI_WAKE_WORD/missing", model, { detail: "ENOENT" });
      writeFileSync(model, goodModel);
      truncateSync(model, 4 * 1024 * 1024 + 1);
      refuses("AAI_WAKE_WORD/large", model);
    });

    it("that is empty, noise, text, or cut short", () => {
      const noise = Buffer.from(Uint8Array.from({ length: 5000 }, (_, i) => i * 7919));
      for (const bytes of [
        Buffer.alloc(0),
        noise,
        Buffer.from("xxxxTFL3"),
        ...[100, 1000, 20_000, 40_000].map((n) => goodModel.subarray(0, n)),
      ]) {
        writeFileSync(model, bytes);
        refuses("AAI_WAKE_WORD/damaged", model);
      }
    });

    it("of another version of the schema", () => {
      const at = goodModel.readUInt32LE(0);
      const vtable = at - goodModel.readInt32LE(at);
      const bytes = Buffer.from(goodModel);
      bytes.writeUInt32LE(4, at + goodModel.readUInt16LE(vtable + 4));
      writeFileSync(model, bytes);
      refuses("AAI_WAKE_WORD/schema", model, { version: 4 });
    });

    it("with an operator that is not known, by its name or else its number", () => {
      for (const [code, operator] of [
        [40, "MEAN"],
        [100, 100],
      ] as const) {
        writeFileSync(model, withOperator(goodModel, 14, code)); // LOGISTIC
        refuses("AAI_WAKE_WORD/operator", model, { operator });
      }
    });

    it("with an operator that is used in another way", () => {
      const bytes = withOperator(goodModel, 3, 9); // CONV_2D, whose sizes do not fit a FULLY_CONNECTED
      writeFileSync(model, bytes);
      refuses("AAI_WAKE_WORD/unsupported", model, { operator: "FULLY_CONNECTED" });
    });

    it("or runs it, where bytes of it are damaged: nothing hangs, and no other error leaves", () => {
      let [seed, ran, refused] = [5, 0, 0];
      for (let round = 0; round < 400; round++) {
        const bytes = Buffer.from(goodModel);
        for (let k = 0; k < 3; k++) {
          seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
          bytes[seed % bytes.length] = seed >>> 24;
        }
        writeFileSync(model, bytes);
        const begin = performance.now();
        try {
          loadWakeWords([manifest]);
          ran++;
        } catch (thrown) {
          const { code, values } = thrown as AaiError;
          assert.deepEqual({ code, file: values["file"] }, { code: "AAI_WAKE_WORD", file: model });
          refused++;
        }
        assert.ok(performance.now() - begin < 2000);
      }
      assert.ok(ran > 50 && refused > 50, `${ran} ran, ${refused} were refused`);
    });
  });
});
