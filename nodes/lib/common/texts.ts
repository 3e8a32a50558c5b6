/**
 * Texts for people, kept in the locale catalogues only (`nodes/locales/<language>/*.json`, Node-RED's own place for them).
 * The engine's own texts are English, from the en-US catalogue; the nodes use Node-RED's translator first.
 */

/** The values for a text's `__name__` placeholders, which are Node-RED's (i18next's) notation. */
export type TextValues = Readonly<Record<string, string | number>>;

/** A translator such as Node-RED's `RED._`: returns the key where it has no text for it. */
export type Translate = (key: string, values?: Record<string, string | number>) => string;

export function fillText(template: string, values: TextValues = {}): string {
  return template.replace(/__(\w+?)__/g, (placeholder, name: string) => String(values[name] ?? placeholder));
}

/**
 * The text of `key` in the runtime's language.
 * @param english the fallback where the runtime has no catalogue (a unit test, a language without this text)
 */
export function translated(translate: Translate, key: string, english: string, values: TextValues = {}): string {
  const text = translate(key, { ...values });
  return typeof text !== "string" || text === "" || text === key ? fillText(english, values) : text;
}
