const FULL_SCALE = 32_768;

/**
 * The level of PCM: its RMS in dBFS. 0 is the maximum (a square wave at full scale; a sine at full scale is -3.01), speech near a
 * microphone lies around -26, a quiet room around -60.
 * @param pcm signed 16-bit samples, mono
 * @returns -Infinity for zeros only (a muted or forbidden microphone), and for no samples
 */
export function levelOf(pcm: Int16Array): number {
  let power = 0;
  for (const sample of pcm) power += sample * sample;
  return power === 0 ? -Infinity : 10 * Math.log10(power / pcm.length / FULL_SCALE ** 2);
}
