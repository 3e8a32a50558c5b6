// Pictures of one flow: microphone → speech to text → debug, with what goes over each wire; its session from the first word to the hang-up,
// as an animation; and the microphone's dialog, with its test. A recording of a person is played into the microphone. Everything is the
// editor's own, except the labels on the wires: this script puts them over the picture, and they quote messages that have gone there before.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Editor } from "../../dist/test/support/editor.js";
import { startFakeMicrophone } from "../../dist/test/support/fake-mic.js";
import { account, debug, microphone, speechToText, start, tab } from "../../dist/test/support/flow-parts.js";
import { NodeRedProcess } from "../../dist/test/support/node-red-process.js";
import { nodeRed5 } from "../../dist/test/support/packed.js";
import { spoken } from "../../dist/test/support/spoken.js";
import { until } from "../../dist/test/support/until.js";
import { wavFile } from "../../dist/test/support/wav-file.js";
import { animatedPng } from "./apng.mjs";

const SESSION_MS = 60_000;
const VIEWPORT = { width: 1200, height: 470 };
const FRAME_MS = 500;
/** For how long the animation shows its end. */
const END_MS = 4000;
/** Bytes. */
const LARGEST_ANIMATION = 1_000_000;
const OUTPUTS = ["final turns", "partial turns", "session events"];

/** The flow, wide enough for labels on its wires. The microphone stops with the session by way of two link nodes. */
function wide(url) {
  const at = (node, x, y) => ({ ...node, x, y });
  const shown = (name, y, statusVal) => ({
    ...at(debug(name, "true"), 1040, y),
    tostatus: true,
    ...(statusVal ? { statusVal, statusType: "msg" } : {}),
  });
  const link = { z: "tab", name: "stop with the session", l: true };
  return [
    tab({ label: "Microphone to debug" }),
    account(url),
    at(start("mic"), 90, 160),
    { ...at(link, 120, 260), id: "back", type: "link in", links: ["out"], wires: [["mic"]] },
    at(microphone({ wires: [["stt"]] }), 290, 160),
    at(speechToText({ wires: [[OUTPUTS[0]], [OUTPUTS[1]], [OUTPUTS[2], "out"]] }), 640, 160),
    shown(OUTPUTS[0], 60),
    shown(OUTPUTS[1], 160),
    shown(OUTPUTS[2], 270, "event"),
    { ...at(link, 860, 330), id: "out", type: "link out", mode: "link", links: ["back"], wires: [] },
  ];
}

/** @param tools `browser`, `simulator`, `folder` of the pictures, `take`, `takeDialog`, `reportSize` */
export async function takeFlow({ browser, simulator, folder, take, takeDialog, reportSize }) {
  const said = mkdtempSync(join(tmpdir(), "flow-picture-"));
  const wav = join(said, "said.wav");
  const { pcm } = spoken({ recordings: ["goforward"], leadMs: 2000, pauseMs: SESSION_MS });
  writeFileSync(wav, wavFile({ audio: Buffer.from(pcm.buffer) }));
  const mic = await startFakeMicrophone({ wav, leadSeconds: 0 });
  const nodeRed = await NodeRedProcess.start({ program: nodeRed5(), env: mic.env });
  try {
    const editor = await Editor.open(browser, nodeRed, { viewport: VIEWPORT });
    const { page } = editor;
    await page.evaluate(`RED.actions.invoke("core:toggle-palette"); RED.actions.invoke("core:toggle-sidebar")`);
    const flow = wide(simulator.url);
    const overheard = flow.map((node) => (node.id === "mic" ? { ...node, wires: [["stt", "audio"]] } : node));
    await editor.show(nodeRed, [...overheard, debug("audio", "true")]);
    await session(nodeRed);
    const labels = labelsOf(nodeRed);

    await editor.show(nodeRed, flow);
    const clip = await clipOf(page);
    const path = join(folder, "session.png");
    writeFileSync(path, animatedPng(framesOf(await picturesOf(page, clip, session(nodeRed)))));
    reportSize(path, LARGEST_ANIMATION);
    await page.evaluate(DRAW_LABELS, labels);
    await take(page, "wires", { clip });
    await editor.close();
    await takeTest(browser, nodeRed, takeDialog);
  } finally {
    await nodeRed.stop();
    await mic.stop();
    rmSync(said, { recursive: true, force: true });
  }
}

