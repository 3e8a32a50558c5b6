// Re-creates test/vectors/audio-files.json: the first bytes of audio files of many kinds, as ffmpeg writes them from a recording, and the
// samples that ffmpeg makes of the 256 codes of G.711.
// It needs ffmpeg with its usual encoders (Debian: apt-get install ffmpeg), which the tests do not.
//   node scripts/audio-vectors.mjs
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Enough for a signature, and for three frames of a file without a container, at the bit rates below. */
const BYTES = { signature: 64, frames: 3000 };
const source = resolve(import.meta.dirname, "../simulator/samples/goforward.wav");
const output = resolve(import.meta.dirname, "../test/vectors/audio-files.json");

/** Name of the file, kind, and ffmpeg's options. */
const FILES = [
  ["voice-memo.m4a", "M4A/MP4", "-c:a aac -b:a 64k -f ipod"],
  ["phone.mp4", "M4A/MP4", "-c:a aac -b:a 64k -f mp4"],
  ["phone.3gp", "M4A/MP4", "-c:a aac -b:a 32k -f 3gp"],
  ["fragmented.mp4", "M4A/MP4", "-c:a aac -b:a 64k -f mp4 -movflags frag_keyframe+empty_moov"],
  ["voice.aac", "AAC", "-c:a aac -b:a 32k -f adts"],
  ["stereo.aac", "AAC", "-ar 44100 -ac 2 -c:a aac -b:a 96k -f adts"],
  ["tagged.mp3", "MP3", "-c:a libmp3lame -b:a 64k -id3v2_version 3 -f mp3"],
  ["tagged-4.mp3", "MP3", "-c:a libmp3lame -b:a 64k -id3v2_version 4 -f mp3"],
  ["bare-16000.mp3", "MP3", "-c:a libmp3lame -b:a 32k -id3v2_version 0 -write_xing 0 -f mp3"],
  ["bare-44100.mp3", "MP3", "-ar 44100 -c:a libmp3lame -b:a 128k -id3v2_version 0 -write_xing 0 -f mp3"],
  ["bare-48000-stereo.mp3", "MP3", "-ar 48000 -ac 2 -c:a libmp3lame -b:a 320k -id3v2_version 0 -write_xing 0 -f mp3"],
  ["bare-8000.mp3", "MP3", "-ar 8000 -c:a libmp3lame -b:a 16k -id3v2_version 0 -write_xing 0 -f mp3"],
  ["variable.mp3", "MP3", "-ar 44100 -c:a libmp3lame -q:a 5 -id3v2_version 0 -f mp3"],
  ["browser.webm", "WebM/Matroska", "-ar 48000 -c:a libopus -f webm"],
  ["voice.mka", "WebM/Matroska", "-c:a libvorbis -f matroska"],
  ["voice.ogg", "Ogg", "-c:a libvorbis -f ogg"],
  ["voice.opus", "Ogg", "-ar 48000 -c:a libopus -f ogg"],
  ["voice.flac", "FLAC", "-c:a flac -f flac"],
  ["voice.aiff", "AIFF", "-c:a pcm_s16be -f aiff"],
  ["voice.au", "AU", "-c:a pcm_s16be -f au"],
  ["voice.caf", "CAF", "-c:a pcm_s16be -f caf"],
  ["voice.wma", "WMA", "-ar 44100 -c:a wmav2 -f asf"],
  ["voice.rf64", "RF64", "-c:a pcm_s16le -rf64 always -f wav"],
];

const CODES = Buffer.from(Uint8Array.from({ length: 256 }, (_, code) => code));

/** The samples of all codes. */
function g711(encoding) {
  const raw = ["-ar", "8000", "-ac", "1"];
  const args = ["-v", "error", "-f", encoding, ...raw, "-i", "-", "-f", "s16le", ...raw, "-"];
  const pcm = execFileSync("ffmpeg", args, { input: CODES });
  return Array.from(CODES, (code) => pcm.readInt16LE(code * 2));
}

const [, version = ""] = /^ffmpeg version (\S+)/.exec(execFileSync("ffmpeg", ["-version"], { encoding: "utf8" })) ?? [];
const folder = mkdtempSync(join(tmpdir(), "audio-vectors-"));
try {
  const files = FILES.map(([name, container, options]) => {
    const file = join(folder, name);
    const common = ["-v", "error", "-i", source, "-map_metadata", "-1", "-flags", "+bitexact", "-fflags", "+bitexact"];
    execFileSync("ffmpeg", [...common, ...options.split(" "), file], { stdio: ["ignore", "ignore", "inherit"] });
    const bytes = /adts|id3v2_version 0/.test(options) ? BYTES.frames : BYTES.signature;
    return { name, container, options, base64: readFileSync(file).subarray(0, bytes).toString("base64") };
  });
  const vectors = { source: "simulator/samples/goforward.wav", by: `ffmpeg ${version}`, files };
  const tables = `"mulaw": ${JSON.stringify(g711("mulaw"))},\n  "alaw": ${JSON.stringify(g711("alaw"))}`;
  writeFileSync(output, `${JSON.stringify(vectors, null, 2).slice(0, -2)},\n  ${tables}\n}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
