/** Messages that only a hostile flow makes: reading a property, or the message itself, throws, or the thrown value throws when it is read. */
export function hostileMessages(): [name: string, msg: object][] {
  const evil = () => {
    throw new Error("a getter of the flow's");
  };
  const worse = () => {
    // oxlint-disable-next-line no-throw-literal
    throw Object.create(null, { message: { get: evil } }) as Error;
  };
  const proxy = new Proxy({}, { get: evil, has: evil, ownKeys: evil, getPrototypeOf: evil });
  const revocable = Proxy.revocable({}, {});
  revocable.revoke();
  const withGetter = (name: string, get = evil) => Object.defineProperty({ topic: "x" }, name, { enumerable: true, get });
  return [
    ...["event", "action", "payload", "topic", "other"].map((name): [string, object] => [`${name} throws`, withGetter(name)]),
    ["event throws what throws", withGetter("event", worse)],
    ["payload throws what throws", withGetter("payload", worse)],
    ["action is a symbol", { action: Symbol("start") }],
    ["payload is a symbol", { payload: Symbol("start") }],
    ["event is a symbol", { event: Symbol("termination"), payload: {} }],
    ["payload is a proxy", { payload: proxy }],
    ["payload is a revoked proxy", { payload: revocable.proxy }],
    ["action is a revoked proxy", { action: revocable.proxy }],
    ["a termination with a getter", { event: "termination", payload: withGetter("sessionSeconds") }],
    ["a termination with another getter", { event: "termination", payload: withGetter("more", worse) }],
    ["a termination that is a proxy", { event: "termination", payload: proxy }],
    ["an action with a getter beside it", Object.assign(withGetter("other"), { action: "sing" })],
    ["a start with a getter beside it", Object.assign(withGetter("other"), { action: "start" })],
    ["a reset with a getter beside it", Object.assign(withGetter("other"), { action: "reset" })],
    ["a stop with a getter beside it", Object.assign(withGetter("other"), { action: "stop" })],
    ["a frozen message", Object.freeze({ event: "termination" })],
    ["a message without a prototype", Object.create(null) as object],
  ];
}
