/** Requests that a web page, a scanner or a broken client may send: the simulator refuses them, and goes on serving everyone else. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { WebSocket } from "ws";
import { startSimulator, type Simulator, type SimulatorOptions } from "../../../simulator";
import { Client, connect } from "./client";

const PAGE = "https://a-page.example";

describe("simulator's visitors", () => {
  let simulator: Simulator;
  const start = async (options: SimulatorOptions = {}): Promise<void> => void (simulator = await startSimulator(options));
  afterEach(async () => simulator.close());

  /** The first line of the answer to a request that client libraries would not send. */
  async function raw(target: string, headers: Record<string, string> = {}, method = "GET"): Promise<string> {
    const socket = connectSocket(simulator.port, "127.0.0.1");
    const lines = Object.entries({ host: `127.0.0.1:${simulator.port}`, connection: "close", ...headers }).map(([k, v]) => `${k}: ${v}`);
    socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    let answer = "";
    socket.setEncoding("utf8").on("data", (data: string) => (answer += data));
    socket.on("error", () => undefined);
    await once(socket, "close");
    return answer;
  }
  const status = async (...request: Parameters<typeof raw>): Promise<number> => Number((await raw(...request)).split(" ")[1]);
  const upgrade = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };

  async function serves(): Promise<void> {
    const client = connect(simulator);
    await client.message("Begin");
    await client.finish();
  }

  it("answers request targets that are not an address", async () => {
    await start();
    for (const target of ["//", "//v3/ws", "http://[", "http://[::1", "*", "/%", "/%00", "/\\", "///v3/token?", "/samples/../cli.js"]) {
      equal(await status(target), 404, target);
      equal(await status(target, upgrade), 404, `upgrade of ${target}`);
    }
    await serves();
  });

  it("answers messages whose fields are nested deeper than the stack", async () => {
    await start();
    const deep = "[".repeat(30_000) + "]".repeat(30_000);
    for (const message of [
      `{"type":${deep}}`,
      `{"type":{"toString":1}}`,
      ...["format_turns", "max_turn_silence", "mode", "keyterms_prompt"].flatMap((name) => [
        `{"type":"UpdateConfiguration","${name}":${deep}}`,
        `{"type":"UpdateConfiguration","${name}":{"toString":1}}`,
      ]),
    ]) {
      const client = connect(simulator);
      await client.message("Begin");
      client.socket.send(message);
      equal((await client.closed).code, 3006, message.slice(0, 60));
      match(String(client.messages.at(-1)?.["error"]), /Invalid/);
    }
    await serves();
  });

  it("refuses pages of other origins, sites and host names, on every path and its WebSocket", async () => {
    await start();
    for (const headers of [
      { origin: PAGE },
      { origin: "null" },
      { origin: `http://127.0.0.1:${simulator.port + 1}` },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { host: `rebound.example:${simulator.port}` },
      { host: `127.0.0.1.example:${simulator.port}` },
      { host: `localhost.example:${simulator.port}` },
      { host: "" },
    ]) {
      for (const path of ["/ledger", "/samples/", "/v3/token?expires_in_seconds=60"]) {
        equal(await status(path, headers), 403, `${path} ${JSON.stringify(headers)}`);
      }
      equal(await status("/v3/ws", { ...upgrade, ...headers }), 403, JSON.stringify(headers));
    }
    deepEqual(simulator.sessions, []);
    equal((await fetch(`${simulator.httpUrl}/ledger`)).status, 200);
    for (const host of ["localhost", "LOCALHOST:1", "[::1]:80", `127.0.0.1:${simulator.port}`])
      equal(await status("/ledger", { host }), 200, host);
    await serves();
  });

  it("serves pages of the allowed origins", async () => {
    await start({ allowedOrigins: [PAGE] });
    const headers = { origin: PAGE, "sec-fetch-site": "cross-site" };
    const preflight = await raw("/v3/token", { ...headers, "access-control-request-method": "GET" }, "OPTIONS");
    match(
      preflight,
      /^HTTP\/1\.1 204 .*access-control-allow-origin: https:\/\/a-page\.example\r\n.*access-control-allow-headers: authorization/s,
    );
    match(await raw("/ledger", headers), /^HTTP\/1\.1 200 .*access-control-allow-origin: https:\/\/a-page\.example\r\n/s);
    equal(await status("/ledger", { origin: "https://another.example" }), 403);
    const page = new Client(new WebSocket(simulator.url, { origin: PAGE, headers: { authorization: "key" } }));
    await page.message("Begin");
    await page.finish();
  });

  it("cuts connections above its limit", async () => {
    await start({ maxConnections: 2 });
    const clients = [connect(simulator), connect(simulator)];
    await Promise.all(clients.map((client) => client.message("Begin")));
    equal((await connect(simulator).closed).code, 1006);
    equal(simulator.sessions.length, 2);
    await clients[0]?.finish();
    await serves();
  });

  it("keeps a limited number of tokens, and forgets the oldest", async () => {
    await start();
    const tokens: string[] = [];
    for (let i = 0; i <= 1000; i++) {
      const response = await fetch(`${simulator.httpUrl}/v3/token?expires_in_seconds=600`, { headers: { authorization: "key" } });
      tokens.push(((await response.json()) as { token: string }).token);
    }
    const withToken = (token = ""): Client => connect(simulator, { key: null, params: { token } });
    equal((await withToken(tokens[0]).closed).code, 1008);
    const client = withToken(tokens[1]);
    ok(await client.message("Begin"));
  });

  it("does not start with a token fault that is not an HTTP status", async () => {
    await start();
    for (const tokenFault of [99, 200, 1000, 404.5, Number.NaN]) await rejects(startSimulator({ tokenFault }), RangeError);
  });
});
