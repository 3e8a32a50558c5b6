import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launchChromium } from "../support/editor";
import { samples } from "../support/examples";
import { NodeRedProcess, type NodeRedProgram } from "../support/node-red-process";
import { readWavFile } from "../../nodes/lib/audio/wav";
import { wavFile } from "../support/wav-file";

/** What all suites of a version share: one Node-RED and one browser. */
export interface Rig {
  nodeRed: NodeRedProcess;
  browser: Browser;
}

/** To be called in a `describe`, before its suites. @returns the rig, for use in tests and hooks */
export function useRig(findProgram: () => NodeRedProgram): () => Rig {
  let folder: string;
  let nodeRed: NodeRedProcess | undefined;
  let browser: Browser | undefined;

  before(async function () {
    this.timeout(120_000); // the first use of Node-RED 5 fetches it
    folder = mkdtempSync(join(tmpdir(), "browser-test-"));
    const sound = join(folder, "asound.conf");
    const room = join(folder, "room.raw");
    writeFileSync(room, readWavFile(readFileSync(join(samples, "librivox_0870.wav"))).samples);
    writeFileSync(sound, soundSystem(room));
    const said = join(folder, "said.wav");
    writeFileSync(said, whatThePhoneHears());
    nodeRed = await NodeRedProcess.start({ program: findProgram(), env: { ALSA_CONFIG_PATH: sound, HOME: folder } });
    browser = await launchChromium([
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${said}%noloop`,
    ]);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return () => (nodeRed && browser ? { nodeRed, browser } : assert.fail("the rig has not started"));
}

/** A machine with two microphones, as fast as they are recorded: a muted one, which is in its list, and one in a room where someone speaks. */
const soundSystem = (room: string) => `</usr/share/alsa/alsa.conf>
pcm.hall { ${fileDevice("/dev/zero")}
 hint { show on
 description "The microphone in the hall" } }
pcm.room { ${fileDevice(room)} }
pcm.nothing { type null }
`;
const fileDevice = (samplesFile: string) => `type file
 slave.pcm "nothing"
 file /dev/null
 infile ${samplesFile}
 format raw`;

/** Some of it passes before the page listens; and Chromium would go on with what a file ends with. */
function whatThePhoneHears(): Buffer {
  const voice = readWavFile(readFileSync(join(samples, "librivox_0880.wav"))).samples;
  return wavFile({ audio: Buffer.concat([Buffer.alloc(16_000), voice, Buffer.alloc(32_000 * 60)]) });
}
