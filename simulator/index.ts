/**
 * An offline AssemblyAI v3 streaming service, for tests, demos and flows that are built without a key. README.md describes its behaviour,
 * and from which sources it is known that the real service behaves so.
 */
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { systemClock } from "../nodes/lib/common/clock";
import type { Fault } from "./faults";
import { answer, targetOf } from "./http";
import { NO_LATENCY } from "./latency";
import { Ledger } from "./ledger";
import { ProtocolError } from "./protocol-error";
import { faultsOf, type SimulatorOptions } from "./options";
import { scriptRecogniser } from "./recognisers/script";
import { SessionRecord } from "./record";
import { SimulatorSession } from "./session";
import { EnergyDetector } from "./speech-detector";
import { Tokens } from "./tokens";
import { refusal } from "./visitors";

export { DEVIATIONS, parseDeviation, type Deviation } from "./deviations";
export { LONGEST_TIMER_MS, NAMED_FAULTS, parseFault, type Fault, type Moment } from "./faults";
export type { Ledger, LedgerState } from "./ledger";
export { REALISTIC_LATENCY, type Latency } from "./latency";
export type { SimulatorOptions } from "./options";
export type { Recogniser, SessionRecogniser, Utterance, Word } from "./recogniser";
export { ChangingRecogniser, startMoonshine } from "./recognisers/changing";
export { moonshineRecogniser } from "./recognisers/moonshine";
export { installMoonshine, isInstalled, moonshineFolder } from "./recognisers/moonshine-install";
export { loadRecording, sampleRecordings, type Recording } from "./recognisers/recordings";
export { scriptRecogniser } from "./recognisers/script";
export type { SessionRecord } from "./record";
export type { SimulatorSession } from "./session";
export type { SpeechDetector } from "./speech-detector";

const PATH = "/v3/ws";
/** The largest message that the service takes; a larger one is answered with 1009. */
const MAX_MESSAGE_BYTES = 128 * 1024;
/** "3 h"; LIVE: expires_at = now + 10798 s without a cap. */
const MAX_SESSION_MS = 3 * 3600 * 1000;
const MAX_AHEAD_MS = 5 * 60 * 1000;
/** The most connections at a time; further ones are cut at once, so that a client that opens them without end cannot exhaust the memory. */
const MAX_CONNECTIONS = 1000;

export interface Simulator {
  /** For a client: `ws(s)://127.0.0.1:<port>/v3/ws`. */
  readonly url: string;
  /** `http(s)://127.0.0.1:<port>`: the token endpoint, `/samples/`, `/ledger`. */
  readonly httpUrl: string;
  readonly port: number;
  readonly ledger: Ledger;
  /** Every session since the start, in order of connection. */
  readonly sessions: readonly SimulatorSession[];
  /** The session of the n-th connection (from 0), as soon as there is one. Refused upgrades do not count. */
  session(index: number): Promise<SimulatorSession>;
  /** Cuts every connection and stops listening. Resolves when no socket, timer or worker is left. */
  close(): Promise<void>;
}

/** @throws Error where the port is taken, RangeError for an option that no server could obey */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.clock ?? systemClock;
  const latency = { ...NO_LATENCY, ...options.latency };
  const recogniser = options.recogniser ?? scriptRecogniser(options.recordings);
  const sessions: SimulatorSession[] = [];
  const ledger = new Ledger(sessions);
  const waiting: { index: number; resolve: (session: SimulatorSession) => void }[] = [];
  const acceptsKey = (key: string): boolean => (options.keys ? options.keys.includes(key) : key !== "" && !/\s/.test(key));
  const deviations = new Set(options.deviations);
  const tokens = new Tokens(clock, acceptsKey, options.singleUseTokens ?? false, options.tokenFault);
  let connections = 0;

  const server = options.tls ? createHttpsServer(options.tls) : createHttpServer();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });

  const allowedOrigins = options.allowedOrigins ?? [];
  server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
  server.on("request", (request, response) => answer(request, response, { tokens, ledger, allowedOrigins }));
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    if (refusal(request.headers, allowedOrigins) !== undefined) return refuse(socket, 403);
    if (targetOf(request).path !== PATH) return refuse(socket, 404);
    const faults = faultsOf(options.faults, connections++);
    const refused = faults.find((fault) => fault.kind === "refuse");
    if (refused) return refuse(socket, refused.status);
    sockets.handleUpgrade(request, socket, head, (client) => open(client, request, socket, faults));
  });

  function open(client: WebSocket, request: IncomingMessage, socket: Duplex, faults: readonly Fault[]): void {
    const { query } = targetOf(request);
    const token = query.get("token");
    const key = request.headers.authorization;
    const authorization = key !== undefined ? "key" : token !== null ? "token" : "none";
    const maxSessionMs = options.maxSessionMs ?? MAX_SESSION_MS;
    const record = new SessionRecord(
      { index: sessions.length, query, authorization, at: clock.now() },
      { audio: options.keepAudio ?? false, messages: options.keepMessages ?? true },
    );
    const session = new SimulatorSession(record, client, {
      clock,
      latency,
      strictFrames: options.strictFrames ?? false,
      realtime: options.processing === "realtime",
      earlyStartMs: options.earlyStartMs ?? 0,
      terminationOnExpiry: options.terminationOnExpiry ?? false,
      defaultModel: options.defaultModel ?? "universal-3-6-pro",
      maxSessionMs,
      maxAheadMs: options.maxAheadMs ?? MAX_AHEAD_MS,
      recogniser,
      speakers: options.speakers ?? (() => ({ label: "A" })),
      detector: (sampleRate) => options.detector?.(sampleRate) ?? recogniser.detector?.(sampleRate) ?? new EnergyDetector(sampleRate),
      faults,
      deviations,
      authenticate() {
        if (key === undefined && token === null) throw new ProtocolError(1008, "Unauthorized Connection: Missing Authorization header");
        if (key === undefined && token !== null) return tokens.redeem(token);
        if (key === undefined || !acceptsKey(key)) throw new ProtocolError(1008, "Unauthorized Connection: Invalid API key");
        return maxSessionMs;
      },
      deafen: () => socket.removeAllListeners("data").on("data", () => undefined),
      begun: (begun) => options.onBegin?.(begun),
      ended: (ended) => options.onEnd?.(ended),
    });
    sessions.push(session);
    options.onSession?.(session);
    session.start();
    for (const { index, resolve } of waiting) if (index === record.index) resolve(session);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const secure = options.tls ? "s" : "";

  return {
    url: `ws${secure}://127.0.0.1:${port}${PATH}`,
    httpUrl: `http${secure}://127.0.0.1:${port}`,
    port,
    ledger,
    sessions,
    session: (index) => new Promise((resolve) => (sessions[index] ? resolve(sessions[index]) : waiting.push({ index, resolve }))),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.drop();
      server.closeAllConnections();
      await Promise.all(sessions.map((session) => session.closed));
      await closed;
      await recogniser.close();
    },
  };
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
