import { AaiError } from "../common/errors";

/**
 * Turns a recorder's messages on stderr, and the way it ended, into an error for the user. The messages are in English because of LC_ALL=C.
 */

/** ALSA explains a missing device in nine lines, of which the last two name the fault. */
const LINES_QUOTED = 2;
/** The longest quotation of a recorder's own words in an error, in characters. */
const LONGEST_QUOTE = 300;

/** @returns the recorder's last words on one line, without arecord's greeting */
export function quote(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).map((line) => line.trim());
  const messages = lines.filter((line) => line !== "" && !/^Recording (WAVE|raw data)\b/.test(line));
  const said = messages.slice(-LINES_QUOTED).join(" / ");
  return said.length > LONGEST_QUOTE ? `…${said.slice(-LONGEST_QUOTE)}` : said;
}

/** @returns Hz, where arecord warns that the device runs at another rate than requested; arecord then goes on at that rate */
export function grantedRate(stderr: string): number | undefined {
  const warning = /rate is not accurate \(requested = \d+Hz, got = (\d+)Hz\)/.exec(stderr);
  return warning?.[1] === undefined ? undefined : Number(warning[1]);
}

/** Classifies the end of a recorder that delivered no audio. The texts are ALSA's and the system's. */
export function deviceError(device: string, detail: string): AaiError {
  const values = { device, detail };
  if (/resource busy/i.test(detail)) return new AaiError("AAI_DEVICE/busy", values);
  if (/permission denied/i.test(detail)) return new AaiError("AAI_DEVICE/permission", values);
  if (/no such (file|device)|unknown PCM|cannot find card/i.test(detail)) return new AaiError("AAI_DEVICE/missing", values);
  return new AaiError("AAI_DEVICE", values);
}
