import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import { connect, type AddressInfo } from "node:net";
import type { Express, NextFunction, Request, Response } from "express";
import type { NodeAPI } from "node-red";
import { MicrophoneTrial } from "../../../nodes/lib/microphone/trial";
import { serveMicrophoneTrials } from "../../../nodes/microphone-trial-route";
import { until } from "../../support/until";

type ExpressModule = (() => Express) & { json(): (request: Request, response: Response, next: NextFunction) => void };
/** Node-RED's own. */
const express = createRequire(require.resolve("node-red"))("express") as ExpressModule;

const PATH = "/assemblyai-microphone/mic/trial";
const settings = { device: "hall", sampleRate: 16_000 };
const BODY = JSON.stringify(settings);

describe("the route of the microphone's trial", () => {
  let server: Server;
  let port: number;
  /** the permission checks that wait */
  let checks: { response: Response; next: NextFunction }[];
  let isSlow: boolean;
  let started: number;
  let stopped: number;
  let refusal: Error | undefined;

  beforeEach(async () => {
    [checks, isSlow, started, stopped, refusal] = [[], false, 0, 0, undefined];
    const recorder = (): { stop(): void } => {
      started++;
      return { stop: () => void stopped++ };
    };
    const trial = new MicrophoneTrial(recorder, settings);
    const begin = trial.begin.bind(trial);
    trial.begin = (events) => {
      if (refusal) throw refusal;
      return begin(events);
    };
    const app = express();
    app.use(express.json());
    const needsPermission = () => (_request: Request, response: Response, next: NextFunction) => {
      if (isSlow) checks.push({ response, next });
      else next();
    };
    const RED = { httpAdmin: app, auth: { needsPermission }, nodes: { getNode: () => ({ trial, settings }) } } as object as NodeAPI;
    serveMicrophoneTrials(RED);
    app.set("env", "test"); // Express logs no error of a handler's
    server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = (signal: AbortSignal | null = null) =>
    fetch(`http://127.0.0.1:${port}${PATH}`, { method: "POST", headers: { "content-type": "application/json" }, body: BODY, signal });

  /** The next one may record, and ends where its client leaves. */
  async function assertFree(): Promise<void> {
    const earlier = { started, stopped };
    const leaving = new AbortController();
    const asked = ask(leaving.signal);
    await until("a recorder", () => started === earlier.started + 1);
    leaving.abort();
    await assert.rejects(asked, { name: "AbortError" });
    await until("the recorder's end", () => stopped === earlier.stopped + 1);
  }

  it("records nothing for a client that has left before its permission was checked, and stays free", async () => {
    isSlow = true;
    const socket = connect(port, "127.0.0.1");
    const head = `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`;
    socket.write(head + BODY);
    const check = await until("the check", () => checks[0]);
    socket.destroy();
    await until("the client's leaving", () => check.response.destroyed);
    check.next();
    assert.equal(started, 0);
    isSlow = false;
    await assertFree();
  });

  it("stays free where a trial throws", async () => {
    refusal = new Error("a fault");
    assert.equal((await ask()).status, 500);
    refusal = undefined;
    await assertFree();
  });
});
