import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator } from "playwright-core";
import { REALISTIC_LATENCY, startSimulator, type Simulator } from "../../simulator";
import { Editor, launchChromium, type Theme } from "../support/editor";
import { player } from "../support/examples";
import { account, speechToText, tab } from "../support/flow-parts";
import { NodeRedProcess, root, type FlowNode, type NodeRedProgram } from "../support/node-red-process";
import { until } from "../support/until";
import { headersOf, readerAndWriter, signIn } from "../support/users";

/** It would be a page's own, were it not set as text. */
const NAME = '<img src="x" onerror="console.error(1)">';
const TOPICS = 50;
const SENTENCE = "And Mister John Dashwood";

/** A node that hears a recording at each click of "play", and one with a stream for each of many rooms, that are quiet. */
function flow(url: string): FlowNode[] {
  const place = { z: "tab", x: 100, y: 100 };
  const inject = { type: "inject", ...place, name: "", repeat: "", crontab: "", once: false };
  const rooms = `for (let i = 1; i <= ${TOPICS}; i++) node.send({ topic: "room " + i, payload: Buffer.alloc(3200, i % 9) });`;
  const { credentials: _, ...config } = account(url);
  return [
    tab(),
    config,
    speechToText({ name: NAME, open: "audio", silenceTimeout: 4, budgetUsd: 0.5, wires: [[], [], []] }),
    speechToText({ id: "house", name: "house", open: "command", perTopic: true, maxStreams: TOPICS, wires: [[], [], []] }),
    // A subflow, and its one instance.
    { id: "within", type: "subflow", name: "within", info: "", category: "", in: [], out: [], env: [] },
    { ...speechToText({ id: "inner", name: "in a subflow", open: "command", wires: [[], [], []] }), z: "within" },
    { id: "instance", type: "subflow:within", ...place, name: "", wires: [] },
    ...player([tab()], "play", "stt", "librivox_0870"),
    { id: "enter", ...inject, props: [], repeat: "0.2", once: true, onceDelay: 0.1, wires: [["rooms"]] },
    {
      id: "rooms",
      type: "function",
      ...place,
      name: "",
      func: rooms,
      outputs: 1,
      timeout: 0,
      noerr: 0,
      initialize: "",
      finalize: "",
      libs: [],
      wires: [["house"]],
    },
  ];
}

