import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { assertInstalled, startFakeMicrophone, type FakeMicrophone } from "../support/fake-mic";
import { root } from "../support/node-red-process";
import { until } from "../support/until";
import { Site } from "./site";

/** Debian's own, which has the package python3-paho-mqtt. */
const PYTHON = "/usr/bin/python3";

describe("satellite/satellite.py", () => {
  let site: Site;
  let microphone: FakeMicrophone;
  let satellite: ChildProcess;

  before(() => assertInstalled("arecord"));
  beforeEach(async () => {
    site = await Site.open("mosquitto");
    microphone = await startFakeMicrophone({ wav: join(root, "simulator/samples/librivox_0880.wav"), leadSeconds: 2 });
  });
  afterEach(async () => {
    if (satellite.exitCode === null) {
      const exited = once(satellite, "exit");
      satellite.kill("SIGINT");
      await exited;
    }
    await microphone.stop();
    await site.close();
  });

  it("publishes what arecord records, so that the hub hears every word of it", async () => {
    await site.start(site.hub());
    const options = ["--broker", "127.0.0.1", "--port", String(site.broker.port), "--device", microphone.device];
    satellite = spawn(PYTHON, [join(root, "satellite/satellite.py"), "rooms/ground/kitchen", ...options], {
      env: { ...process.env, ...microphone.env },
      stdio: ["ignore", "inherit", "inherit"],
    });
    await until("what was said", () => site.listener.textOf("rooms/ground/kitchen") !== "", 20_000);
    await site.untilQuiet();
    assert.equal(site.listener.textOf("rooms/ground/kitchen"), "He was not an ill disposed young man.");
    for (const audio of site.heard) assert.ok(microphone.pcm.includes(audio), "bit by bit");
  });
});
