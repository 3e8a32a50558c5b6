// npm run screenshots: takes the pictures of the documents from the real editor, on Node-RED 5 in Debian's Chromium, with the simulated
// service; or some of them: npm run screenshots -- demo dialogs captions flow sidebar. Nothing is edited. The letters look as on a user's machine where Arial or its like is there: fonts-liberation.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writeBookOfDay } from "../dist/bench/day/book.js";
import { readWavFile } from "../dist/nodes/lib/audio/wav.js";
import { REALISTIC_LATENCY, startSimulator } from "../dist/simulator/index.js";
import { Editor, launchChromium } from "../dist/test/support/editor.js";
import { example, idOf, player, samples } from "../dist/test/support/examples.js";
import { startFakeMicrophone } from "../dist/test/support/fake-mic.js";
import { NodeRedProcess, root } from "../dist/test/support/node-red-process.js";
import { nodeRed5 } from "../dist/test/support/packed.js";
import { wavFile } from "../dist/test/support/wav-file.js";
import { firstFreePort } from "./node-red.mjs";
import { takeFlow } from "./screenshots/flow.mjs";

const folder = resolve(import.meta.dirname, "../screenshots");
const WIDTH = 1280;
/** Where the examples look for the simulator. */
const SIMULATOR_PORT = 8765;
const LONGEST_WAIT_MS = 30_000;
/** The sidebar is shown at this hour of its day. */
const EVENING = 21;

const names = process.argv.slice(2);
const simulator = await startSimulator({ port: await firstFreePort(SIMULATOR_PORT), latency: REALISTIC_LATENCY, processing: "realtime" });
const nodeRed = await NodeRedProcess.start({ program: nodeRed5() });
const browser = await launchChromium();
try {
  mkdirSync(folder, { recursive: true });
  const takes = {
    demo: takeDemo,
    dialogs: takeDialogs,
    captions: takeCaptions,
    flow: () => takeFlow({ browser, simulator, folder, take, takeDialog, reportSize }),
    sidebar: takeSidebar,
  };
  for (const name of names.length > 0 ? names : Object.keys(takes)) await takes[name]();
} finally {
  await browser.close();
  await nodeRed.stop();
  await simulator.close();
}

/** The second time that the recording is played: the first session is in the account, and the second is about to close. */
async function takeDemo() {
  const recording = { url: `${simulator.httpUrl}/samples/librivox_0870.wav` };
  const flow = example("00", simulator, { "fetch recording": recording, "play the recording": { once: false } });
  await nodeRed.deploy(flow);
  const editor = await Editor.open(browser, nodeRed, { viewport: { width: WIDTH, height: 560 } });
  const { page } = editor;
  page.setDefaultTimeout(LONGEST_WAIT_MS);
  const status = (type) => editor.node(idOf(flow, type)).locator(".red-ui-flow-node-status-label");
  const play = () => editor.node(idOf(flow, "play the recording")).locator(".red-ui-flow-node-button-button").click();
  await page.evaluate(`RED.actions.invoke("core:toggle-palette"); RED.actions.invoke("core:zoom-out"); RED.sidebar.show("debug")`);
  await page.locator(".red-ui-sidebar-tab-bar.red-ui-sidebar-right button.selected").first().click(); // the info, above the messages
  await play();
  await status("assemblyai-termination-stats").filter({ hasText: "1 session" }).waitFor();
  await page.evaluate(`RED.actions.invoke("core:clear-debug-messages")`);
  await play();
  await status("assemblyai-streaming").filter({ hasText: "closes in 3" }).waitFor();
  await take(page, "demo-flow");
  await editor.close();
}

async function takeDialogs() {
  const likeNew = { open: "speech", budgetUsd: 0.5 };
  const flow = example("00", simulator, { "play the recording": { once: false }, "assemblyai-streaming": likeNew });
  await nodeRed.deploy(flow);
  // They are narrow: at twice the size, their letters are as sharp as those of the other pictures.
  const editor = await Editor.open(browser, nodeRed, { viewport: { width: WIDTH, height: 560 }, scale: 2 });
  const { page } = editor;
  for (const [type, name, height] of [
    ["assemblyai-streaming", "speech-to-text", 1240],
    ["assemblyai-termination-stats", "termination-stats", 560],
  ]) {
    await page.setViewportSize({ width: WIDTH, height });
    await editor.edit(idOf(flow, type));
    await takeDialog(page, name);
    if (type === "assemblyai-streaming") {
      await editor.editConfig("config");
      await page.setViewportSize({ width: WIDTH, height: 560 });
      await page.locator("#assemblyai-config-check").click();
      await page.getByText("The service accepts this key").waitFor();
      await page.locator("#assemblyai-config-check:enabled").waitFor();
      await takeDialog(page, "account");
      await editor.configDone();
    }
    await editor.cancel();
  }
  await editor.close();
}

