/** Values of every JavaScript type, and those that throw when they are read. Function nodes can put any of them into a message. */
export function hostileValues(): [string, unknown][] {
  const throwing = (): never => {
    throw Object.create(null) as Error; // not even String() can be called on what is thrown
  };
  const traps = Object.fromEntries(
    ["get", "has", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor", "set", "defineProperty"].map((trap) => [trap, throwing]),
  );
  const revoked = Proxy.revocable([], {});
  revoked.revoke();
  const detached = Buffer.from(new ArrayBuffer(3200));
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  class Odd extends Uint8Array {
    static get [Symbol.species](): Uint8ArrayConstructor {
      return throwing();
    }
  }
  return [
    ["undefined", undefined],
    ["null", null],
    ["true", true],
    ["a number", 42],
    ["NaN", Number.NaN],
    ["infinity", -Infinity],
    ["a bigint", 10n ** 40n],
    ["a symbol", Symbol("s")],
    ["an empty text", ""],
    ["a long text", "x".repeat(1_000_000)],
    ["a text with half of a character", "\ud800"],
    ["a function", throwing],
    ["a class", Odd],
    ["a date that is none", new Date(Number.NaN)],
    ["a regular expression", /x/],
    ["a map", new Map([[1, 2]])],
    ["an error", new Error("boom")],
    ["a promise", Promise.resolve()],
    ["an object without prototype", Object.create(null)],
    ["a frozen object", Object.freeze({ payload: 1 })],
    ["a cyclic object", cyclic],
    ["an array with holes", Object.assign([], { length: 1000 })],
    ["an object whose toString throws", { toString: throwing, valueOf: throwing, toJSON: throwing, [Symbol.toPrimitive]: throwing }],
    ["an object whose length throws", Object.defineProperty({}, "length", { get: throwing })],
    ["a proxy that throws", new Proxy({}, traps)],
    ["a proxy of an array that throws", new Proxy([], traps)],
    ["a proxy that is revoked", revoked.proxy],
    ["an empty buffer", Buffer.alloc(0)],
    ["a detached buffer", detached],
    ["a shared buffer", new Uint8Array(new SharedArrayBuffer(64))],
    ["a buffer with a species that throws", new Odd(64)],
    ["a view of other numbers", new Float64Array(8)],
    ["a data view", new DataView(new ArrayBuffer(8))],
    ["an array buffer", new ArrayBuffer(8)],
    ["__proto__ from JSON", JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')],
  ];
}
