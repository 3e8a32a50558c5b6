import assert from "node:assert/strict";
import type { AccountSettings } from "../../../nodes/lib/assemblyai/account";
import { ANSWER_WITHIN_MS, checkKey, type Fetch, type KeyCheckRequest, type KnownKeys } from "../../../nodes/lib/assemblyai/key-check";
import { startSimulator, type Simulator } from "../../../simulator";
import { systemClock } from "../../../nodes/lib/common/clock";
import { FakeClock } from "../../support/fake-clock";
import { settled } from "../../support/fake-process";

const TYPED = "typed-0123456789abcdef0123456789abcdef";
const SAVED = "saved-0123456789abcdef0123456789abcdef";
const ENVIRONMENT = "environment-0123456789abcdef012345678";

function deployed(settings: Partial<AccountSettings> = {}): KnownKeys["deployed"] {
  return { endpoint: "default", url: "", apiKey: SAVED, environmentKey: undefined, ...settings };
}

const JSON_ANSWER = { "content-type": "application/json" };

/** A service that answers with `status`; `asked` records the requests. */
function service(status = 200, headers: Record<string, string> = JSON_ANSWER) {
  const asked: { url: string; key: string | null }[] = [];
  const fetch: Fetch = (url, init) => {
    asked.push({ url, key: new Headers(init.headers).get("authorization") });
    return Promise.resolve({ status, headers: new Headers(headers) });
  };
  return { asked, fetch };
}

async function check(request: KeyCheckRequest, known: Partial<KnownKeys>, { fetch }: { fetch: Fetch } = service()) {
  const clock = new FakeClock();
  const answer = await checkKey(request, { deployed: undefined, environmentKey: undefined, ...known }, fetch, clock);
  assert.equal(clock.timers, 0);
  assert.doesNotMatch(JSON.stringify(answer), /0123456789/);
  return answer;
}

describe("key check: which key goes where", () => {
  const custom = { endpoint: "custom", url: "wss://example.com/v3/ws" };

  for (const [what, request, known, url, key] of [
    ["a typed key to the service", { endpoint: "default", apiKey: ` ${TYPED} ` }, {}, "https://streaming.assemblyai.com", TYPED],
    ["a typed key to a data zone", { endpoint: "eu", apiKey: TYPED }, {}, "https://streaming.eu.assemblyai.com", TYPED],
    [
      "a typed key to the deployed address, whatever key this has",
      { ...custom, apiKey: `example.com ${TYPED}` },
      { deployed: deployed({ ...custom, apiKey: "" }) },
      "https://example.com",
      TYPED,
    ],
    ["the saved key to the service", { endpoint: "us" }, { deployed: deployed() }, "https://streaming.us.assemblyai.com", SAVED],
    [
      "the saved key to its own address",
      custom,
      { deployed: deployed({ ...custom, apiKey: `example.com ${SAVED}` }) },
      "https://example.com",
      SAVED,
    ],
    [
      "the environment's key for an empty field",
      { endpoint: "default", apiKey: "" },
      { environmentKey: ENVIRONMENT },
      "https://streaming.assemblyai.com",
      ENVIRONMENT,
    ],
  ] as [string, KeyCheckRequest, Partial<KnownKeys>, string, string][]) {
    it(`sends ${what}`, async () => {
      const { asked, fetch } = service();
      assert.deepEqual(await check(request, known, { fetch }), { result: "valid" });
      assert.deepEqual(asked, [{ url: `${url}/v3/token?expires_in_seconds=60`, key }]);
    });
  }

  for (const [what, request, known] of [
    ["the saved key to an address that is not deployed", custom, { deployed: deployed() }],
    ["a typed key to an address that is not deployed", { ...custom, apiKey: `example.com ${TYPED}` }, {}],
    [
      "a typed key to another port of the deployed host",
      { ...custom, url: "wss://example.com:22/v3/ws", apiKey: TYPED },
      { deployed: deployed(custom) },
    ],
    [
      "a typed key to an address in Node-RED's network",
      { endpoint: "custom", url: "ws://10.0.0.1/v3/ws", apiKey: TYPED },
      { deployed: deployed() },
    ],
    ["a typed key where the deployed address cannot be used", { ...custom, apiKey: TYPED }, { deployed: deployed({ ...custom, url: 42 }) }],
    ["the environment's key to an address that is not deployed", { ...custom, apiKey: "" }, { environmentKey: ENVIRONMENT }],
    ["a saved key that is not deployed", { endpoint: "default" }, {}],
    ["the value of a typed variable", { endpoint: "default", apiKey: "${HOME}" }, {}],
    ["the value of a typed variable to an address of the user's", { ...custom, apiKey: "x${HOME}" }, { deployed: deployed(custom) }],
  ] as [string, KeyCheckRequest, Partial<KnownKeys>][]) {
    it(`does not send ${what}`, async () => {
      const { asked, fetch } = service();
      assert.deepEqual(await check(request, known, { fetch }), { result: "undeployed" });
      assert.deepEqual(asked, []);
    });
  }

  it("asks the simulator at its own address, and sends no user's key", async () => {
    const { asked, fetch } = service();
    const request = { endpoint: "simulator", url: "ws://10.0.0.1:22/v3/ws", apiKey: TYPED };
    assert.deepEqual(await check(request, { deployed: deployed(), environmentKey: ENVIRONMENT }, { fetch }), { result: "valid" });
    assert.deepEqual(asked, [{ url: "http://127.0.0.1:8765/v3/token?expires_in_seconds=60", key: "simulator" }]);
  });

  for (const [request, known, key] of [
    [{ endpoint: "default", apiKey: "" }, {}, "AAI_KEY_MISSING"],
    [{ endpoint: "default", apiKey: "three small words" }, {}, "AAI_KEY_INVALID"],
    [{ endpoint: "default", apiKey: `example.com ${TYPED}` }, {}, "AAI_KEY_HOST"],
    [custom, { deployed: deployed(custom) }, "AAI_KEY_HOST"],
    [{ endpoint: "default" }, { deployed: deployed({ ...custom, apiKey: `example.com ${SAVED}` }) }, "AAI_KEY_HOST"],
    [
      { ...custom, apiKey: "" },
      { deployed: deployed({ ...custom, apiKey: "", environmentKey: ENVIRONMENT }), environmentKey: ENVIRONMENT },
      "AAI_KEY_HOST",
    ],
    [{ endpoint: "default" }, { deployed: deployed({ apiKey: "${NOT_SET}" }) }, "AAI_KEY_UNRESOLVED"],
    [{ endpoint: "custom", url: "http://example.com/", apiKey: TYPED }, {}, "AAI_URL/syntax"],
    [{ endpoint: "custom", url: "ws://example.com/v3/ws", apiKey: TYPED }, {}, "AAI_URL/public"],
    [{ endpoint: "custom", url: `wss://example.com/v3/ws?token=${TYPED}`, apiKey: TYPED }, {}, "AAI_URL/secret"],
    [{ endpoint: "file", apiKey: TYPED }, {}, "AAI_PROPERTY/endpoint"],
    [{ endpoint: 3, url: {}, apiKey: TYPED }, {}, "AAI_PROPERTY/endpoint"],
    [{ endpoint: "default", apiKey: 42 }, {}, "AAI_KEY_MISSING"],
  ] as [KeyCheckRequest, Partial<KnownKeys>, string][]) {
    it(`sends no request for ${JSON.stringify(request)} (${key})`, async () => {
      const { asked, fetch } = service();
      const answer = await check(request, known, { fetch });
      assert.deepEqual([answer.result, "error" in answer && answer.error.key, asked], ["unusable", key, []]);
    });
  }
});

