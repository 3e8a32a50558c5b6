import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KNOWN_PARAMETERS, RESERVED, SECRET } from "../../../nodes/lib/assemblyai/parameters";
import { addressFields, readConfiguration } from "../../../nodes/lib/assemblyai/update-configuration";
import { readStreamingSettings } from "../../../nodes/lib/speech-to-text/settings";

const page = readFileSync(join(__dirname, "../../../../docs/nodes.md"), "utf8");
const section = page.split("### Every parameter of the service")[1]?.split("\n### ")[0] ?? "";
const table = Array.from(section.matchAll(/^\| `(\w+)` +\| (.*?) +\| (\w[\w ]*?) +\|/gm), ([, name = "", here = "", configure = ""]) => ({
  name,
  here,
  configure,
}));

/** Values of every kind: one of them fits each parameter. */
const VALUES = [true, 1, 0.5, "x", "en", "near-field", "medical-v1", "balanced", ["en"], {}];

/** How `configure` takes a parameter, whatever its values are, with the models that take it. */
function configures(name: string): string {
  for (const model of ["universal-3-6-pro", "universal-streaming-multilingual"]) {
    for (const value of VALUES) {
      try {
        const { fields } = readConfiguration({ [name]: value }, model);
        return name in addressFields(fields) ? "next session" : "yes";
      } catch {
        // another value
      }
    }
  }
  return "no";
}

/** All properties of the node that set a parameter, each with a value of its own. */
const PROPERTIES = {
  model: "universal-3-5-pro",
  serverTimeout: 40,
  formatTurns: "true",
  minTurnSilence: 100,
  maxTurnSilence: 200,
  prompt: "x",
  keyterms: "x",
  languages: "en",
  languageDetection: true,
  voiceFocus: "near-field",
  speakerLabels: true,
  maxSpeakers: 2,
  filterProfanity: true,
  redactPii: true,
};

const addressOf = (properties: object) => new URL(readStreamingSettings({ ...properties }).sessionUrl("ws://a/v3/ws", 16_000)).searchParams;

describe("the table of the service's parameters in docs/nodes.md", () => {
  it("has each one that is known, once", () => {
    assert.deepEqual(
      table.map(({ name }) => name),
      KNOWN_PARAMETERS,
    );
  });

  for (const { name, here, configure } of table) {
    it(`is right about ${name}`, () => {
      assert.equal(configure, configures(name));
      const isOption = !RESERVED.includes(name) && name !== SECRET;
      if (isOption) assert.equal(addressOf({ options: { [name]: "x" } }).get(name), "x");
      else assert.throws(() => addressOf({ options: { [name]: "x" } }), { code: "AAI_PROPERTY" });
      const property = /^`(\w+)`$/.exec(here)?.[1];
      if (property === "options" || property === undefined) return assert.equal(isOption, property !== undefined);
      const { [property as keyof typeof PROPERTIES]: value, ...others } = PROPERTIES;
      assert.ok(value !== undefined, `${property} is no property`);
      assert.notEqual(addressOf(PROPERTIES).get(name), addressOf(others).get(name), `${property} does not set it`);
    });
  }
});
