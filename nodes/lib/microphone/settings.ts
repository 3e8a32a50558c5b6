import { describe } from "../common/describe";
import { AaiError } from "../common/errors";
import type { RecorderSettings } from "./recorder-command";

/** The microphone node's properties as they come from a flow: by hand, by an environment variable, by an older version, or not at all. */
export interface MicrophoneProperties {
  device?: unknown;
  sampleRate?: unknown;
  chunkMs?: unknown;
  autoStart?: unknown;
  format?: unknown;
  topic?: unknown;
}

const FORMATS = ["raw", "wav"] as const;

export interface MicrophoneSettings extends RecorderSettings {
  /** Milliseconds of audio in a message. */
  chunkMs: number;
  /** Whether it starts with the flow. */
  autoStart: boolean;
  /** `wav`: each message is a WAV file, so that the sample rate travels with it where only the payload does, as over MQTT. */
  format: (typeof FORMATS)[number];
  topic: string;
}

/** @throws AaiError AAI_PROPERTY for the first property that cannot be used; what is not there has its default */
export function readMicrophoneSettings(properties: MicrophoneProperties): MicrophoneSettings {
  return {
    device: readDevice(properties.device),
    sampleRate: readWhole("sampleRate", properties.sampleRate, { fallback: 16_000, min: 8000, max: 96_000 }),
    chunkMs: readWhole("chunkMs", properties.chunkMs, { fallback: 50, min: 10, max: 1000 }),
    autoStart: properties.autoStart === true || properties.autoStart === "true",
    format: readFormat(properties.format),
    topic: typeof properties.topic === "string" ? properties.topic : "",
  };
}

function readWhole(name: string, value: unknown, { fallback, min, max }: { fallback: number; min: number; max: number }): number {
  if (value === undefined || value === null || value === "") return fallback;
  const number = typeof value === "string" ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= min && number <= max) return number;
  throw new AaiError("AAI_PROPERTY/whole", { name, min, max, value: describe(value) });
}

function readFormat(value: unknown): MicrophoneSettings["format"] {
  if (value === undefined || value === null || value === "") return "raw";
  const format = FORMATS.find((known) => known === value);
  if (format) return format;
  throw new AaiError("AAI_PROPERTY/choice", { name: "format", accepted: FORMATS.join(", "), value: describe(value) });
}

/** A name that begins with a dash would be an option of sox. */
function readDevice(value: unknown): string {
  if (value === undefined || value === null) return "";
  const device = typeof value === "string" ? value.trim() : undefined;
  // oxlint-disable-next-line no-control-regex
  if (device !== undefined && device.length <= 200 && !/^-|[\u0000-\u001f]/.test(device)) return device;
  throw new AaiError("AAI_PROPERTY/device", { name: "device", value: describe(value) });
}
