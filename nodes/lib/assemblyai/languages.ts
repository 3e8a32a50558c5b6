/**
 * The codes that `language_codes` takes. The service refuses a session for any other, also for one with a region, such as `en-US`.
 *
 * Sources: AssemblyAI/assemblyai-skill, skills/assemblyai/references/streaming.md, November 2026 (32 languages of Universal-3.6 Pro); the
 * service's own refusal of 24 September 2026, which lists them and `multi` for Universal-3.5 Pro, too
 * (md-abid-hussain/assemblyai-baton, research/10b-streaming-smoke.md).
 *
 * The build puts this file into the dialog, too, so it imports nothing.
 */
export const LANGUAGE_CODES: readonly string[] =
  "af,ar,ca,da,de,en,es,et,fa,fi,fr,gl,he,hi,it,ja,ko,mr,multi,nl,nn,no,pt,ro,ru,sv,tr,ur,vi,xh,yue,zh,zu".split(",");

/** Any language, also mixed: it stands alone. */
export const MIXED = "multi";

/** Codes of the same language that others use: two of ISO 639 for Norwegian and Hebrew, and Mandarin's own. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["nb", "no"],
  ["iw", "he"],
  ["cmn", "zh"],
]);

/** The service's code for one that it does not take: `en` for `en-US`. undefined where it has none for that language. */
export function nearestLanguage(code: string): string | undefined {
  const language = code.toLowerCase().split(/[-_]/, 1)[0] ?? "";
  const known = ALIASES.get(language) ?? language;
  return LANGUAGE_CODES.includes(known) ? known : undefined;
}

/** The first code that the service does not take in such a list, or that has to stand alone; undefined where it takes the list. */
export function unusableLanguage(codes: readonly string[]): string | undefined {
  return codes.find((code) => !LANGUAGE_CODES.includes(code)) ?? (codes.length > 1 ? codes.find((code) => code === MIXED) : undefined);
}
