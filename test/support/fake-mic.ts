import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readWavFile } from "../../nodes/lib/audio/wav";

/**
 * A microphone made of ALSA alone: a "file" device whose input is a FIFO that a pacer feeds in real time. The samples that are played into
 * it come out of the real arecord bit for bit, 4000 bytes every 125 ms. Needs only alsa-utils; no sound hardware, no daemon.
 *
 * The device does one read() of the FIFO for each period and silently keeps old bytes where it gets fewer, so each write is one period.
 */
export interface FakeMicrophone {
  /** Environment variables for the process that records, beside its own. */
  env: { ALSA_CONFIG_PATH: string };
  /** The device's name for arecord. */
  device: "filemic";
  /** All samples: lead, recording and tail. */
  pcm: Buffer;
  /** Milliseconds after the recorder opened the device when the last sample of the recording (not of the tail) is played. */
  speechEndMs: number;
  /** Ends the pacer and removes the files. Stop the recorder first: at the end of its input arecord floods with junk. */
  stop(): Promise<void>;
}

export interface FakeMicrophoneOptions {
  /** A 16-bit mono WAV file at 16 kHz. */
  wav: string;
  /** Silence before and after the recording. The tail must outlast the test's use of the device. */
  leadSeconds?: number;
  tailSeconds?: number;
  /** How many bytes the recorder reads at once: 4000 for arecord at 16 kHz, 2048 for rec with `--buffer 1024`. */
  periodBytes?: number;
}

const BYTES_PER_SECOND = 32_000;

/** @throws Error that says what to install where a program of the tests is missing */
export function assertInstalled(program: "arecord" | "sox"): void {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
  } catch (cause) {
    throw new Error(`${program} is missing: sudo apt-get install -y --no-install-recommends alsa-utils sox`, { cause });
  }
}

export async function startFakeMicrophone(options: FakeMicrophoneOptions): Promise<FakeMicrophone> {
  const { wav, leadSeconds = 1, tailSeconds = 30, periodBytes = 4000 } = options;
  const speech = readWavSamples(wav);
  const lead = Buffer.alloc(Math.round((BYTES_PER_SECOND * leadSeconds) / 2) * 2);
  const audio = Buffer.concat([lead, speech, Buffer.alloc(Math.round((BYTES_PER_SECOND * tailSeconds) / 2) * 2)]);
  const pcm = Buffer.concat([audio, Buffer.alloc((periodBytes - (audio.length % periodBytes)) % periodBytes)]);

  const device = createFifoDevice();
  const raw = join(device.folder, "audio.raw");
  writeFileSync(raw, pcm);
  const pacer = fork(join(__dirname, "fake-mic-pacer.js"), [raw, device.fifo, String(BYTES_PER_SECOND), String(periodBytes)]);
  await once(pacer, "message");
  return {
    env: device.env,
    device: "filemic",
    pcm,
    speechEndMs: ((lead.length + speech.length) / BYTES_PER_SECOND) * 1000,
    async stop() {
      await endChild(pacer);
      device.remove();
    },
  };
}

/**
 * The device without its pacer: arecord hangs in open() where nobody writes into `fifo`, and in read(), deaf to one SIGTERM, where
 * somebody has it open and writes nothing.
 */
export function createFifoDevice(): { folder: string; fifo: string; env: { ALSA_CONFIG_PATH: string }; remove(): void } {
  assertInstalled("arecord");
  const folder = mkdtempSync(join(tmpdir(), "fake-mic-"));
  const fifo = join(folder, "mic.fifo");
  const config = join(folder, "asound.conf");
  execFileSync("mkfifo", [fifo]);
  writeFileSync(
    config,
    `</usr/share/alsa/alsa.conf>
pcm.nullmic { type null }
pcm.filemic {
  type file
  slave.pcm "nullmic"
  file /dev/null
  infile ${fifo}
  format raw
}
pcm.!default "filemic"
`,
  );
  return { folder, fifo, env: { ALSA_CONFIG_PATH: config }, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL"); // it may hang in open(2) of a FIFO that nobody reads
  await exited;
}

/** The samples of a WAV file, unchanged. */
export function readWavSamples(file: string): Buffer {
  const { format, samples } = readWavFile(readFileSync(file));
  if (format.sampleRate !== 16_000 || format.channels !== 1) throw new Error(`${file} is not 16 kHz mono`);
  return samples;
}
