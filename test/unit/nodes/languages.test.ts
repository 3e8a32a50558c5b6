import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { AaiError, type ErrorKey } from "../../../nodes/lib/common/errors";
import { nodeTexts, type NodeTexts } from "../../../nodes/lib/common/node-texts";
import { fillText, type TextValues } from "../../../nodes/lib/common/texts";

/** What users of each language get to read, through the translator that Node-RED itself uses. */

interface Catalogue {
  errors?: Record<string, string>;
  status?: Record<string, string>;
}

/** As much as is needed of i18next. */
interface Translator {
  createInstance(options: object, ready: () => void): { t: (key: string, values?: Record<string, string | number>) => string };
}

const { i18n } = createRequire(require.resolve("node-red"))("@node-red/util") as { i18n: { i: Translator } };

const MODULE = "node-red-contrib-assemblyai";
const NODES = ["assemblyai-config", "assemblyai-microphone", "assemblyai-streaming", "assemblyai-termination-stats"];
const locales = resolve(__dirname, "../../../nodes/locales");
const LANGUAGES = readdirSync(locales);
const DECIMAL_COMMA = ["de", "es-ES", "fr"];

function readCatalogue(language: string, node: string): Catalogue {
  return JSON.parse(readFileSync(join(locales, language, `${node}.json`), "utf8")) as Catalogue;
}

/** A node's texts in a Node-RED of this language. The options are those of Node-RED 4.1 and 5.0. */
function textsOf(language: string, node: string): NodeTexts<string> {
  const catalogues = (of: string) => Object.fromEntries(NODES.map((name) => [`${MODULE}/${name}`, readCatalogue(of, name)]));
  const resources = Object.fromEntries(LANGUAGES.map((each) => [each, catalogues(each)]));
  const interpolation = { unescapeSuffix: "HTML", escapeValue: false, prefix: "__", suffix: "__" };
  const options = {
    lng: language,
    fallbackLng: "en-US",
    keySeparator: ".",
    nsSeparator: ":",
    showSupportNotice: false,
    interpolation,
    resources,
  };
  const translator = i18n.i.createInstance(options, () => undefined);
  const translate = (key: string, values?: Record<string, string | number>) =>
    translator.t(key.includes(":") ? key : `${MODULE}/${node}:${key}`, values);
  return nodeTexts(translate, { status: readCatalogue("en-US", node).status ?? {} });
}

/** A value for each placeholder of a text: some that a translator could take for something of its own. */
function valuesOf(text: string): TextValues {
  const names = [...text.matchAll(/__(\w+?)__/g)].map(([, name = ""]) => name);
  return Object.fromEntries(names.map((name, i) => [name, ["<b>&", 3, "$t(label.name)", 16_000, "{{x}}"][i % 5] ?? ""]));
}

describe("languages", () => {
  for (const language of LANGUAGES) {
    describe(language, () => {
      it("has every error in its own words", () => {
        const texts = textsOf(language, "assemblyai-streaming");
        for (const [key, text] of Object.entries(readCatalogue(language, "assemblyai-config").errors ?? {})) {
          const error = new AaiError(key as ErrorKey, valuesOf(text));
          assert.equal(texts.error(error).message, fillText(text, error.values), key);
        }
      });

      for (const node of NODES.filter((name) => name !== "assemblyai-config")) {
        it(`has every status of ${node} in its own words`, () => {
          const texts = textsOf(language, node);
          for (const [key, text] of Object.entries(readCatalogue(language, node).status ?? {})) {
            const values = valuesOf(text);
            assert.equal(texts.status(key, values), fillText(text, values), key);
          }
        });
      }

      it("writes decimals as its people do", () => {
        const texts = textsOf(language, "assemblyai-termination-stats");
        const sign = DECIMAL_COMMA.includes(language) ? "," : ".";
        assert.deepEqual([texts.number(0.0155, 4), texts.number(1234.5, 2)], [`0${sign}0155`, `1234${sign}50`]);
        const status = texts.status("today", { today: texts.number(0.0155, 4), count: 2.5 });
        assert.ok(status.includes(`2${sign}5`) && status.includes(`0${sign}0155`), status);
        assert.ok(texts.errorText(new AaiError("AAI_BUDGET", { usd: 0.5, time: "" })).includes(`0${sign}5`));
      });
    });
  }

  it("is English, numbers too, where there is no catalogue of Node-RED's language", () => {
    const texts = textsOf("ru", "assemblyai-termination-stats"); // whose decimals have a comma
    assert.equal(texts.status("today", { today: texts.number(0.45, 2), count: 2.5 }), "today $0.45 (2.5)");
  });
});
