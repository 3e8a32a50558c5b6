/** The first bytes of other kinds of audio files: sent as PCM they would be noise, and billed as speech. */
const FOREIGN_CONTAINERS: readonly (readonly [name: string, beginning: Buffer])[] = [
  ["FLAC", Buffer.from("fLaC")],
  ["Ogg", Buffer.from("OggS\0")],
  ["MP3", Buffer.from("ID3\x03\0")],
  ["MP3", Buffer.from("ID3\x04\0")],
  ["RF64", Buffer.from("RF64")],
  ["AIFF", Buffer.from("FORM\0")],
  ["WebM", Buffer.from([0x1a, 0x45, 0xdf, 0xa3])],
];

/** The name of the kind of file that `data` begins, where it is one that cannot be read here. */
export function foreignContainer(data: Buffer): string | undefined {
  const begins = (beginning: Buffer) => data[0] === beginning[0] && data.subarray(0, beginning.length).equals(beginning);
  return FOREIGN_CONTAINERS.find(([, beginning]) => begins(beginning))?.[0];
}
