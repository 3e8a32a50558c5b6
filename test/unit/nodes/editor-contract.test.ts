import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import vm from "node:vm";
import { isDeviceName } from "../../../nodes/lib/microphone/device-name";
import { readMicrophoneSettings } from "../../../nodes/lib/microphone/settings";
import { isKnownModel } from "../../../nodes/lib/assemblyai/parameters";
import * as Pricing from "../../../nodes/lib/billing/pricing";
import { readStreamingSettings } from "../../../nodes/lib/speech-to-text/settings";
import lists from "../../vectors/arecord-lists.json";

/**
 * Reads the published .html of the nodes in the same way as the Flow Library's validator (node-red-dev: inline scripts, literal
 * type, literal definition), and holds it against the template, the runtime, the catalogues and helps of every language, and the icons.
 */

interface Property {
  value: unknown;
  type?: string;
  required?: boolean;
  validate?: (this: object, value: unknown, options: object) => true | string;
}

interface Definition {
  category: string;
  color?: string;
  icon?: string;
  inputs?: number;
  outputs?: number;
  defaults: Record<string, Property>;
  credentials?: Record<string, { type: string }>;
  label(this: object): string;
  paletteLabel?(this: object): string;
  inputLabels?(this: object): string;
  outputLabels?(this: object, index: number): string;
}

const root = resolve(__dirname, "../../../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  name: string;
  "node-red": { nodes: Record<string, string>; plugins: Record<string, string> };
};

const PALETTE_LABELS: Record<string, string> = {
  "assemblyai-microphone": "microphone",
  "assemblyai-streaming": "speech to text",
  "assemblyai-termination-stats": "termination stats",
};

/** All keys of a catalogue with their texts: "label.name" → "Name". */
function flatten(catalogue: object, prefix = ""): [string, unknown][] {
  return Object.entries(catalogue).flatMap(([name, value]: [string, unknown]) =>
    typeof value === "object" && value !== null ? flatten(value, `${prefix}${name}.`) : [[prefix + name, value] as [string, unknown]],
  );
}

const NODES = Object.entries(manifest["node-red"].nodes);
const [[SIDEBAR, sidebarFile] = ["", ""]] = Object.entries(manifest["node-red"].plugins);
const locales = join(root, dirname(NODES[0]?.[1] ?? ""), "locales");
/** English first: the others are held against it. */
const LANGUAGES = ["en-US", ...readdirSync(locales).filter((language) => language !== "en-US")];

function readCatalogue(language: string, type: string): Map<string, unknown> {
  return new Map(flatten(JSON.parse(readFileSync(join(locales, language, `${type}.json`), "utf8")) as object));
}

function readHelp(language: string, type: string): string {
  return readFileSync(join(locales, language, `${type}.html`), "utf8");
}

/** The names that `read` asks an object of properties for. */
function namesRead(read: (properties: Record<string, unknown>) => unknown): string[] {
  const names = new Set<string>();
  read(new Proxy({}, { get: (_target, name) => void names.add(String(name)) }));
  return [...names];
}

/** All of the runtime's compiled code: what asks for texts at run time. */
const runtime = readdirSync(join(root, "dist/nodes"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".js"))
  .map((file) => readFileSync(join(root, "dist/nodes", file), "utf8"))
  .join("\n");

/** The properties that the engine reads for a node, beside those that the node's own file reads. */
const READ_BY_ENGINE: Record<string, string[]> = {
  "assemblyai-microphone": namesRead(readMicrophoneSettings),
  "assemblyai-streaming": namesRead(readStreamingSettings),
};

const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? "");

