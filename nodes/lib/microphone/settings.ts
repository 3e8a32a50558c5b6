import { describe } from "../common/describe";
import { AaiError } from "../common/errors";
import { PropertyReader, type NodeProperties } from "../common/property-reader";
import { isDeviceName } from "./device-name";
import type { RecorderSettings } from "./recorder-command";

const FORMATS = ["raw", "wav"] as const;

export interface MicrophoneSettings extends RecorderSettings {
  /** Milliseconds of audio in a message. */
  chunkMs: number;
  /** Whether recording starts with the flow. */
  autoStart: boolean;
  /** Whether it stops where a session has ended and no other follows by itself. */
  stopWithSession: boolean;
  /** `wav`: each message is a WAV file, so that the sample rate travels with it where only the payload does, as over MQTT. */
  format: (typeof FORMATS)[number];
  topic: string;
}

/** @throws AaiError AAI_PROPERTY for the first property that cannot be used; an absent property has its default */
export function readMicrophoneSettings(properties: NodeProperties): MicrophoneSettings {
  const read = new PropertyReader(properties);
  return {
    device: readDevice(read),
    sampleRate: read.number("sampleRate", 16_000, 8000, 96_000, true),
    chunkMs: read.number("chunkMs", 50, 10, 1000, true),
    autoStart: read.boolean("autoStart", false),
    stopWithSession: read.boolean("stopWithSession", true),
    format: read.oneOf("format", FORMATS, "raw"),
    topic: read.text("topic"),
  };
}

function readDevice(read: PropertyReader): string {
  const device = read.text("device");
  if (device === "" || isDeviceName(device)) return device;
  throw new AaiError("AAI_PROPERTY/device", { name: "device", value: describe(device) });
}
