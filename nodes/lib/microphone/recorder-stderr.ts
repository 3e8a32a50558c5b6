import { AaiError } from "../common/errors";

/** What a recorder says on stderr, and how it ended, in terms of a user's trouble. Messages are in English, as LC_ALL=C asks for. */

/** ALSA explains a missing device in nine lines, the last two of which say what is wrong. */
const LINES_QUOTED = 2;
/** The longest quotation of a recorder's own words in an error, in characters. */
const LONGEST_QUOTE = 300;

/** @returns the recorder's last words on one line, without arecord's greeting */
export function quote(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).map((line) => line.trim());
  const told = lines.filter((line) => line !== "" && !/^Recording (WAVE|raw data)\b/.test(line));
  const said = told.slice(-LINES_QUOTED).join(" / ");
  return said.length > LONGEST_QUOTE ? `…${said.slice(-LONGEST_QUOTE)}` : said;
}

/** @returns Hz, where arecord warns that the device runs at another rate than asked for; it then goes on with that one */
export function grantedRate(stderr: string): number | undefined {
  const warning = /rate is not accurate \(requested = \d+Hz, got = (\d+)Hz\)/.exec(stderr);
  return warning?.[1] === undefined ? undefined : Number(warning[1]);
}

/** The recorder ended without any audio: which of the device's troubles is it? The texts are ALSA's and the system's. */
export function deviceError(device: string, detail: string): AaiError {
  const values = { device, detail };
  if (/resource busy/i.test(detail)) return new AaiError("AAI_DEVICE/busy", values);
  if (/permission denied/i.test(detail)) return new AaiError("AAI_DEVICE/permission", values);
  if (/no such (file|device)|unknown PCM|cannot find card/i.test(detail)) return new AaiError("AAI_DEVICE/missing", values);
  return new AaiError("AAI_DEVICE", values);
}
