import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { MAX_FRAME_BYTES, type Closed } from "../../../nodes/lib/assemblyai/connection";
import { closeLoopback, Recorder, tcpServer, unusedUrl, until, upgradeAndFallSilent, webSocketServer } from "../../support/loopback";
import { countingPcm } from "../../support/pcm";

type Accepted = [WebSocket, IncomingMessage];

/** A connection and the server's side of it, both open. */
async function connected(options: Parameters<typeof webSocketServer>[0] = {}) {
  const { server, url } = await webSocketServer(options);
  const accepting = once(server, "connection") as Promise<Accepted>;
  const client = new Recorder(url);
  const [peer, request] = await accepting;
  await client.opened;
  return { client, peer, request };
}

/** Ended once, with no timer left, and nothing more comes whatever is done with it. */
async function assertOver(client: Recorder): Promise<Closed> {
  const end = await client.closed;
  assert.equal(client.clock.timers, 0, "no timer is left");
  client.connection.send("late");
  client.connection.close();
  client.connection.destroy();
  client.clock.advance(120_000);
  await new Promise((resolve) => void setTimeout(resolve, 5));
  assert.equal(client.ends.length, 1, "closed is called once");
  assert.equal(client.clock.timers, 0, "no timer is left");
  return end;
}

describe("connection", () => {
  afterEach(closeLoopback);

  describe("while open", () => {
    it("sends the raw key in the Authorization header, and nowhere else", async () => {
      const { client, request } = await connected();
      assert.equal(request.headers.authorization, "the-key");
      assert.equal(request.headers["user-agent"], "node-red-contrib-assemblyai/1.2.3");
      assert.equal(request.url, "/v3/ws?speech_model=x");
      assert.equal(request.headers["sec-websocket-extensions"], undefined, "no compression");
      assert.equal(client.opens, 1);
    });

    it("passes on texts in order, and ignores binary frames", async () => {
      const { client, peer } = await connected();
      peer.send("one");
      peer.send(Buffer.from("binary"));
      peer.send("");
      peer.send(Buffer.from("zwei – ü"), { binary: false });
      await until(() => client.texts.length === 3);
      assert.deepEqual(client.texts, ["one", "", "zwei – ü"]);
    });

    it("sends texts as texts and audio as binary, bit exact, and leaves the audio as it was", async () => {
      const { client, peer } = await connected();
      const got: [string | Buffer, boolean][] = [];
      peer.on("message", (data, isBinary) => got.push([isBinary ? (data as Buffer) : (data as Buffer).toString(), isBinary]));
      const audio = countingPcm(1600);
      client.connection.send("text");
      client.connection.send(audio);
      client.connection.send(audio.subarray(100, 300));
      await until(() => got.length === 3);
      assert.deepEqual(got, [
        ["text", false],
        [countingPcm(1600), true],
        [countingPcm(1600).subarray(100, 300), true],
      ]);
      assert.ok(audio.equals(countingPcm(1600)), "the timeline may have to send it again");
    });

    it("takes a frame of 4 MB", async () => {
      const { client, peer } = await connected();
      peer.send("x".repeat(MAX_FRAME_BYTES));
      await until(() => client.texts.length === 1);
      assert.equal(client.texts[0]?.length, 4 * 1024 * 1024);
    });

    it("sends nothing and throws nothing before it is open", async () => {
      const { server, url } = await webSocketServer();
      const messages: unknown[] = [];
      server.on("connection", (peer) => peer.on("message", (data) => messages.push((data as Buffer).toString())));
      const client = new Recorder(url);
      client.connection.send("early");
      client.connection.send(Buffer.alloc(3200));
      await client.opened;
      client.connection.send("open");
      await until(() => messages.length > 0);
      assert.deepEqual(messages, ["open"]);
    });
  });

  describe("refused", () => {
    for (const status of [301, 401, 402, 403, 404, 429, 500, 503]) {
      it(`with HTTP ${status} says so`, async () => {
        const body = "x".repeat(100_000);
        const { url } = await tcpServer((socket) => {
          socket.once("data", () => socket.write(`HTTP/1.1 ${status} No\r\nLocation: /\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
        });
        const client = new Recorder(url);
        const end = await assertOver(client);
        assert.deepEqual([end.code, end.httpStatus], [1006, status]);
        assert.equal(client.opens, 0);
      });
    }

    it("by nobody listening reports ECONNREFUSED, and where", async () => {
      const url = await unusedUrl();
      const client = new Recorder(url);
      const end = await assertOver(client);
      const { address, port } = end.error as NodeJS.ErrnoException & { address?: string; port?: number };
      assert.equal(`${address}:${port}`, new URL(url).host);
      assert.deepEqual([end.code, end.error?.code, end.httpStatus], [1006, "ECONNREFUSED", undefined]);
    });

    it("by a server that hangs up, or that speaks no HTTP, or no TLS", async () => {
      const silent = await tcpServer((socket) => socket.once("data", () => socket.end()));
      const babbling = await tcpServer((socket) => socket.once("data", () => socket.end("220 mail ready\r\n")));
      const wrongKey = await tcpServer((socket) =>
        socket.once("data", () =>
          socket.write("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"),
        ),
      );
      for (const url of [silent.url, babbling.url, wrongKey.url, silent.url.replace("ws:", "wss:")]) {
        const client = new Recorder(url);
        const end = await assertOver(client);
        assert.equal(end.code, 1006);
        assert.ok(end.error, url);
        assert.equal(client.opens, 0);
      }
    });
  });

  describe("torn down while it connects", () => {
    for (const how of ["close", "destroy"] as const) {
      it(`by ${how}, at once or later, throws nothing and closes once`, async () => {
        const { url, sockets } = await tcpServer(() => undefined);
        const atOnce = new Recorder(url);
        atOnce.connection[how]();
        await assertOver(atOnce);
        const later = new Recorder(url);
        await until(() => sockets.length > 0);
        later.connection[how]();
        later.connection.destroy();
        await assertOver(later);
        assert.equal(atOnce.opens + later.opens, 0);
      });
    }

    it("in the moment of the answer", async () => {
      const { server, url } = await webSocketServer();
      const client = new Recorder(url);
      server.on("headers", () => client.connection.destroy());
      await assertOver(client);
      assert.equal(client.opens, 0);
    });
  });

  describe("ended by the peer", () => {
    it("reports the code and the reason of its close", async () => {
      for (const [code, reason] of [
        [1000, "Session Ended"],
        [1008, "See Error message for details"],
        [3005, ""],
        [4999, "ü"],
      ] as const) {
        const { client, peer } = await connected();
        peer.close(code, reason);
        assert.deepEqual(await assertOver(client), { code, reason });
      }
    });

    it("reports 1005 for a close without a code, and 1006 for none at all", async () => {
      const closing = await connected();
      closing.peer.close();
      assert.equal((await assertOver(closing.client)).code, 1005);
      const breaking = await connected();
      breaking.peer.terminate();
      assert.equal((await assertOver(breaking.client)).code, 1006);
    });

    it("passes on messages before the close, and none after it", async () => {
      const { client, peer } = await connected();
      for (let message = 0; message < 100; message++) peer.send(`${message}`);
      peer.close(1000);
      await assertOver(client);
      assert.equal(client.texts.length, 100);
    });
  });

  describe("ended by this side", () => {
    it("closes with the handshake", async () => {
      const { client, peer } = await connected();
      const closed = once(peer, "close");
      client.connection.send("Terminate");
      client.connection.close();
      client.connection.close();
      assert.deepEqual(await assertOver(client), { code: 1000, reason: "" });
      assert.equal((await closed)[0], 1000);
    });

    it("leaves no timer behind, also while it waits for a pong", async () => {
      const { client } = await connected({ autoPong: false });
      client.clock.advance(10_000);
      assert.equal(client.clock.timers, 2);
      client.connection.destroy();
      await assertOver(client);
    });

    it("cuts off at once", async () => {
      const { client, peer } = await connected();
      const closed = once(peer, "close");
      client.connection.destroy();
      client.connection.destroy();
      assert.equal((await assertOver(client)).code, 1006);
      assert.equal((await closed)[0], 1006);
    });

    it("may be ended from within its own handlers", async () => {
      const { server, url } = await webSocketServer();
      server.on("connection", (peer) => peer.send("hello"));
      const client = new Recorder(url);
      client.texts.push = (...texts) => {
        client.connection.destroy();
        return texts.length;
      };
      await assertOver(client);
    });
  });

  describe("with a peer that went silent", () => {
    it("finds it by its pings within 20 s, however long it was alive", async () => {
      const { client, peer } = await connected({ autoPong: false });
      let pings = 0;
      let payload: Buffer | undefined;
      peer.on("ping", (data) => {
        pings++;
        payload = data;
      });
      for (let answered = 1; answered <= 3; answered++) {
        client.clock.advance(10_000);
        await until(() => pings === answered);
        assert.equal(client.clock.timers, 2, "waits for the pong");
        peer.pong(payload);
        await until(() => client.clock.timers === 1);
        assert.equal(client.pongs, answered, "and tells that it came");
      }
      // It dies right after it answered: the worst moment.
      const from = client.clock.now();
      while (client.clock.timers > 0 && client.clock.now() - from <= 20_000) {
        client.clock.advance(1000);
        await new Promise((resolve) => void setImmediate(resolve));
        if (client.ends.length > 0) break;
      }
      const end = await client.closed;
      assert.ok(client.clock.now() - from <= 20_000, `found after ${client.clock.now() - from} ms`);
      assert.deepEqual([end.code, end.dead], [1006, true]);
      await assertOver(client);
    });

    it("detects it within 9 s of a ping, and no later after a further ping", async () => {
      const { client, peer } = await connected({ autoPong: false });
      peer.once("ping", (data) => peer.pong(data));
      client.connection.ping();
      await until(() => client.pongs === 1);
      for (let second = 0; second < 9; second++) {
        assert.equal(client.ends.length, 0);
        client.connection.ping();
        client.clock.advance(1000);
      }
      assert.equal((await assertOver(client)).dead, true);
    });

    it("finds it though it still sent something before it fell silent", async () => {
      const { client, peer } = await connected({ autoPong: false });
      let pings = 0;
      peer.on("ping", () => pings++);
      client.clock.advance(10_000);
      await until(() => pings === 1);
      peer.send("a turn, and no pong any more");
      await until(() => client.texts.length === 1);
      client.clock.advance(10_000);
      await until(() => pings === 2);
      client.clock.advance(9_000);
      assert.equal((await assertOver(client)).dead, true);
    });

    it("takes a pong that nobody asked for as a sign of life only, and one pong as the answer to all pings before it", async () => {
      const { client, peer } = await connected({ autoPong: false });
      const payloads: string[] = [];
      peer.on("ping", (data) => payloads.push(data.toString()));
      for (const ping of [1, 2, 3]) {
        client.connection.ping();
        await until(() => payloads.length === ping);
        client.clock.advance(1000);
      }
      for (const payload of ["", "heartbeat", payloads[1], payloads[0], payloads[1]]) peer.pong(payload);
      peer.send("after the pongs");
      await until(() => client.texts.length === 1);
      assert.deepEqual(client.roundTrips, [3000], "of the oldest");
      peer.pong(payloads[2]);
      await until(() => client.pongs === 2);
      assert.deepEqual(client.roundTrips, [3000, 1000]);
    });

    it("keeps one that answers for hours", async () => {
      const { client, peer } = await connected();
      let pings = 0;
      peer.on("ping", () => pings++);
      for (let round = 1; round <= 400; round++) {
        client.clock.advance(10_000);
        await until(() => pings === round && client.clock.timers === 1);
      }
      assert.equal(client.ends.length, 0);
    });

    it("cuts it off 1 s after a close that it does not finish, whoever began it and why", async () => {
      const closeFrame = Buffer.from([0x88, 2, 1011 >> 8, 1011 & 0xff]);
      const tooLong = Buffer.alloc(10);
      tooLong.set([0x81, 127]);
      tooLong.writeBigUInt64BE(BigInt(MAX_FRAME_BYTES + 1), 2);
      const reservedBits = Buffer.from([0xf1, 1, 65]);
      const cases: [name: string, frame: Buffer, code: number, error: string | undefined][] = [
        ["this side's close", Buffer.alloc(0), 1006, undefined],
        ["the peer's close", closeFrame, 1011, undefined],
        ["a frame that is too long", tooLong, 1006, "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
        ["a frame that breaks the protocol", reservedBits, 1006, "WS_ERR_UNEXPECTED_RSV_2_3"],
      ];
      await Promise.all(
        cases.map(async ([name, frame, code, error]) => {
          const { url } = await tcpServer(upgradeAndFallSilent(frame));
          const client = new Recorder(url);
          await client.opened;
          const from = performance.now();
          if (frame.length === 0) client.connection.close();
          const end = await client.closed;
          const ms = performance.now() - from;
          assert.ok(ms > 900 && ms < 1500, `${name}: after ${ms} ms`);
          assert.deepEqual([end.code, end.error?.code], [code, error], name);
          await assertOver(client);
        }),
      );
    });
  });

  it("ends with a frame over 4 MB, of which nothing is given on", async () => {
    for (const send of [
      (peer: WebSocket) => peer.send("x".repeat(MAX_FRAME_BYTES + 1)),
      (peer: WebSocket) => {
        for (let part = 0; part < 5; part++) peer.send("x".repeat(1024 * 1024), { fin: part === 4 });
      },
    ]) {
      const { client, peer } = await connected();
      peer.on("error", () => undefined);
      send(peer);
      const end = await assertOver(client);
      assert.equal(end.error?.code, "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
      assert.deepEqual(client.texts, []);
    }
  });
});
