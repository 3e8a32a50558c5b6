import assert from "node:assert/strict";
import { redactFrame, redactText } from "../../../nodes/lib/assemblyai/redact";

const KEY = "0123456789abcdef0123456789abcdef";

describe("redaction of a server's words", () => {
  it("takes the key out, wherever it stands", () => {
    assert.equal(redactText(`Invalid key ${KEY}.`, KEY), "Invalid key ….");
    assert.equal(redactText(`${KEY}${KEY}`, KEY), "……");
  });

  it("takes pieces of the key out, of 8 characters and more", () => {
    for (const piece of [KEY.slice(0, 8), KEY.slice(-8), KEY.slice(5, 20), KEY.slice(0, 31)]) {
      assert.equal(redactText(`key ${piece}, refused`, KEY), "key …, refused");
    }
    assert.equal(redactText("code 1234567, refused", KEY), "code 1234567, refused");
  });

  it("cuts after it has redacted: no edge keeps a piece", () => {
    for (let before = 480; before <= 501; before++) {
      const told = redactText("x".repeat(before) + KEY, KEY);
      assert.ok(told.length <= 501);
      assert.doesNotMatch(told, /[0-9a-f]/);
    }
  });

  it("leaves other words alone", () => {
    const text = "User Input Validation Error: Invalid 'sample_rate': must be at least 8,000 Hz";
    assert.equal(redactText(text, KEY), text);
    assert.equal(redactText("", KEY), "");
  });

  it("takes the key out of a frame, in every field, name and notation", () => {
    const escaped = Array.from(KEY, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
    for (const frame of [
      `{"type":"Begin","id":"${KEY}","configuration":{"model":"${KEY}"}}`,
      `{"type":"Warning","warning_code":"${KEY}","warning":"x ${KEY}"}`,
      `{"type":"Warning","${KEY}":1}`,
      `{"type":"Warning","warning":"${escaped}"}`,
      `{"type":"Warning","warning":"\\"${KEY}\\""}`,
      `${KEY} is no JSON`,
    ]) {
      const told = redactFrame(frame, KEY);
      assert.ok(!told.includes(KEY), told);
      if (frame.startsWith("{")) assert.ok(!JSON.stringify(JSON.parse(told)).includes(KEY), told);
    }
    const odd = 'a/key"with\\odd+characters';
    for (const frame of [JSON.stringify({ warning: odd }), JSON.stringify({ warning: odd }).replaceAll("/", "\\/")]) {
      assert.deepEqual(JSON.parse(redactFrame(frame, odd)), { warning: "…" });
    }
  });

  it("changes nothing else in a frame, and no frame where the key is an ordinary word", () => {
    const turn = { type: "Turn", transcript: 'The "simulator" is a key word: 01234567.', words: [{ text: "é\n" }] };
    assert.deepEqual(JSON.parse(redactFrame(JSON.stringify(turn), KEY)), turn);
    for (const key of ["simulator", "key", "any"]) assert.equal(redactFrame(JSON.stringify(turn), key), JSON.stringify(turn));
  });

  it("hands on frames that are nested deeper than the stack", () => {
    const deep = `{"a":${"[".repeat(100_000)}"\\u0041"${"]".repeat(100_000)}}`;
    assert.equal(redactFrame(deep, KEY), deep);
  });
});