function readNode(type: string, file: string) {
  const compiled = join(root, file);
  const html = readFileSync(compiled.replace(/\.js$/, ".html"), "utf8");
  const folder = dirname(compiled);
  const catalogue = readCatalogue("en-US", type);
  const scripts = matches(html, /<script.+?type=['"]text\/javascript['"].*?>([\S\s]*?)<\/script>/gi);
  const [template = ""] = matches(html, new RegExp(`<script type="text/html" data-template-name="${type}">([\\S\\s]*?)</script>`, "g"));
  assert.equal(scripts.length, 1, "one inline script");

  const asked = new Set<string>();
  const ask = (key: string) => {
    asked.add(key.slice(key.indexOf(":") + 1));
    return key;
  };
  const registered: [string, Definition][] = [];
  const RED = { _: ask, nodes: { registerType: (...registration: [string, Definition]) => registered.push(registration) } };
  vm.runInNewContext(scripts[0] ?? "", { RED, $: () => ({ val: () => undefined }) });
  assert.equal(registered.length, 1, "one node in each file");
  const [[registeredType, definition]] = registered as [[string, Definition]];
  assert.equal(registeredType, type);

  /** A node that was just dragged from the palette. */
  const fresh = {
    _: ask,
    ...Object.fromEntries(Object.entries(definition.defaults).map(([name, { value }]) => [name, value])),
  };
  return { html, script: scripts[0] ?? "", template, folder, catalogue, definition, asked, fresh };
}

/** The documents that a help points to, instead of explaining each error code in every language. */
function documentsIn(help: string): string[] {
  return matches(help, /href="(https:\/\/github\.com\/[^"]+)"/g);
}

describe("editor contract of all nodes", () => {
  it("shows the prices by which sessions are counted", () => {
    const html = readFileSync(join(root, "dist/nodes/assemblyai-streaming.html"), "utf8");
    const [script = ""] = /^const Parameters = [^]*^const Pricing = [^]*?^\}\)\(\{\}\);$/m.exec(html) ?? [];
    const shown = vm.runInNewContext(`${script}; Pricing`) as typeof Pricing;
    const models = [...html.matchAll(/"([\w-]+)": "model\.\w+"/g)].map(([, model = ""]) => model);
    assert.ok(models.length > 4);
    const help = readHelp("en-US", "assemblyai-termination-stats");
    for (const model of [...models, "a model that is not known"]) {
      for (const parameters of ["", "speaker_labels=true&redact_pii=true", "voice_focus=far-field", "keyterms_prompt=x"]) {
        const asked = new URLSearchParams(parameters);
        const price = Pricing.hourlyRate(model, Pricing.addOnsOf(asked));
        assert.equal(shown.hourlyRate(model, shown.addOnsOf(asked)), price, `${model} ${parameters}`);
        if (parameters === "") assert.ok(help.includes(`$${price.toFixed(2)}`), `${price} is not in the help`);
      }
    }
  });

  it("needs nothing in the browser that only Node.js has", () => {
    for (const [type, file] of NODES) assert.doesNotMatch(readNode(type, file).script, /\brequire\(|\bprocess\./, type);
  });

  it("knows of each model in the list which parameters it takes", () => {
    const html = readFileSync(join(root, "dist/nodes/assemblyai-streaming.html"), "utf8");
    const models = [...html.matchAll(/"([\w-]+)": "model\.\w+"/g)].map(([, model = ""]) => model);
    for (const model of models) assert.ok(isKnownModel(model), model);
  });

  it("refuses what the runtime refuses: languages that the service does not know, and what the model does not take", () => {
    const { definition, fresh } = readNode("assemblyai-streaming", manifest["node-red"].nodes["assemblyai-streaming"] ?? "");
    const cases: [properties: Record<string, unknown>, name: string][] = [];
    for (const model of [
      "universal-3-6-pro",
      "universal-streaming-english",
      "universal-streaming-multilingual",
      "whisper-rt",
      "new-model",
    ]) {
      for (const languages of ["", "en", "en, de", "en-US", "pl", "multi", "multi, en", "x y"])
        cases.push([{ model, languages }, "languages"]);
      for (const prompt of ["", "x"]) cases.push([{ model, prompt }, "prompt"]);
      for (const voiceFocus of ["", "near-field", "far-field", "near"]) cases.push([{ model, voiceFocus }, "voiceFocus"]);
      for (const languageDetection of [true, false]) cases.push([{ model, languageDetection }, "languageDetection"]);
    }
    for (const [properties, name] of cases) {
      const taken = definition.defaults[name]?.validate?.call({ ...fresh, ...properties }, properties[name], {}) === true;
      const read = () => readStreamingSettings(properties);
      if (taken) assert.doesNotThrow(read, JSON.stringify(properties));
      // A code of another form than the service's is refused in the dialog only, where the model is not known.
      else if (properties["languages"] !== "x y" || properties["model"] !== "new-model") assert.throws(read, JSON.stringify(properties));
    }
  });

  it("takes the lists that the runtime takes, with commas of any kind", () => {
    const { definition, fresh } = readNode("assemblyai-streaming", manifest["node-red"].nodes["assemblyai-streaming"] ?? "");
    for (const [separator, name] of [",", "\n", "，", "、"].flatMap((comma) =>
      ["languages", "keyterms"].map((of) => [comma, of] as const),
    )) {
      const listOf = (length: number) => Array.from({ length }, () => "en").join(separator);
      const most = name === "languages" ? 10 : 100;
      const parameter = name === "languages" ? "language_codes" : "keyterms_prompt";
      const url = new URL(readStreamingSettings({ [name]: listOf(most) }).sessionUrl("ws://localhost/v3/ws", 16_000));
      assert.equal((JSON.parse(url.searchParams.get(parameter) ?? "") as unknown[]).length, most);
      const validate = definition.defaults[name]?.validate;
      assert.equal(validate?.call(fresh, listOf(most), {}), true, `${name} with ${separator}`);
      assert.equal(validate?.call(fresh, listOf(most + 1), {}), `invalid.${name}`, `${name} with ${separator}`);
    }
  });

  it("takes the devices that the runtime takes", () => {
    const [, file = ""] = NODES.find(([type]) => type === "assemblyai-microphone") ?? [];
    const { definition } = readNode("assemblyai-microphone", file);
    const names = [...Object.values(lists).flat(), "", "tee:null,'|id',raw", "file:x,raw", "hw:{}", "x.m3u", "-x", "a/b", "x".repeat(201)];
    for (const device of names) {
      const taken = definition.defaults["device"]?.validate?.call({ _: (key: string) => key }, device, {}) === true;
      assert.equal(taken, device === "" || isDeviceName(device), device);
    }
  });

  it("writes numbers in the language that a catalogue is in", () => {
    for (const language of LANGUAGES) {
      assert.equal(readCatalogue(language, "assemblyai-config").get("locale"), language);
      assert.deepEqual(Intl.NumberFormat.supportedLocalesOf(language), [language]);
    }
  });

  it("has every language for every node and the sidebar", () => {
    for (const language of LANGUAGES) {
      const files = [...NODES.flatMap(([type]) => [`${type}.html`, `${type}.json`]), `${SIDEBAR}.json`];
      assert.deepEqual(readdirSync(join(locales, language)).sort(), files.sort(), language);
    }
  });
});

