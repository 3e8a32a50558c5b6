/** What the simulator answers over HTTP: tokens, the sample recordings, the ledger. */
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Ledger } from "./ledger";
import { SAMPLES } from "./recognisers/recordings";
import type { Tokens } from "./tokens";

export function answer(request: IncomingMessage, response: ServerResponse, tokens: Tokens, ledger: Ledger): void {
  const url = new URL(request.url ?? "/", "http://simulator");
  if (request.method !== "GET" && request.method !== "HEAD") return json(response, 405, { error: "Method Not Allowed" });
  if (url.pathname === "/v3/token") {
    const { status, body } = tokens.request(url.searchParams, request.headers.authorization);
    return json(response, status, body);
  }
  if (url.pathname === "/ledger") return json(response, 200, { ...ledger.state });
  const samples = readdirSync(SAMPLES).filter((file) => file.endsWith(".wav"));
  if (url.pathname === "/samples/") return json(response, 200, samples);
  // Looked up in the list, never joined from what was asked for: no other file can be reached.
  const sample = samples.find((file) => url.pathname === `/samples/${file}`);
  if (sample === undefined) return json(response, 404, { error: "Not Found" });
  const file = readFileSync(join(SAMPLES, sample));
  response.writeHead(200, { "content-type": "audio/wav", "content-length": file.length }).end(file);
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
