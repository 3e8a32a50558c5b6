import assert from "node:assert/strict";
import { LANGUAGE_CODES, nearestLanguage } from "../../../nodes/lib/assemblyai/languages";

describe("language codes", () => {
  /** In the order of the service's own refusal, of 24 September 2026. */
  const REFUSAL =
    "'en', 'es', 'de', 'fr', 'it', 'pt', 'tr', 'nl', 'sv', 'no', 'da', 'fi', 'hi', 'vi', 'ar', 'he', 'ja', 'ur', 'zh', 'ru', 'ko', 'ca', 'gl', 'ro', 'et', 'fa', 'yue', 'af', 'mr', 'zu', 'xh', 'nn' or 'multi'";

  it("are those that the service names when it refuses another", () => {
    const named = Array.from(REFUSAL.matchAll(/'(\w+)'/g), ([, code = ""]) => code);
    assert.equal(named.length, 33);
    assert.deepEqual([...LANGUAGE_CODES].sort(), named.sort());
  });

  const nearest: [given: string, code: string | undefined][] = [
    ["en-US", "en"],
    ["en_us", "en"],
    ["EN", "en"],
    ["de-DE", "de"],
    ["pt-BR", "pt"],
    ["zh-Hant-TW", "zh"],
    ["nb-NO", "no"],
    ["iw", "he"],
    ["en", "en"],
    ["pl", undefined],
    ["english", undefined],
    ["", undefined],
    ["constructor", undefined],
  ];
  for (const [given, code] of nearest) it(`have ${code ?? "none"} for ${given}`, () => assert.equal(nearestLanguage(given), code));
});
