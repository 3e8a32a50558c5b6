import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { startSimulator, type Simulator } from "../../simulator";
import { faultsOf } from "../support/editor";
import { example, idOf, player } from "../support/examples";
import type { NodeRedProcess } from "../support/node-red-process";
import type { Rig } from "./rig";

const STT = "assemblyai-streaming";
const FIRST = "He was not an ill disposed young man.";
const SECOND = "He might even have been made amiable himself.";

export function describePages(rig: () => Rig): void {
  describe("the pages of the examples", () => {
    let simulator: Simulator;
    let nodeRed: NodeRedProcess;
    let browser: Browser;

    before(async () => {
      ({ nodeRed, browser } = rig());
      simulator = await startSimulator({ processing: "realtime" });
    });
    after(async () => {
      await nodeRed?.deploy([]);
      await simulator?.close();
    });

    describe("live captions", () => {
      let page: Page;
      let faults: string[];

      before(async () => {
        const flow = example("09", simulator, { [STT]: { silenceTimeout: 1.5 } });
        const players = ["librivox_0880", "librivox_0930"].flatMap((recording) => player(flow, recording, idOf(flow, STT), recording));
        await nodeRed.deploy([...flow, ...players]);
      });
      beforeEach(async () => {
        page = await browser.newPage();
        faults = faultsOf(page);
        await page.goto(`${nodeRed.url}/captions`);
        await page.getByText("Waiting for someone to speak").waitFor();
      });
      afterEach(async () => {
        await page.close();
        assert.deepEqual(faults, []);
      });

      it("put each partial in the place of the one before, and each final after the others", async () => {
        await page.evaluate(() => {
          const partial = document.querySelector("#partial") ?? document.body;
          const seen: string[] = [];
          new MutationObserver(() => seen.push(partial.textContent)).observe(partial, { childList: true });
          Object.assign(window, { seen });
        });
        for (const [i, recording] of ["librivox_0880", "librivox_0930"].entries()) {
          await nodeRed.inject(recording);
          await page.getByText("Listening").waitFor();
          await page.locator(`#finals p:nth-child(${i + 1})`).waitFor({ timeout: 15_000 });
          await page.getByText("Waiting for someone to speak").waitFor({ timeout: 15_000 });
        }
        assert.deepEqual(await page.getByRole("log").locator("p").allTextContents(), [FIRST, SECOND]);
        assert.equal(await page.locator("#partial").textContent(), "");
        const seen = await page.evaluate<string[]>("seen");
        const first = seen.slice(0, seen.indexOf("")).map((text) => text.toLowerCase());
        assert.ok(first.length > 1, "more than one partial");
        for (const [i, text] of first.entries()) assert.ok(text.length >= (first[i - 1] ?? "").length && text.startsWith("he was"), text);
      });

      it("reconnect by themselves after a deploy", async () => {
        await nodeRed.deploy(await flowOf(nodeRed));
        await page.getByText("Not connected, trying again").waitFor();
        await page.getByText("Waiting for someone to speak").waitFor({ timeout: 10_000 });
      });

      for (const colorScheme of ["light", "dark"] as const) {
        it(`are readable in ${colorScheme}`, async () => {
          await page.emulateMedia({ colorScheme });
          const { back, text, soft } = await page.evaluate(() => {
            const colour = (selector: string, property: string) =>
              getComputedStyle(document.querySelector(selector) ?? document.body).getPropertyValue(property);
            return { back: colour("body", "background-color"), text: colour("body", "color"), soft: colour("#partial", "color") };
          });
          assert.equal(luminance(back) < 0.5, colorScheme === "dark");
          for (const colour of [text, soft]) assert.ok(contrast(colour, back) >= 7, `${colour} on ${back}`);
        });
      }
    });

    describe("a phone as the microphone", () => {
      before(async () => {
        // On a busy machine Chromium's audio may be late by more than a second.
        await nodeRed.deploy(example("10", simulator, { [STT]: { silenceTimeout: 3 } }));
      });
      async function open(sampleRate: number): Promise<{ page: Page; faults: string[] }> {
        const page = await browser.newPage();
        const faults = faultsOf(page);
        await page.addInitScript((rate) => {
          const Original = AudioContext;
          window.AudioContext = class extends Original {
            constructor() {
              super({ sampleRate: rate });
            }
          };
        }, sampleRate);
        await page.goto(`${nodeRed.url}/phone`);
        return { page, faults };
      }

      for (const sampleRate of [48_000, 44_100, 16_000]) {
        it(`sends its audio at ${sampleRate} Hz, shows the words, and stops with the session`, async () => {
          const before = simulator.sessions.length;
          const { page, faults } = await open(sampleRate);
          await page.getByRole("button", { name: "Start" }).click();
          await page.getByRole("button", { name: "Stop" }).waitFor();
          await page.waitForFunction(() => (document.querySelector("meter")?.value ?? 0) > -40, undefined, { timeout: 10_000 });
          await page.getByRole("log").getByText(FIRST).waitFor({ timeout: 15_000 });
          await page.getByText("The session has ended").waitFor({ timeout: 15_000 });
          await page.getByRole("button", { name: "Start" }).waitFor();
          assert.equal(simulator.sessions.length, before + 1);
          assert.deepEqual(faults, []);
          await page.close();
        });
      }

      it("ends the session at once by its button, and with the last words", async () => {
        const { page, faults } = await open(48_000);
        await page.getByRole("button", { name: "Start" }).click();
        await page.locator("#partial").getByText("He was").waitFor({ timeout: 10_000 });
        await page.getByRole("button", { name: "Stop" }).click();
        await page.getByText("The session has ended").waitFor({ timeout: 5000 });
        assert.match((await page.getByRole("log").textContent()) ?? "", /^He was/);
        assert.equal(simulator.ledger.state.open, 0);
        assert.deepEqual(faults, []);
        await page.close();
      });

      it("opens a session for each of two phones, and shows each its own words", async () => {
        const before = simulator.sessions.length;
        const phones = await Promise.all([open(48_000), open(48_000)]);
        for (const { page } of phones) await page.getByRole("button", { name: "Start" }).click();
        for (const { page } of phones) await page.getByText("The session has ended").waitFor({ timeout: 20_000 });
        for (const { page } of phones) assert.deepEqual(await page.getByRole("log").locator("p").allTextContents(), [FIRST]);
        assert.equal(simulator.sessions.length, before + 2);
        for (const { page } of phones) await page.close();
      });

      it("reports what is wrong instead of recording in vain", async () => {
        await nodeRed.deploy(example("10", simulator).filter(({ type }) => type !== "assemblyai-config"));
        const { page } = await open(48_000);
        await page.getByRole("button", { name: "Start" }).click();
        await page
          .getByRole("status")
          .getByText(/account/)
          .waitFor({ timeout: 10_000 });
        await page.getByRole("button", { name: "Start" }).waitFor();
        await page.close();
      });
    });
  });
}

async function flowOf(nodeRed: NodeRedProcess): Promise<Parameters<NodeRedProcess["deploy"]>[0]> {
  const response = await nodeRed.request("/flows", { headers: { "node-red-api-version": "v2" } });
  return ((await response.json()) as { flows: Parameters<NodeRedProcess["deploy"]>[0] }).flows;
}

/** As WCAG 2 has it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? [])
    .map((part) => Number(part) / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [lighter = 1, darker = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}
