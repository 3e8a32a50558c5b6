import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listDevices, readCards, readNames, readSources } from "../../../nodes/lib/microphone/devices";
import type { RecorderSystem } from "../../../nodes/lib/microphone/recorder";
import { FakeClock } from "../../support/fake-clock";
import { FakeProcess, settled } from "../../support/fake-process";

/** A Raspberry Pi with a USB microphone and a ReSpeaker, as in users' reports. */
const CARDS = `**** List of CAPTURE Hardware Devices ****
card 1: Device [USB PnP Sound Device], device 0: USB Audio [USB Audio]
  Subdevices: 1/1
  Subdevice #0: subdevice #0
card 3: seeed2micvoicec [seeed-2mic-voicecard], device 0: bcm2835-i2s-wm8960-hifi wm8960-hifi-0 [bcm2835-i2s-wm8960-hifi wm8960-hifi-0]
  Subdevices: 1/1
  Subdevice #0: subdevice #0
`;
const NAMES = `null
    Discard all samples (playback) or generate zero samples (capture)
lavrate
    Rate Converter Plugin Using Libav/FFmpeg Library
default
    Default ALSA Output (currently PulseAudio Sound Server)
pulse
    PulseAudio Sound Server
hall
    The microphone in the hall
    mono
hw:CARD=Device,DEV=0
    USB PnP Sound Device, USB Audio
    Direct hardware device without any conversions
plughw:CARD=Device,DEV=0
    USB PnP Sound Device, USB Audio
    Hardware device with all software conversions
sysdefault:CARD=Device
    USB PnP Sound Device, USB Audio
    Default Audio Device
`;
const SOURCES = `0\talsa_output.pci-0000_00_1f.3.analog-stereo.monitor\tmodule-alsa-card.c\ts16le 2ch 44100Hz\tSUSPENDED
1\talsa_input.usb-C-Media_USB_PnP-00.analog-mono\tmodule-alsa-card.c\ts16le 1ch 44100Hz\tSUSPENDED
`;

const cards = [
  { name: "plughw:CARD=Device,DEV=0", label: "USB PnP Sound Device, USB Audio" },
  { name: "plughw:CARD=seeed2micvoicec,DEV=0", label: "seeed-2mic-voicecard, bcm2835-i2s-wm8960-hifi wm8960-hifi-0" },
];
const names = [
  { name: "pulse", label: "PulseAudio Sound Server" },
  { name: "hall", label: "The microphone in the hall" },
];
const sources = [{ name: "pulse:alsa_input.usb-C-Media_USB_PnP-00.analog-mono", label: "" }];

describe("devices: what the programs write", () => {
  it("names the cards that record by names that stay when other cards are added or removed", () =>
    assert.deepEqual(readCards(CARDS), cards));

  it("takes the names of the system's own configuration, without plugins and without the cards", () =>
    assert.deepEqual(readNames(NAMES), names));

  it("takes the sound server's microphones, without what the loudspeakers play", () => assert.deepEqual(readSources(SOURCES), sources));

  it("makes nothing of anything else", () => {
    for (const text of ["", "\n", "arecord: device_list:274: no soundcards found...", "   \t\n  x", "card x: [", "\0"]) {
      assert.deepEqual([readCards(text), readSources(text)], [[], []], JSON.stringify(text));
    }
    assert.deepEqual(readNames("\n\n  \n"), []);
    assert.deepEqual(readSources("0\t$(reboot)\tx\n1\ta b\tx"), []);
  });
});

