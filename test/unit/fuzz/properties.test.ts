/** Flow-file properties of every type: each is taken, or refused with a coded error. Nothing else is thrown, and nothing is polluted. */
import assert from "node:assert/strict";
import { resolveAccount } from "../../../nodes/lib/assemblyai/account";
import { readConfiguration } from "../../../nodes/lib/assemblyai/update-configuration";
import { readRate } from "../../../nodes/lib/billing/rate";
import { AaiError, toAaiError } from "../../../nodes/lib/common/errors";
import { readMicrophoneSettings } from "../../../nodes/lib/microphone/settings";
import { readStreamingSettings } from "../../../nodes/lib/speech-to-text/settings";
import { hostileValues } from "../../support/hostile-values";

/** The names that a reader asks for. */
function namesOf(read: (properties: Record<string, unknown>) => unknown): string[] {
  const names = new Set<string>();
  read(new Proxy({}, { get: (_target, name) => void names.add(String(name)) }));
  return [...names];
}

/** A flow file is JSON: no value of it throws at whoever looks at it. */
const values = hostileValues().filter(([what]) => !/proxy|cyclic|throws|bigint/.test(what));

function assertCoded(what: string, action: () => unknown): void {
  try {
    action();
  } catch (thrown) {
    assert.ok(thrown instanceof AaiError, `${what}: ${typeof thrown}`);
    assert.match(thrown.code, /^AAI_(PROPERTY|KEY|URL|CONFIGURE)/, what);
    assert.ok(thrown.message.length < 2000, what);
  }
}

describe("fuzz: properties of a flow file", () => {
  for (const [node, read] of [
    ["the microphone", readMicrophoneSettings],
    ["speech to text", readStreamingSettings],
  ] as const) {
    it(`of ${node}`, () => {
      const names = namesOf(read);
      assert.ok(names.length > 5);
      for (const name of names) {
        for (const [what, value] of values) assertCoded(`${name}: ${what}`, () => read({ [name]: value }));
      }
    });
  }

  it("of the account, its key among them", () => {
    const account = { endpoint: "custom", url: "ws://127.0.0.1/v3/ws", apiKey: "127.0.0.1 key", environmentKey: undefined };
    for (const name of ["endpoint", "url", "apiKey"]) {
      for (const [what, value] of values) assertCoded(`${name}: ${what}`, () => resolveAccount({ ...account, [name]: value }));
    }
  });

  it("of the statistics, and the fields of a configuration", () => {
    for (const [what, value] of values) {
      assertCoded(`rate: ${what}`, () => readRate(value));
      for (const name of ["prompt", "keyterms_prompt", "format_turns", "min_turn_silence", "mode", "new_parameter"]) {
        assertCoded(`${name}: ${what}`, () => readConfiguration({ [name]: value }, "universal-3-6-pro"));
      }
    }
    assert.ok(!("polluted" in {}));
  });

  it("of a whole configuration, however large, in no time", () => {
    const names = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`parameter_${i}`.padEnd(60, "x_"), "x"]));
    const large: [string, unknown][] = [
      ["a message with audio", Buffer.alloc(1_000_000)],
      ["floats", new Float32Array(1_000_000)],
      ["many names", names(20_000)],
      ["as many names as may be", names(64)],
      ["audio as a value", { llm_gateway: Buffer.alloc(10_000_000), prompt: Buffer.alloc(10_000_000) }],
    ];
    for (const [what, value] of [...values, ...large]) {
      const began = performance.now();
      assertCoded(what, () => readConfiguration(value, "universal-3-6-pro"));
      assert.ok(performance.now() - began < 500, what);
    }
    for (const value of [Buffer.alloc(3200), new DataView(new ArrayBuffer(8)), names(65)]) {
      assert.throws(() => readConfiguration(value, "universal-3-6-pro"), { code: "AAI_CONFIGURE" });
    }
  });

  it("makes a coded error of whatever was thrown", () => {
    for (const [what, value] of hostileValues()) {
      assert.equal(toAaiError(value).code, "AAI_INTERNAL", what);
      assert.equal(typeof toAaiError(value).message, "string", what);
      assert.equal(toAaiError(Object.assign(new Error("x"), { message: value })).code, "AAI_INTERNAL", what);
    }
  });
});