/** To be called in a `describe`. */
export function describeSidebar(findProgram: () => NodeRedProgram, themes: readonly Theme[]): void {
  let folder: string;
  let simulator: Simulator;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let editor: Editor;
  let day: Locator;
  const requests: string[] = [];

  before(async function () {
    this.timeout(120_000); // the first use of Node-RED 5 fetches it
    simulator = await startSimulator({ latency: REALISTIC_LATENCY, processing: "realtime" });
    folder = mkdtempSync(join(tmpdir(), "sidebar-test-"));
    writeFileSync(join(folder, "flows.json"), JSON.stringify(flow(simulator.url)));
    writeFileSync(join(folder, "flows_cred.json"), JSON.stringify({ account: account(simulator.url)["credentials"] }));
    browser = await launchChromium();
    await startNodeRed();
    editor = await open("writer");
    day = await editor.showSidebar();
    editor.page.on("request", (request) => {
      if (request.url().includes("/assemblyai-sidebar")) requests.push(request.url());
    });
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await simulator?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => assert.deepEqual(editor.faults.splice(0), [], "requests that leave the machine, or errors on the console"));

  async function startNodeRed(): Promise<void> {
    const settings = { nodesDir: [root], adminAuth: readerAndWriter() };
    nodeRed = await NodeRedProcess.start({ program: findProgram(), userDir: folder, keepFlow: true, settings });
  }

  async function open(user: string, options: { theme?: Theme; language?: string } = {}): Promise<Editor> {
    return Editor.open(browser, nodeRed, { ...options, token: await signIn(nodeRed.url, user) });
  }

  async function play(): Promise<void> {
    await nodeRed.request("/inject/play", { method: "POST", headers: await headersOf(nodeRed.url, "writer") });
  }

  const section = (within: Locator, name: string) => within.getByRole("region", { name, exact: true });
  const kitchen = () => section(day, NAME);
  const bar = () => kitchen().locator(".assemblyai-sidebar-bar");
  const state = (text: string | RegExp) => kitchen().locator(".assemblyai-sidebar-state", { hasText: text }).waitFor({ timeout: 20_000 });
  const hungUp = () => until("the hang-up", () => simulator.ledger.state.open === 0, 20_000);

  /** What the page and Node-RED use of the machine, for 5 s. */
  async function coresInUse(): Promise<{ page: number; process: number }> {
    const session = await editor.page.context().newCDPSession(editor.page);
    await session.send("Performance.enable");
    const read = async () => {
      const { metrics } = await session.send("Performance.getMetrics");
      return { page: metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN, process: nodeRed.cpuSeconds };
    };
    const before = await read();
    await editor.page.waitForTimeout(5_000);
    const after = await read();
    await session.detach();
    return { page: (after.page - before.page) / 5, process: (after.process - before.process) / 5 };
  }

  it("shows a session while it runs: voice and level, words, the seconds until it hangs up, and what it cost", async () => {
    assert.equal(await kitchen().getByRole("heading").innerText(), NAME);
    await state("No audio");
    await section(day, "house")
      .locator(".assemblyai-sidebar-stream")
      .nth(TOPICS - 1)
      .waitFor({ state: "attached" });
    assert.equal(await bar().getAttribute("aria-label"), "No session today");
    await play();
    await state("In session, someone speaks");
    const level = kitchen().getByRole("meter");
    assert.ok(Number(await level.getAttribute("aria-valuenow")) > -60, "a level");
    assert.match((await level.getAttribute("aria-valuetext")) ?? "", /^-\d+ dBFS, someone speaks$/);
    await kitchen().locator('[data-final="false"]', { hasText: SENTENCE }).waitFor();
    await kitchen().locator('[data-final="true"]', { hasText: SENTENCE }).waitFor({ timeout: 20_000 });
    await state(/^In session, hangs up in [1-4] s$/);
    assert.deepEqual(await editor.layoutFaults(".assemblyai-sidebar-tab"), []);
    await hungUp();
    await state("No audio");
    await bar()
      .and(day.getByRole("slider", { name: /^Sessions today: 1 · \d+ s · \$0\.00\d\d$/ }))
      .waitFor();
    assert.match(await kitchen().locator(".assemblyai-sidebar-cost").innerText(), /^\$0\.00\d\d of \$0\.50 a day$/);
    assert.match(await day.locator(".assemblyai-sidebar-instead").innerText(), /^instead of \$561\.60 /); // 52 sessions of 24 h
  });

  it("tells of a session where the pointer is, and by the keyboard", async () => {
    const tip = editor.page.getByRole("tooltip").filter({ hasText: "nobody spoke" });
    const text = /^\d.* – \d.* · [\d.]+ s · \$0\.00\d\d · nobody spoke$/;
    const { width = 0 } = (await bar().boundingBox()) ?? {};
    const now = new Date();
    const place = ((now.getHours() + now.getMinutes() / 60) / 24) * width;
    await bar().hover({ position: { x: place, y: 8 } });
    await tip.waitFor();
    assert.match(await tip.innerText(), text);
    await editor.page.mouse.move(5, 5);
    await tip.waitFor({ state: "detached" });
    await kitchen().getByRole("button").focus();
    await editor.page.keyboard.press("Tab");
    await tip.waitFor();
    assert.match((await bar().getAttribute("aria-valuetext")) ?? "", text);
    await editor.page.keyboard.press("ArrowLeft");
    assert.equal(await bar().getAttribute("aria-valuenow"), "1");
    await editor.page.keyboard.press("Escape");
    await tip.waitFor({ state: "detached" });
  });

  it("reads nothing aloud by itself but notices: a screen reader would speak each second", async () => {
    const live = day.locator("output, [role=status], [role=alert], [role=log], [aria-live]");
    assert.deepEqual(await live.evaluateAll((elements) => elements.map(({ className }) => className)), ["assemblyai-sidebar-notice"]);
  });

  it("shows where a node is in the flow; one in a subflow has no place of its own", async () => {
    assert.equal(await section(day, "in a subflow").getByRole("button").isDisabled(), true);
    await section(day, "house").getByRole("button").click();
    await editor.page.locator("#house.red-ui-flow-node-highlighted, #house .red-ui-flow-node-highlighted").waitFor({ state: "attached" });
  });

  it("hangs up all sessions at a click, for a user who may; another one sees it all", async () => {
    const reader = await open("reader");
    const seen = await reader.showSidebar();
    await play();
    await state("In session");
    await section(seen, NAME).locator(".assemblyai-sidebar-state", { hasText: "In session" }).waitFor();
    const forbidden = seen.getByRole("button", { name: "Hang up all" });
    assert.equal(await forbidden.isDisabled(), true);
    assert.equal(await forbidden.getAttribute("title"), "Only users who may change flows can hang up.");
    await day.getByRole("button", { name: "Hang up all" }).click();
    await hungUp();
    for (const place of [day, seen])
      await section(place, NAME)
        .getByRole("slider", { name: /^Sessions today: 2 / })
        .waitFor();
    await state("No audio");
    await bar().focus();
    await editor.page.keyboard.press("End");
    assert.match((await bar().getAttribute("aria-valuetext")) ?? "", /stopped$/);
    assert.equal(await day.getByRole("button", { name: "Hang up all" }).isDisabled(), true, "nothing is open");
    assert.deepEqual(reader.faults, []);
    await reader.close();
  });

  it("asks nothing while it cannot be seen, and only what is new when it can be again", async () => {
    const count = async () => {
      requests.length = 0;
      await editor.page.waitForTimeout(2_500);
      return requests.length;
    };
    const asked = await count();
    assert.ok(asked >= 1 && asked <= 3, `${asked} times in 2.5 s: once a second, or less on a busy machine`);
    await editor.page.evaluate('RED.sidebar.show("info")');
    await day.waitFor({ state: "hidden" });
    assert.equal(await count(), 0, "behind another tab");
    await editor.showSidebar();
    assert.ok((await count()) >= 1);
    assert.ok(requests.every((url) => Number(new URL(url).searchParams.get("since")) > 0));
    await editor.page.evaluate('RED.actions.invoke("core:toggle-sidebar")');
    await day.waitFor({ state: "hidden" });
    assert.equal(await count(), 0, "in a sidebar that is closed");
    await editor.page.evaluate('RED.actions.invoke("core:toggle-sidebar")');
    await day.waitFor();
    const turn = (hidden: boolean) =>
      editor.page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await turn(true);
    assert.equal(await count(), 0, "in a browser's tab that is hidden");
    await turn(false);
    assert.ok((await count()) >= 1);
  });

  it(`scrolls with ${TOPICS} topics, and takes little of the browser and of Node-RED`, async function () {
    const rows = section(day, "house").locator(".assemblyai-sidebar-stream");
    assert.equal(await rows.count(), TOPICS);
    const last = rows.filter({ hasText: `room ${TOPICS}` });
    await last.scrollIntoViewIfNeeded();
    await last.locator(".assemblyai-sidebar-state", { hasText: "Listening, nothing is paid" }).waitFor();
    // Every ninth room is silent.
    const words = await rows.locator(".assemblyai-sidebar-quiet").allTextContents();
    assert.deepEqual([words[44], words[45]], ["quiet", ""]);
    assert.equal(await rows.nth(44).locator(".assemblyai-sidebar-quiet").getAttribute("title"), "-100 dBFS");
    const shown = await coresInUse();
    await kitchen().scrollIntoViewIfNeeded();
    await editor.page.evaluate('RED.sidebar.show("info")');
    await day.waitFor({ state: "hidden" });
    const hidden = await coresInUse();
    await editor.showSidebar();
    const [page, process] = [shown.page - hidden.page, shown.process - hidden.process];
    // Shown with the result: docs/sidebar.md has the figures.
    if (this.test) this.test.title += ` (${(page * 100).toFixed(1)} % and ${(process * 100).toFixed(1)} % of a core)`;
    assert.ok(page < 0.1 && process < 0.1, JSON.stringify({ shown, hidden }));
  });

  it("has what was before a restart of Node-RED, also when the day's listening was", async () => {
    const listened = await section(day, "house").locator(".assemblyai-sidebar-listened").last().getAttribute("d");
    assert.match(listened ?? "", /^M[\d.]+ 0V1H/);
    await editor.close();
    assert.equal(await nodeRed.stop(), 0);
    await startNodeRed();
    editor = await open("writer");
    day = await editor.showSidebar();
    await bar()
      .and(day.getByRole("slider", { name: /^Sessions today: 2 / }))
      .waitFor();
    const [start] = (listened ?? "").split(" ");
    const after = await section(day, "house").locator(".assemblyai-sidebar-listened").last().getAttribute("d");
    assert.ok(after?.startsWith(`${start} `), `${after} begins where ${listened} does`);
  });

  for (const theme of themes) {
    for (const [language, words] of [
      ["de", "Hört zu, ohne Kosten"],
      ["ja", "待ち受け中 (無料)"],
    ] as const) {
      it(`is readable and whole in ${theme}, in ${language}`, async () => {
        const other = await open("writer", { theme, language });
        const whole = await other.showSidebar();
        await section(whole, "house").locator(".assemblyai-sidebar-state", { hasText: words }).first().waitFor();
        assert.deepEqual(await other.layoutFaults(".assemblyai-sidebar-tab"), []);
        assert.deepEqual(other.faults, []);
        await other.close();
      });
    }
  }
}