describe("devices: the list", () => {
  const bin = mkdtempSync(join(tmpdir(), "devices-test-"));
  for (const program of ["arecord", "pactl", "rec", "sox.exe"]) writeFileSync(join(bin, program), "", { mode: 0o755 });
  const withoutPactl = mkdtempSync(join(tmpdir(), "devices-test-"));
  writeFileSync(join(withoutPactl, "arecord"), "", { mode: 0o755 });
  after(() => {
    for (const folder of [bin, withoutPactl]) rmSync(folder, { recursive: true, force: true });
  });

  function rig(platform: NodeJS.Platform = "linux", path = bin) {
    const processes: FakeProcess[] = [];
    const clock = new FakeClock();
    const system: RecorderSystem = {
      platform,
      env: { PATH: path, LANG: "de_DE.UTF-8", ASSEMBLYAI_API_KEY: "secret" },
      spawn(command, args, env) {
        const child = new FakeProcess(command, args, env);
        processes.push(child);
        return child;
      },
    };
    const answer = async (outputs: string[]) => {
      for (const [index, child] of processes.entries()) {
        child.stdout?.end(outputs[index]);
        await settled();
        await child.closes(0);
      }
    };
    return { system, clock, processes, answer, list: listDevices(system, clock) };
  }

  it("has the sound server's microphones, the cards and the configuration's names, from programs run in English by their full paths", async () => {
    const { processes, answer, list, clock } = rig();
    assert.deepEqual(
      processes.map(({ command, args }) => [command, ...args].join(" ")),
      ["arecord -l", "arecord -L", "pactl list short sources"].map((command) => join(bin, command)),
    );
    assert.ok(processes.every(({ env }) => env["LC_ALL"] === "C" && env["PATH"] === bin && !("ASSEMBLYAI_API_KEY" in env)));
    await answer([CARDS, NAMES, SOURCES]);
    assert.deepEqual(await list, { devices: [...sources, ...cards, ...names] });
    assert.equal(clock.timers, 0);
  });

  it("has no source of the sound server's where ALSA does not reach it", async () => {
    const { answer, list } = rig();
    await answer([CARDS, NAMES.replace(/^pulse\n.*\n/m, ""), SOURCES]);
    assert.deepEqual(await list, { devices: [...cards, ...names.slice(1)] });
  });

  it("does without pactl", async () => {
    const { processes, answer, list } = rig("linux", withoutPactl);
    assert.equal(processes.length, 2);
    await answer([CARDS, NAMES]);
    assert.deepEqual((await list).devices, [...cards, ...names]);
  });

  it("is empty on a machine without any, and reports no problem", async () => {
    const { answer, list } = rig();
    await answer(["", "null\n    Discard all samples\n", ""]);
    assert.deepEqual(await list, { devices: [] });
  });

  for (const [platform, problem] of [
    ["linux", "AAI_RECORDER_MISSING/linux"],
    ["darwin", "AAI_RECORDER_MISSING/darwin"],
    ["win32", "AAI_RECORDER_MISSING/win32"],
  ] as const) {
    it(`reports what to install on ${platform}, and starts nothing`, async () => {
      const { processes, list } = rig(platform, join(bin, "nowhere"));
      assert.deepEqual([await list, processes], [{ devices: [], problem }, []]);
    });
  }

  it("is empty where SoX records, which has no list of devices", async () => {
    for (const platform of ["darwin", "win32"] as const) {
      const { processes, list } = rig(platform);
      assert.deepEqual([await list, processes], [{ devices: [] }, []]);
    }
  });

  it("waits 2 s for a program that hangs, ends it, and uses the output of the others", async () => {
    const { processes, list, clock } = rig();
    const [hanging, names_, sources_] = processes;
    for (const [child, text] of [
      [names_, NAMES],
      [sources_, SOURCES],
    ] as const) {
      child?.stdout?.end(text);
      await settled();
      await child?.closes(0);
    }
    clock.advance(1999);
    assert.deepEqual(hanging?.signals, []);
    clock.advance(1);
    assert.deepEqual(hanging?.signals, ["SIGKILL"]);
    assert.deepEqual(await list, { devices: [...sources, ...names] });
    assert.equal(clock.timers, 0);
  });

  it("reads at most 64 kB, and returns at most 100 devices and no name that the property refuses", async () => {
    const { processes, list, answer } = rig();
    const flood = Array.from({ length: 5000 }, (_, i) => `device${i}\n    Device ${i}\n`).join("");
    processes[1]?.stdout?.write(`${"x".repeat(201)}\n    too long\n${flood}`);
    await settled();
    assert.deepEqual(processes[1]?.signals, ["SIGKILL"]);
    await answer(["", "", ""]);
    const { devices } = await list;
    assert.equal(devices.length, 100);
    assert.deepEqual(devices[0], { name: "device0", label: "Device 0" });
  });

  it("lives on where a program cannot be started", async () => {
    const { processes, list } = rig();
    for (const child of processes) await child.cannotStart("EACCES");
    assert.deepEqual(await list, { devices: [] });
    const throwing: RecorderSystem = {
      platform: "linux",
      env: { PATH: bin },
      spawn: () => {
        throw new Error("spawn EMFILE");
      },
    };
    assert.deepEqual(await listDevices(throwing, new FakeClock()), { devices: [] });
  });
});
