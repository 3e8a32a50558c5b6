import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { startSimulator, type Simulator } from "../../simulator";
import { faultsOf, launchChromium } from "../support/editor";
import { example, idOf, player } from "../support/examples";
import { NodeRedProcess } from "../support/node-red-process";
import { installPacked } from "../support/packed";

const STT = "assemblyai-streaming";

describe("the cost dashboard, on FlowFuse Dashboard 2 from the registry", () => {
  let simulator: Simulator;
  let packed: ReturnType<typeof installPacked>;
  let nodeRed: NodeRedProcess;
  let browser: Browser;

  before(async function () {
    this.timeout(180_000);
    simulator = await startSimulator();
    packed = installPacked(["@flowfuse/node-red-dashboard@1.31.0"]);
    nodeRed = await NodeRedProcess.start({ userDir: packed.userDir });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    packed?.remove();
    await simulator.close();
  });

  it("shows today's cost, sessions and seconds, and the seconds of each hour", async () => {
    const flow = example("11", simulator, { [STT]: { silenceTimeout: 1 } });
    await nodeRed.deploy([...flow, ...player(flow, "play", idOf(flow, STT))]);
    assert.deepEqual(
      nodeRed.log.filter((line) => /\[error\]|missing types/.test(line)),
      [],
    );
    const page = await browser.newPage();
    const faults = faultsOf(page);
    await page.goto(`${nodeRed.url}/dashboard/speech-to-text`);
    await page.getByText("Seconds of session in each hour").waitFor();
    for (const [i, cost] of [/^Cost\$0\.000[3-9]$/, /^Cost\$0\.00(0[6-9]|1\d)$/].entries()) {
      await nodeRed.inject("play");
      await page.locator(".nrdb-ui-widget", { hasText: new RegExp(`^Sessions${i + 1}$`) }).waitFor({ timeout: 15_000 });
      await page.locator(".nrdb-ui-widget", { hasText: cost }).waitFor();
    }
    await page.locator(".nrdb-ui-chart canvas").waitFor();
    assert.deepEqual(faults, []);
  });
});
