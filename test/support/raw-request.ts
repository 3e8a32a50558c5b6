import { request, type IncomingMessage } from "node:http";

/**
 * A request as a browser or an attacker would send it: `fetch` does not let Host and Origin be set. Resolves with the status of the answer.
 * @param target the request's target where it is not the URL's path: clients write paths only
 */
export function statusOf(
  url: string,
  headers: Record<string, string>,
  { method = "GET", body = "", target }: { method?: string; body?: string; target?: string } = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false, ...(target === undefined ? {} : { path: target }) });
    const answered = (response: IncomingMessage): void => {
      response.resume();
      resolve(response.statusCode ?? 0);
    };
    sent.on("response", answered).on("error", reject);
    sent.on("upgrade", (response, socket) => {
      socket.destroy();
      answered(response);
    });
    sent.end(body);
  });
}

/** Asks for a WebSocket: 101 is the answer that opens one. */
export const UPGRADE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
};
