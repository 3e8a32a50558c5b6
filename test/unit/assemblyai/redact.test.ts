import assert from "node:assert/strict";
import { Redaction } from "../../../nodes/lib/assemblyai/redact";

const KEY = "0123456789abcdef0123456789abcdef";

const redaction = new Redaction(KEY);

describe("redaction of a server's words", () => {
  it("takes the key out, wherever it stands", () => {
    assert.equal(redaction.text(`Invalid key ${KEY}.`), "Invalid key ….");
    assert.equal(redaction.text(`${KEY} ${KEY}`), "… …");
  });

  it("takes pieces of the key out, of 8 characters and more", () => {
    for (const piece of [KEY.slice(0, 8), KEY.slice(-8), KEY.slice(5, 20), KEY.slice(0, 31)]) {
      assert.equal(redaction.text(`key ${piece}, refused`), "key …, refused");
    }
    assert.equal(redaction.text("code 1234567, refused"), "code 1234567, refused");
  });

  it("cuts after it has redacted: no edge keeps a piece", () => {
    for (let before = 480; before <= 501; before++) {
      const told = redaction.text("x".repeat(before) + KEY);
      assert.ok(told.length <= 501);
      assert.doesNotMatch(told, /[0-9a-f]/);
    }
  });

  it("looks at no more of a text than is shown, however long it is", () => {
    for (const [what, text] of [
      ["no key", "x".repeat(4 * 1024 * 1024)],
      ["pieces of it", "0123456789abcde".repeat(270_000)],
      ["nearly pieces of it", "0123456x".repeat(500_000)],
    ] as const) {
      const began = performance.now();
      const told = redaction.text(text);
      const ms = performance.now() - began;
      assert.ok(told.length <= 501 && !told.includes(KEY.slice(0, 8)), what);
      assert.ok(ms < 50, `${what}: ${ms} ms`);
    }
  });

  it("takes a second secret out, and its pieces", () => {
    const both = new Redaction(KEY, ["a hook's secret", "s3cret"]);
    assert.equal(both.text(`${KEY}, a hook's secret, a hook's, s3cret`), "…, …, …, …");
    assert.equal(both.text("?value=a+hook%27s+secret&x"), "?value=…&x");
    const frame = JSON.stringify({ type: "Begin", id: "a", configuration: { value: "a hook's secret", url: "a+hook%27s+secret" } });
    assert.deepEqual(JSON.parse(both.frame(frame)), { type: "Begin", id: "a", configuration: { value: "…", url: "…" } });
  });

  it("takes a secret out that is shorter than a piece, and takes none for a secret that is empty", () => {
    assert.equal(new Redaction("s3cret").text("the key s3cret"), "the key …");
    const none = new Redaction("", [""]);
    assert.equal(none.text("the key"), "the key");
    assert.equal(none.frame('{"type":"Warning"}'), '{"type":"Warning"}');
  });

  it("leaves other words alone", () => {
    const text = "User Input Validation Error: Invalid 'sample_rate': must be at least 8,000 Hz";
    assert.equal(redaction.text(text), text);
    assert.equal(redaction.text(""), "");
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
      const told = redaction.frame(frame);
      assert.ok(!told.includes(KEY), told);
      if (frame.startsWith("{")) assert.ok(!JSON.stringify(JSON.parse(told)).includes(KEY), told);
    }
    const odd = 'a/key"with\\odd+characters';
    for (const frame of [JSON.stringify({ warning: odd }), JSON.stringify({ warning: odd }).replaceAll("/", "\\/")]) {
      assert.deepEqual(JSON.parse(new Redaction(odd).frame(frame)), { warning: "…" });
    }
  });

  it("changes nothing else in a frame, and no frame where the key is an ordinary word", () => {
    const turn = { type: "Turn", transcript: 'The "simulator" is a key word: 01234567.', words: [{ text: "é\n" }] };
    assert.deepEqual(JSON.parse(redaction.frame(JSON.stringify(turn))), turn);
    for (const key of ["simulator", "key", "any"]) assert.equal(new Redaction(key).frame(JSON.stringify(turn)), JSON.stringify(turn));
  });

  it("takes pieces of the key out of all frames but Turns, in which a number may have been said", () => {
    const piece = KEY.slice(0, 24);
    for (const message of [
      { type: "Begin", id: `id-${piece}`, configuration: { model: piece } },
      { type: "Something", [piece]: [{ note: `${piece}x` }], at: 12345678 },
    ]) {
      const told = redaction.frame(JSON.stringify(message));
      assert.deepEqual(JSON.parse(told), JSON.parse(JSON.stringify(message).replaceAll(piece, "…")));
    }
    const turn = JSON.stringify({ type: "Turn", transcript: `Its number is ${piece}.` });
    assert.equal(redaction.frame(turn), turn);
    assert.equal(redaction.frame(`${piece} is no JSON`), "… is no JSON");
  });

  it("hands on frames that are nested deeper than the stack", () => {
    const deep = `{"a":${"[".repeat(100_000)}"\\u0041"${"]".repeat(100_000)}}`;
    assert.equal(redaction.frame(deep), deep);
  });
});