describe("editor contract of the sidebar", () => {
  const html = readFileSync(join(root, sidebarFile.replace(/\.js$/, ".html")), "utf8");
  const catalogue = readCatalogue("en-US", SIDEBAR);
  const script = matches(html, /<script type="text\/javascript">([\S\s]*?)<\/script>/g).join("\n");

  it("is a plugin with a file of its own in the runtime", () => {
    assert.ok(existsSync(join(root, sidebarFile)));
    assert.match(script, new RegExp(`RED\\.plugins\\.registerPlugin\\("${SIDEBAR}", `));
  });

  it("uses the texts of its catalogue, all of them and no other", () => {
    const sections = new Set([...catalogue.keys()].map((key) => key.split(".")[0]));
    const dotted = matches(script, /"(\w+(?:\.\w+)+)"/g).filter((key) => sections.has(key.split(".")[0]));
    const asked = matches(script, /\btext\("(\w+)"/g);
    assert.deepEqual([...new Set([...dotted, ...asked])].sort(), [...catalogue.keys()].sort());
  });

  for (const language of LANGUAGES) {
    it(`has all its texts in ${language}, with the same values in them`, () => {
      const texts = readCatalogue(language, SIDEBAR);
      assert.deepEqual([...texts.keys()].sort(), [...catalogue.keys()].sort());
      const values = (text: unknown) => [...new Set(matches(String(text), /__(\w+?)__/g))].sort();
      for (const [key, text] of texts) assert.deepEqual(values(text), values(catalogue.get(key)), key);
    });
  }

  it("has a word for each reason why a session ends", () => {
    const reasons = matches(readFileSync(join(root, "nodes/lib/session/session-summary.ts"), "utf8"), /^export type EndReason = (.*);$/gm);
    for (const reason of matches(reasons.join(), /"([\w-]+)"/g)) assert.match(script, new RegExp(`\\b"?${reason}"?: "reason\\.`));
  });

  it("has one part that screen readers speak of by themselves: its notices, not what changes every second", () => {
    assert.deepEqual(matches(script, /setAttribute\("role", "(status|alert|log|timer)"\)/g), ["status"]);
    assert.doesNotMatch(script, /aria-live|"output"/);
  });

  it("sets what users have written as text only, and leaves colours to Node-RED's themes", () => {
    const own = script.slice(script.indexOf("const SidebarDay"));
    assert.doesNotMatch(own, /innerHTML|outerHTML|insertAdjacentHTML|\.html\(|\$\(["'`]</);
    const style = matches(html, /<style>([\S\s]*?)<\/style>/g).join("\n");
    assert.doesNotMatch(style, /#(?:[\da-f]{3,4}){1,2}\b|\b(?:rgb|hsl)a?\(/i);
    assert.doesNotMatch(style, /\b(?:color|background|border-color|fill|stroke)\s*:(?!\s*(?:var\(--red-ui-|none\b|inherit\b))/i);
  });
});

for (const [type, file] of NODES) {
  describe(`editor contract of ${type}`, () => {
    const isConfig = type.endsWith("-config");
    let node: ReturnType<typeof readNode>;
    before(() => {
      node = readNode(type, file);
    });

    it("is registered by literals, which a validator can read without running it", () => {
      const { script, definition } = node;
      assert.match(script, new RegExp(`RED\\.nodes\\.registerType\\("${type}", \\{\\n`));
      assert.match(script, /^ +defaults: \{\n/m);
      if (definition.credentials) assert.match(script, /^ +credentials: \{\n/m);
      for (const name of ["category", "color", "icon", "inputs", "outputs"] as const) {
        const literal = JSON.stringify(definition[name]);
        if (literal !== undefined) assert.match(script, new RegExp(`^ +${name}: ${literal},\\n`, "m"));
      }
    });

    it("looks like the others", () => {
      const { definition, catalogue, fresh } = node;
      assert.equal(definition.category, isConfig ? "config" : "AssemblyAI");
      if (isConfig) return;
      assert.equal(definition.color, "#8fb3d9");
      assert.equal(definition.inputs, 1);
      assert.equal(catalogue.get(definition.paletteLabel?.call(fresh) ?? ""), PALETTE_LABELS[type]);
      assert.notEqual(catalogue.get(definition.inputLabels?.call(fresh) ?? ""), undefined);
      const outputs = Array.from({ length: definition.outputs ?? 0 }, (_, index) =>
        catalogue.get(definition.outputLabels?.call(fresh, index) ?? ""),
      );
      assert.ok(outputs.length > 0 && outputs.every((label) => typeof label === "string"), String(outputs));
      assert.equal(new Set(outputs).size, outputs.length, "outputs have labels of their own");
    });

    it("has one input in its dialog for each property, and no other", () => {
      const { template, definition } = node;
      const inputs = matches(template, isConfig ? /\bid="node-config-input-(\w+)"/g : /\bid="node-input-(\w+)"/g);
      const properties = [...Object.keys(definition.defaults), ...Object.keys(definition.credentials ?? {})];
      assert.deepEqual(inputs.sort(), properties.sort());
      const labels = matches(template, isConfig ? /\bfor="node-config-input-(\w+)"/g : /\bfor="node-input-(\w+)"/g);
      assert.deepEqual(labels.sort(), properties.sort(), "and a label for each");
      assert.ok(properties.includes("name"));
    });

    it("has the properties that the runtime reads, and no other", () => {
      const glue = readFileSync(join(root, file), "utf8");
      const own = matches(glue, /\bproperties\.(\w+)/g).filter((name) => name !== "wires");
      const read = new Set(["name", ...own, ...(READ_BY_ENGINE[type] ?? [])]);
      assert.deepEqual(Object.keys(node.definition.defaults).sort(), [...read].sort());
    });

    it("is valid when it is dragged from the palette, except for the config node to choose", () => {
      const { definition, fresh } = node;
      for (const [name, { value, type: configType, validate }] of Object.entries(definition.defaults)) {
        if (configType === undefined) assert.equal(validate?.call(fresh, value, {}) ?? true, true, name);
        else assert.equal(configType, "assemblyai-config");
      }
    });

    it("has a translated reason for each invalid value", () => {
      const { definition, catalogue, fresh } = node;
      for (const [name, { validate }] of Object.entries(definition.defaults)) {
        if (!validate) continue;
        // Node-RED takes a reason from validators with exactly two parameters only.
        assert.equal(validate.length, 2, name);
        for (const state of [fresh, { ...fresh, endpoint: "custom" }]) {
          for (const value of ["", " ", "-1", "x y", "{", "[]", "1e9", "-", -1, Number.NaN, 1e9, true, "x".repeat(2000)]) {
            const result = validate.call(state, value, {});
            assert.ok(result === true || typeof catalogue.get(result) === "string", `${name}: ${value} → ${result}`);
          }
        }
        const reasons = ["-1", "x y", " ", "x".repeat(2000)].map((value) => validate.call({ ...fresh, endpoint: "custom" }, value, {}));
        assert.ok(
          reasons.some((reason) => reason !== true),
          `${name} takes anything`,
        );
      }
    });

    it("uses the texts of its catalogue, all of them and no other", () => {
      const { template, script, catalogue, asked, definition, fresh } = node;
      definition.label.call(fresh);
      const inTemplate = matches(template, /\bdata-i18n="([^"]*)"/g)
        .flatMap((keys) => keys.split(";"))
        .map((key) => key.replace(/^\[\w+\]/, ""));
      const sections = new Set([...catalogue.keys()].map((key) => key.split(".")[0]));
      const inScript = matches(script, /["'`]((?:[\w@/-]+:)?\w+(?:\.\w+)+)["'`]/g)
        .map((key) => key.replace(`${manifest.name}/${type}:`, ""))
        .filter((key) => key.includes(":") || sections.has(key.split(".")[0]));
      const used = new Set([...inTemplate, ...inScript, ...asked]);
      assert.ok(inTemplate.length > 0);
      for (const key of used) assert.equal(typeof catalogue.get(key), "string", `no text for ${key}`);

      const isUsedAtRunTime = (key: string) =>
        key.startsWith("errors.AAI_RECORDER_MISSING/") || runtime.includes(`"${key.replace(/^(status|errors)\./, "")}"`);
      const isForRunTime = (key: string) => /^(status|errors)\./.test(key) && isUsedAtRunTime(key);
      const isLocale = (key: string) => isConfig && key === "locale" && runtime.includes(":locale`");
      const unused = [...catalogue.keys()].filter((key) => !used.has(key) && !isForRunTime(key) && !isLocale(key));
      assert.deepEqual(unused, []);
    });

    it("has no text outside its catalogue", () => {
      const texts = node.template
        .replace(/<style>[\S\s]*?<\/style>/g, "")
        .replace(/<[^>]*>/g, "")
        .trim();
      assert.equal(texts, "");
      assert.doesNotMatch(node.template, /\b(?:placeholder|title)="/);
    });

    for (const language of LANGUAGES) {
      it(`has all its texts in ${language}, with the same values in them`, () => {
        const texts = readCatalogue(language, type);
        const missing = [...node.catalogue.keys()].filter((key) => !texts.has(key));
        const unknown = [...texts.keys()].filter((key) => !node.catalogue.has(key));
        assert.deepEqual({ missing, unknown }, { missing: [], unknown: [] });
        const values = (text: unknown) => [...new Set(matches(String(text), /__(\w+?)__/g))].sort();
        for (const [key, text] of texts) {
          assert.ok(typeof text === "string" && text.trim() !== "", `${key} is empty`);
          assert.deepEqual(values(text), values(node.catalogue.get(key)), key);
        }
      });

      it(`has help in ${language}, with the same sections, and a link to what its errors mean`, () => {
        const help = readHelp(language, type);
        const english = readHelp("en-US", type);
        assert.match(help, new RegExp(`^<script type="text/html" data-help-name="${type}">\\s*<p>`));
        assert.doesNotMatch(help, /<(?:b|i|em|strong)>/);
        const count = (text: string, tag: string) => text.split(tag).length - 1;
        for (const tag of ["<h3>", "<table"]) assert.equal(count(help, tag), count(english, tag), tag);
        assert.match(String(documentsIn(help)), /\/docs\/troubleshooting\.md/);
        assert.deepEqual(documentsIn(help), documentsIn(english));
      });
    }

    it("has help with the sections that Node-RED's style guide asks for, outside of the dialog's file", () => {
      const help = readHelp("en-US", type);
      for (const heading of [...(isConfig ? ["Properties"] : ["Inputs", "Outputs"]), "Details", "References"])
        assert.match(help, new RegExp(`<h3>${heading}</h3>`));
      assert.doesNotMatch(node.html, /data-help-name/);
    });

    it("has a white icon beside the compiled node, of the proportions that Node-RED asks for", () => {
      const { icon } = node.definition;
      if (isConfig) return assert.equal(icon, undefined);
      assert.equal(icon, `${type}.svg`);
      const path = join(node.folder, "icons", icon);
      assert.ok(existsSync(path), path);
      const svg = readFileSync(path, "utf8");
      assert.match(svg, /viewBox="0 0 40 60"/);
      const paints = matches(svg, /\b(?:fill|stroke)="([^"]*)"/g);
      assert.ok(paints.length > 0 && paints.every((paint) => paint === "#fff" || paint === "none"), String(paints));
    });

    it("leaves colours to Node-RED's themes", () => {
      assert.doesNotMatch(node.template, /#(?:[\da-f]{3,4}){1,2}\b(?!-)|\b(?:rgb|hsl)a?\(/i);
      assert.doesNotMatch(node.template, /\b(?:color|background|border-color|fill|stroke)\s*:(?!\s*(?:var\(--red-ui-|none\b))/i);
    });
  });
}
