import assert from "node:assert/strict";
import { PropertyReader } from "../../../nodes/lib/common/property-reader";

const read = (value: unknown) => new PropertyReader({ it: value });
const wrong = (key: string) => ({ code: "AAI_PROPERTY", key: `AAI_PROPERTY/${key}`, message: /property it / });

const READINGS: [kind: string, reading: (value: unknown) => unknown, absent: unknown][] = [
  ["text", (value) => read(value).text("it"), ""],
  ["number", (value) => read(value).number("it", 5, 0, 10), 5],
  ["optionalNumber", (value) => read(value).optionalNumber("it", 0, 10), undefined],
  ["boolean", (value) => read(value).boolean("it", true), true],
  ["optionalBoolean", (value) => read(value).optionalBoolean("it"), undefined],
  ["oneOf", (value) => read(value).oneOf("it", ["a", "b"], "a"), "a"],
  ["list", (value) => read(value).list("it"), []],
  ["object", (value) => read(value).object("it"), {}],
];

describe("property-reader", () => {
  for (const [kind, reading, absent] of READINGS) {
    it(`${kind}: what is absent, null or empty has its default`, () => {
      for (const value of [undefined, null, ""]) assert.deepEqual(reading(value), absent);
    });

    it(`${kind}: an environment variable that is not set is an error that quotes nothing of it`, () => {
      for (const value of ["${SECRET}", "$(SECRET)", " ${SECRET}\n"]) {
        assert.throws(
          () => reading(value),
          (error: Error) => {
            assert.match(JSON.stringify(error), /AAI_PROPERTY\/unresolved/);
            assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /SECRET/);
            return true;
          },
        );
      }
    });
  }

  it("takes a text that merely holds a dollar sign", () => {
    for (const text of ["costs $5", "${A} and ${B}", "${}", "$A"]) assert.equal(read(` ${text} `).text("it"), text);
    assert.throws(() => read(5).text("it"), wrong("text"));
  });

  it("takes numbers within their range, also as texts", () => {
    for (const value of [0, 10, "10", " 2.5 "]) assert.equal(read(value).number("it", 5, 0, 10), Number(value));
    for (const value of [-1, 11, "x", " ", NaN, Infinity, "Infinity", true, [1], {}]) {
      assert.throws(() => read(value).number("it", 5, 0, 10), wrong("number"));
      assert.throws(() => read(value).number("it", 5, 0, 10, true), wrong("whole"));
    }
    assert.throws(() => read(2.5).number("it", 5, 0, 10, true), wrong("whole"));
  });

  it("takes any finite number where there is no largest one", () => {
    assert.equal(read("1e9").optionalNumber("it", 0, Infinity), 1e9);
    for (const value of [-1, Infinity, "x"]) assert.throws(() => read(value).optionalNumber("it", 0, Infinity), wrong("minimum"));
  });

  it("takes booleans, also as texts", () => {
    for (const value of [true, "true"]) assert.equal(read(value).optionalBoolean("it"), true);
    for (const value of [false, "false"]) assert.equal(read(value).boolean("it", true), false);
    for (const value of [0, 1, "yes", " ", []]) assert.throws(() => read(value).boolean("it", true), wrong("boolean"));
  });

  it("takes one of some choices as it is written", () => {
    assert.equal(read("b").oneOf("it", ["a", "b"], "a"), "b");
    for (const value of ["B", " b", "toString", 1, ["a"]]) assert.throws(() => read(value).oneOf("it", ["a", "b"], "a"), wrong("choice"));
  });

  it("takes lists, and texts that list things", () => {
    assert.deepEqual(read("a, b,,\nc，d、 ").list("it"), ["a", "b", "c", "d"]);
    assert.deepEqual(read([" a ", ""]).list("it"), ["a"]);
    for (const value of [5, {}, ["a", 1]]) assert.throws(() => read(value).list("it"), wrong("list"));
  });

  it("refuses in a moment what is longer than anything that the service takes", () => {
    const began = performance.now();
    for (const text of ["a".repeat(2 ** 28), ",".repeat(2 ** 24), "${" + "}".repeat(2 ** 24)]) {
      for (const [, reading] of READINGS) assert.throws(() => reading(text), wrong("characters"));
    }
    assert.throws(() => read(["a".repeat(2 ** 28)]).list("it"), wrong("characters"));
    const sparse: unknown[] = [];
    sparse.length = 2 ** 31;
    for (const list of [sparse, ",".repeat(1000)]) assert.throws(() => read(list).list("it"), wrong("items"));
    assert.ok(performance.now() - began < 1000);
    assert.equal(read("a".repeat(100_000)).text("it").length, 100_000);
    assert.equal(read("a,".repeat(999)).list("it").length, 999);
  });

  it("takes objects, and their JSON, and quotes nothing of anything else", () => {
    assert.deepEqual(read({ a: 1 }).object("it"), { a: 1 });
    assert.deepEqual(read('{"a":1}').object("it"), { a: 1 });
    for (const value of [5, [], "[]", "secret", "{secret", "null"]) {
      assert.throws(
        () => read(value).object("it"),
        (error: Error) => /must be a JSON object/.test(error.message) && !/secret/.test(error.message),
      );
    }
  });
});
