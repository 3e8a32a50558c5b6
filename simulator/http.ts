/** What the simulator answers over HTTP: tokens, the sample recordings, the ledger. */
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Ledger } from "./ledger";
import { calledByName, CALLED_BY_NAME } from "./called-by-name";
import { SAMPLES } from "./recognisers/recordings";
import type { Tokens } from "./tokens";
import { refusal } from "./visitors";

/**
 * The path and query of a request. Split by hand: `URL` throws for some targets that a client may send, and reads `//a/b` as the host `a`.
 */
export function targetOf(request: IncomingMessage): { path: string; query: URLSearchParams } {
  const [path = "/", query] = (request.url ?? "/").split(/\?(.*)/s);
  return { path, query: new URLSearchParams(query) };
}

export interface Served {
  tokens: Tokens;
  ledger: Ledger;
  /** Whose pages may ask (CORS). */
  allowedOrigins: readonly string[];
}

/** Answers any request. */
export function answer(request: IncomingMessage, response: ServerResponse, served: Served): void {
  try {
    respond(request, response, served);
  } catch {
    // Many connections may leave no file to open.
    json(response, 503, { error: "Service Unavailable" });
  }
}

function respond(request: IncomingMessage, response: ServerResponse, { tokens, ledger, allowedOrigins }: Served): void {
  const { path, query } = targetOf(request);
  const refused = refusal(request.headers, allowedOrigins);
  if (refused !== undefined) return json(response, 403, { error: `Forbidden: ${refused}` });
  if (request.headers.origin !== undefined) {
    response.setHeader("access-control-allow-origin", request.headers.origin).setHeader("vary", "Origin");
    // The browser asks first whether the page may send its key.
    if (request.method === "OPTIONS") {
      response.writeHead(204, { "access-control-allow-headers": "authorization" }).end();
      return;
    }
  }
  if (request.method !== "GET" && request.method !== "HEAD") return json(response, 405, { error: "Method Not Allowed" });
  if (path === "/v3/token") {
    const { status, body } = tokens.request(query, request.headers.authorization);
    return json(response, status, body);
  }
  if (path === "/ledger") return json(response, 200, { ...ledger.state });
  const samples = readdirSync(SAMPLES).filter((file) => file.endsWith(".wav"));
  if (path === "/samples/") return json(response, 200, [...samples, CALLED_BY_NAME].sort());
  if (path === `/samples/${CALLED_BY_NAME}`) return wav(response, calledByName());
  // Looked up in the list, never joined from the request's path: no other file can be reached.
  const sample = samples.find((file) => path === `/samples/${file}`);
  if (sample === undefined) return json(response, 404, { error: "Not Found" });
  wav(response, readFileSync(join(SAMPLES, sample)));
}

function wav(response: ServerResponse, file: Buffer): void {
  response.writeHead(200, { "content-type": "audio/wav", "content-length": file.length }).end(file);
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
