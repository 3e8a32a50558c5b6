// Preloaded into the demo's Node-RED, which asks for no password: its servers refuse what a web page of another origin sends, before
// Node-RED sees it. Node-RED's own middlewares would not do: they see no upgrade of the editor's WebSocket.
const { EventEmitter } = require("node:events");
const { Server } = require("node:http");
const { refusal } = require("../dist/simulator/visitors.js");

Server.prototype.emit = function emitForOwnPages(event, request, answer, ...more) {
  const refused = event === "request" || event === "upgrade" ? refusal(request.headers) : undefined;
  if (refused === undefined) return EventEmitter.prototype.emit.call(this, event, request, answer, ...more);
  const text = `${refused}\n`;
  if (event === "request") {
    answer.writeHead(403, { "content-type": "text/plain", "content-length": text.length }).end(text);
  } else {
    answer.on("error", () => answer.destroy());
    answer.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: ${text.length}\r\n\r\n${text}`, () => answer.destroy());
  }
  return true;
};