/** One sentence is final, the next is being said. */
async function takeCaptions() {
  const flow = example("09", simulator);
  const stt = idOf(flow, "assemblyai-streaming");
  await nodeRed.deploy([...flow, ...player(flow, "one", stt, "librivox_0880"), ...player(flow, "two", stt, "librivox_0870")]);
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 400 } });
  page.setDefaultTimeout(LONGEST_WAIT_MS);
  await page.goto(`${nodeRed.url}/captions`);
  await page.getByText("Waiting for someone to speak").waitFor();
  for (const id of ["one", "two"]) await nodeRed.inject(id);
  await page.locator("#finals p").first().waitFor();
  await page.locator("#partial").getByText("had then leisure").waitFor();
  await take(page, "captions");
  await page.close();
}

/**
 * The evening of a day at home (that of bench:day, without a television), lived through in turned time until now; then someone speaks into the microphone.
 * The time zone is one in which it is evening now.
 */
async function takeSidebar() {
  const offset = ((EVENING - new Date().getUTCHours() + 36) % 24) - 12;
  process.env.TZ = `Etc/GMT${offset > 0 ? "-" : "+"}${Math.abs(offset)}`; // by POSIX, in which west is positive
  const userDir = mkdtempSync(join(tmpdir(), "sidebar-picture-"));
  const wav = join(userDir, "said.wav");
  const said = ["librivox_0880", "librivox_0870"].map((name) => readWavFile(readFileSync(join(samples, `${name}.wav`))).samples);
  writeFileSync(wav, wavFile({ audio: Buffer.concat([said[0], Buffer.alloc(48_000), said[1]]) }));
  const microphone = { device: "filemic" };
  const flow = example("07", simulator, { "assemblyai-microphone": microphone });
  let evening;
  let mic;
  try {
    await writeBookOfDay(userDir, idOf(flow, "assemblyai-streaming"), { hours: 24, longestPauseMs: 4000, television: false }, Date.now());
    mic = await startFakeMicrophone({ wav, leadSeconds: 8 });
    const env = { ...mic.env, TZ: process.env.TZ };
    evening = await NodeRedProcess.start({ program: nodeRed5(), userDir, env, settings: { nodesDir: [root] } });
    const editor = await Editor.open(browser, evening, { viewport: { width: WIDTH + 100, height: 420 } });
    const { page } = editor;
    page.setDefaultTimeout(LONGEST_WAIT_MS);
    const day = await editor.showSidebar();
    await page.evaluate(`RED.actions.invoke("core:toggle-palette"); RED.actions.invoke("core:zoom-out")`);
    await page.locator('[data-tab-id="debug"]').click(); // the whole height is the day's
    await page.mouse.move(0, 0);
    await editor.show(evening, flow);
    await day.locator('[data-final="true"]').first().waitFor();
    await day.locator('[data-final="false"]', { hasText: "had then leisure" }).waitFor();
    await take(page, "sidebar");
    await editor.close();
  } finally {
    await evening?.stop();
    await mic?.stop();
    rmSync(userDir, { recursive: true, force: true });
  }
}

/** The dialog on top, without the flow at its left. */
async function takeDialog(page, name) {
  await page.mouse.move(0, 0); // a button under the mouse looks pressed
  const { x, width } = await page.locator(".red-ui-tray-header").last().boundingBox();
  const { y, height } = await page.locator(".red-ui-tray").last().boundingBox();
  await take(page, name, { clip: { x, y, width, height } });
}

async function take(page, name, options = {}) {
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, animations: "disabled", ...options });
  reportSize(path);
}

/** @throws Error where the file is larger than a page should load */
function reportSize(path, limit = Infinity) {
  const { size } = statSync(path);
  if (size > limit) throw new Error(`${path}: ${size} bytes, over ${limit}`);
  console.log(`${path}: ${Math.round(size / 1024)} kB`);
}