/** The microphone's dialog after its test, at twice the size, as the other dialogs. */
async function takeTest(browser, nodeRed, takeDialog) {
  const editor = await Editor.open(browser, nodeRed, { viewport: { width: VIEWPORT.width, height: 680 }, scale: 2 });
  await editor.edit("mic");
  await editor.page.locator("#assemblyai-microphone-try").click();
  await editor.page.locator("#assemblyai-microphone-heard").waitFor({ timeout: SESSION_MS });
  await editor.page.locator("#assemblyai-microphone-try:enabled").waitFor({ timeout: SESSION_MS });
  await takeDialog(editor.page, "microphone");
  await editor.close();
}

/** Pictures of the page, each with its time, until something is over, and one of what it has left. */
async function picturesOf(page, clip, process) {
  const isOver = process.then(() => true);
  const pictures = [];
  const picture = async () => pictures.push({ at: performance.now(), png: await page.screenshot({ clip, animations: "disabled" }) });
  do await picture();
  while (!(await Promise.race([isOver, page.waitForTimeout(FRAME_MS)])));
  await page.waitForTimeout(END_MS / 4);
  await picture();
  return pictures;
}

/** One session, from the click to its termination. */
async function session(nodeRed) {
  const ended = () => nodeRed.shown("session events").filter(({ event }) => event === "termination").length;
  const before = ended();
  await nodeRed.inject("start");
  await until("the session's end", () => ended() > before, SESSION_MS);
}

/** What has gone over each wire, in short: the ids of its ends, and lines of text. */
function labelsOf(nodeRed) {
  const [audio] = nodeRed.shown("audio");
  const final = nodeRed.shown("final turns").at(-1);
  const partial = nodeRed.shown("partial turns").at(-1);
  const end = nodeRed.shown("session events").findLast(({ event }) => event === "termination");
  const { reason, sessionSeconds, costUsd } = end.payload;
  const { encoding, sampleRate } = audio.audio;
  return [
    ["mic", "stt", ["every 50 ms:", `Buffer, ${audio.payload.length} bytes`, `${encoding}, ${sampleRate} Hz`]],
    ["stt", "final turns", [`payload: "${final.payload}"`, `final: ${final.final}`]],
    ["stt", "partial turns", [`payload: "${partial.payload}"`]],
    ["stt", "session events", [`event: "${end.event}", reason: "${reason}"`, `sessionSeconds: ${sessionSeconds}, costUsd: ${costUsd}`]],
    ["back", "mic", [`listening: ${end.listening}`]],
  ];
}

/** The flow and some space around it. */
function clipOf(page) {
  return page.evaluate(() => {
    const chart = document.querySelector("#red-ui-workspace-chart").getBoundingClientRect();
    return { x: chart.x, y: chart.y, width: 1170, height: 350 };
  });
}

/** Each picture until the next one that differs. */
function framesOf(pictures) {
  const changes = pictures.filter(({ png }, i) => !pictures[i - 1]?.png.equals(png));
  return changes.map(({ png, at }, i) => ({ png, ms: i + 1 < changes.length ? Math.round(changes[i + 1].at - at) : END_MS }));
}

/** Runs in the page: writes each label above the middle of its wire, beside it where the wire rises or falls. */
function DRAW_LABELS(labels) {
  const svg = document.querySelector("#red-ui-workspace-chart svg");
  for (const [from, to, lines] of labels) {
    const wire = [...document.querySelectorAll(".red-ui-flow-link")].find(
      ({ __data__: { source, target } }) => source.id === from && target.id === to,
    );
    const path = wire.querySelector(".red-ui-flow-link-line");
    const { x, y } = path.getPointAtLength(path.getTotalLength() / 2);
    const point = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM().inverse().multiply(path.getScreenCTM()));
    const { y: y2 } = path.getPointAtLength(path.getTotalLength());
    const { y: y1 } = path.getPointAtLength(0);
    const [anchor, aside, below] = Math.abs(y2 - y1) < 20 ? ["middle", 0, 0] : y2 < y1 ? ["end", -8, 0] : ["start", 16, 12];
    lines.forEach((line, i) => {
      const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
      text.setAttribute("x", point.x + aside);
      text.setAttribute("y", point.y + below - 7 - 15 * (lines.length - 1 - i));
      text.setAttribute(
        "style",
        `font: 12px Arial, sans-serif; text-anchor: ${anchor}; fill: #333; stroke: #fff; stroke-width: 3px; paint-order: stroke`,
      );
      text.textContent = line;
      svg.append(text);
    });
  }
}