describe("key check: what the service answers", () => {
  const request = { endpoint: "default", apiKey: TYPED };

  for (const [status, headers, answer] of [
    [200, { "content-type": "application/json; charset=utf-8" }, { result: "valid" }],
    [401, {}, { result: "refused", status: 401 }],
    [402, {}, { result: "refused", status: 402 }],
    [403, {}, { result: "refused", status: 403 }],
    [429, {}, { result: "limited" }],
    [200, { "content-type": "text/html" }, { result: "unreachable", detail: "HTTP 200" }],
    [302, {}, { result: "unreachable", detail: "HTTP 302" }],
    [404, {}, { result: "unreachable", detail: "HTTP 404" }],
    [503, JSON_ANSWER, { result: "unreachable", detail: "HTTP 503" }],
  ] as const) {
    it(`takes ${status} ${JSON.stringify(headers)} for ${answer.result}`, async () =>
      assert.deepEqual(await check(request, {}, service(status, { ...headers })), answer));
  }

  for (const [thrown, detail] of [
    [new TypeError("fetch failed", { cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }) }), "ECONNREFUSED"],
    [new TypeError("fetch failed", { cause: new Error("bad port") }), "bad port"],
    [new TypeError(`Headers.append: "${TYPED}" is an invalid header value.`), "TypeError"],
    [TYPED, "?"],
  ] as const) {
    it(`returns ${detail} as the reason, and never the request`, async () =>
      assert.deepEqual(await check(request, {}, { fetch: () => Promise.reject(thrown) }), { result: "unreachable", detail }));
  }

  it("waits 10 s, then aborts the request", async () => {
    const clock = new FakeClock();
    let signal: AbortSignal | null | undefined;
    const fetch: Fetch = (_url, init) =>
      new Promise((_resolve, reject) => {
        ({ signal } = init);
        signal?.addEventListener("abort", () => reject(new Error("aborted")));
      });
    const checked = checkKey(request, { deployed: undefined, environmentKey: undefined }, fetch, clock);
    await settled();
    clock.advance(ANSWER_WITHIN_MS - 1);
    assert.equal(signal?.aborted, false);
    clock.advance(1);
    assert.deepEqual(await checked, { result: "unreachable", detail: "ETIMEDOUT" });
    assert.equal(clock.timers, 0);
  });
});

function ask(apiKey: string, url: string) {
  const settings: AccountSettings = { endpoint: "custom", url, apiKey: "", environmentKey: undefined };
  const typed = { ...settings, apiKey: `${new URL(url).host} ${apiKey}` };
  return checkKey(typed, { deployed: settings, environmentKey: undefined }, fetch, systemClock);
}

describe("key check: against the simulator, over HTTP", () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startSimulator({ keys: [TYPED] });
  });
  after(() => simulator.close());

  it("distinguishes a valid key from an invalid one, and opens no session", async () => {
    assert.deepEqual(await ask(TYPED, simulator.url), { result: "valid" });
    assert.deepEqual(await ask(SAVED, simulator.url), { result: "refused", status: 401 });
    assert.deepEqual(simulator.sessions, []);
  });

  it("reports too many requests", async () => {
    const busy = await startSimulator({ tokenFault: 429 });
    try {
      assert.deepEqual(await ask(TYPED, busy.url), { result: "limited" });
    } finally {
      await busy.close();
    }
  });

  it("reports why nobody answers", async () => {
    const gone = await startSimulator();
    await gone.close();
    assert.deepEqual(await ask(TYPED, gone.url), { result: "unreachable", detail: "ECONNREFUSED" });
  });
});
