/**
 * The texts that are accepted as a device's name. They come from a flow, and the recorders accept far more than names: ALSA accepts whole
 * definitions (`tee:null,'|COMMAND',raw` runs a command, `file:PATH,raw` writes a file), SoX accepts playlists, addresses and pipes.
 */
export const LONGEST_DEVICE_NAME = 200;

/**
 * One that the system's configuration defines, or an input's name on macOS and Windows. ALSA's definitions have a colon, playlists a
 * suffix.
 */
const NAME = /^(?!.*\.(?:m3u8?|pls)$)[\p{L}\p{N}_][\p{L}\p{M}\p{N} _.()&+#’®-]*$/iu;

/** ALSA's own kinds of hardware, with a card, a device and other words or numbers: `plughw:CARD=USB,DEV=0`, `hw:1,0`. */
const HARDWARE =
  /^(?:(?:plug)?hw|(?:sys)?default|front|rear|side|center_lfe|surround\d\d|iec958|spdif|hdmi|dmix|dsnoop|dshare|usbstream):(?:[A-Z]+\d?=)?[\w-]+(?:,(?:[A-Z]+\d?=)?[\w-]+)*$/;

/**
 * Sound servers, with the source as they name it, or a Bluetooth address: `pulse:alsa_input.usb-mic.mono`,
 * `bluealsa:DEV=00:1A:7D:DA:71:13,PROFILE=sco`.
 */
const SERVED = /^(?:pulse|pipewire|bluealsa):(?:[A-Z]+=)?[\w.:+-]+(?:,[A-Z]+=[\w.:+-]+)*$/;

export function isDeviceName(text: string): boolean {
  return text.length <= LONGEST_DEVICE_NAME && [NAME, HARDWARE, SERVED].some((form) => form.test(text));
}
