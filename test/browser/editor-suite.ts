import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { startSimulator, type Simulator } from "../../simulator";
import { Editor, NARROW, WIDE, type Theme } from "../support/editor";
import { exampleFiles, needsDashboard } from "../support/examples";
import { account, API_KEY, tab } from "../support/flow-parts";
import { root, type FlowNode, type NodeRedProcess } from "../support/node-red-process";
import type { Rig } from "./rig";

/** What a user does in the editor, in a real browser and a real Node-RED. All of it is done in one page: to load it takes seconds. */

const TYPES = ["assemblyai-microphone", "assemblyai-streaming", "assemblyai-termination-stats"] as const;
type Type = (typeof TYPES)[number];

/** A value for each property, none of them the default, by the order in which the dialogs show them. */
const VALUES: Record<Type, Record<string, string | boolean>> = {
  "assemblyai-microphone": {
    name: "hall",
    device: "plughw:CARD=Device,DEV=0",
    topic: "the hall",
    autoStart: true,
    stopWithSession: false,
    format: "wav",
    sampleRate: "44100",
    chunkMs: "100",
  },
  "assemblyai-streaming": {
    name: "listener",
    model: "universal-3-5-pro",
    open: "wake-word",
    wakeWord: "okay_nabu, hey_mycroft, /home/pi/computer.json",
    preRoll: "750",
    silenceTimeout: "7.5",
    languages: "en, de",
    keyterms: "Node-RED\nFlowFuse",
    prompt: "Commands for a house.",
    formatTurns: "true",
    minTurnSilence: "200",
    maxTurnSilence: "1500",
    options: '{"vad_threshold":0.4}',
    speakerLabels: true,
    maxSpeakers: "3",
    voiceFocus: "far-field",
    redactPii: true,
    filterProfanity: true,
    languageDetection: true,
    maxSession: "30",
    budgetUsd: "1.5",
    serverTimeout: "60",
    sampleRate: "8000",
    channel: "left",
    maxLag: "2.5",
    reconnect: false,
    perTopic: true,
    maxStreams: "5",
  },
  "assemblyai-termination-stats": { name: "bill", rate: "0.5", resetDaily: true },
};

/** A value that each property cannot have. */
const WRONG: Record<Type, Record<string, string>> = {
  "assemblyai-microphone": { device: "-x", sampleRate: "7999", chunkMs: "5" },
  "assemblyai-streaming": {
    model: "two words",
    wakeWord: "alexa",
    preRoll: "-1",
    silenceTimeout: "soon",
    languages: "english!",
    keyterms: "x".repeat(51),
    minTurnSilence: "10",
    maxTurnSilence: "1.5",
    options: '{"token":1}',
    maxSpeakers: "11",
    maxSession: "181",
    budgetUsd: "-5",
    serverTimeout: "3",
    sampleRate: "1000",
    maxLag: "301",
    maxStreams: "0",
  },
  "assemblyai-termination-stats": { rate: "free" },
};

/** Of the account that all examples share. */
const ACCOUNT_ID = "0beb9febaaaa7ad6";

/** Those of core nodes and ours; the others have tests of their own. */
const EXAMPLES = exampleFiles
  .filter((file) => !needsDashboard(file))
  .map((file) => ({ name: basename(file, ".json"), json: readFileSync(join(root, "examples", file), "utf8") }));

export function describeEditor(rig: () => Rig, themes: readonly [Theme, ...Theme[]]): void {
  describe("the editor", () => {
    let nodeRed: NodeRedProcess;
    let simulator: Simulator;
    let busy: Simulator;
    let editor: Editor;

    before(async () => {
      nodeRed = rig().nodeRed;
      simulator = await startSimulator({ keys: [API_KEY], processing: "realtime" });
      busy = await startSimulator({ tokenFault: 429 });
      editor = await Editor.open(rig().browser, nodeRed);
    });

    after(async () => {
      await editor?.close();
      await simulator?.close();
      await busy?.close();
    });

    beforeEach(() => editor.look(nodeRed, WIDE, "light"));

    afterEach(async function () {
      const faults = editor.faults.splice(0);
      if (this.currentTest?.state !== "passed") await editor.load(nodeRed); // dialogs may be open: the next try begins with none
      assert.deepEqual(faults, [], "requests that leave the machine, or errors on the console");
    });

    /** An empty flow in the editor. */
    const clear = () => editor.show(nodeRed, [tab()]);

    /** Opens a dialog with all of its fields to be seen. */
    async function editWhole(type: Type): Promise<void> {
      await editor.edit(type);
      await editor.unfold();
      if (type !== "assemblyai-streaming") return;
      await editor.fill("open", "wake-word");
      await editor.fill("perTopic", true);
      await editor.fill("speakerLabels", true);
    }

    /** A flow with an account and a node of each type, in the editor. */
    async function show(more: Partial<Record<Type, object>> = {}): Promise<void> {
      const place = { z: "tab", x: 200, wires: [] };
      const nodes = TYPES.map((type, index) => ({ id: type, type, ...place, y: 100 + 100 * index, ...DEFAULTS[type], ...more[type] }));
      await editor.show(nodeRed, [tab(), account(simulator.url), ...nodes]);
    }

    const deployed = (flows: FlowNode[], type: Type) => flows.find((node) => node.type === type) ?? assert.fail(`no ${type}`);

    describe("dialogs", () => {
      for (const [viewport, theme] of [
        [WIDE, themes[0]],
        [NARROW, themes.at(-1) ?? themes[0]],
      ] as const) {
        it(`take every value, at ${viewport.width} px and in ${theme}`, async () => {
          await editor.look(nodeRed, viewport, theme);
          await clear();
          for (const [index, type] of TYPES.entries()) {
            const id = await editor.drag(type, 250, 80 + 100 * index);
            await editor.edit(id);
            if (type === "assemblyai-streaming") {
              await editor.addConfig("config");
              await editor.configField("name").fill("my account");
              await editor.configField("endpoint").selectOption("custom");
              await editor.configField("url").fill(simulator.url);
              await editor.configField("apiKey").fill(API_KEY);
              await editor.configDone();
            }
            for (const [name, value] of Object.entries(VALUES[type])) {
              if (!(await editor.field(name).isVisible())) await editor.unfold();
              await editor.fill(name, value);
            }
            await editor.done();
          }
          const flows = await editor.deploy();
          for (const type of TYPES) {
            const node = deployed(flows, type);
            for (const [name, value] of Object.entries(VALUES[type])) assert.equal(String(node[name]), String(value), name);
          }
          const { name, endpoint, url, id } = flows.find((node) => node.type === "assemblyai-config") ?? assert.fail("no account");
          assert.deepEqual({ name, endpoint, url }, { name: "my account", endpoint: "custom", url: simulator.url });
          assert.equal(deployed(flows, "assemblyai-streaming")["config"], id);

          await editor.load(nodeRed);
          for (const type of TYPES) {
            await editor.edit(deployed(flows, type).id);
            for (const [property, value] of Object.entries(VALUES[type])) {
              const field = editor.field(property);
              assert.equal(typeof value === "boolean" ? await field.isChecked() : await field.inputValue(), value, property);
            }
            await editor.cancel();
          }
        });
      }

      for (const theme of themes) {
        it(`are readable and whole in ${theme}, at any width`, async () => {
          await show();
          for (const viewport of [WIDE, NARROW]) {
            await editor.look(nodeRed, viewport, theme);
            for (const type of TYPES) {
              await editor.edit(type);
              await editor.unfold();
              if (type === "assemblyai-streaming") {
                await editor.fill("perTopic", true);
                await editor.fill("speakerLabels", true);
                await editor.fill("redactPii", true);
                await editor.fill("options", '{"spech_model":"","domain":"medical-v1"}');
                await editor.fill("languages", "en-US");
                await editor.fill("open", "wake-word");
                await editor.editConfig("config");
                assert.deepEqual(await editor.layoutFaults(), [], `account at ${viewport.width} px`);
                await editor.configDone();
              }
              assert.deepEqual(await editor.layoutFaults(), [], `${type} at ${viewport.width} px`);
              await editor.cancel();
            }
          }
        });
      }

      it("are valid when they are dragged from the palette, once an account is chosen", async () => {
        await clear();
        const valid = (id: string) => editor.page.evaluate<boolean>(`RED.nodes.node(${JSON.stringify(id)}).valid`);
        const ids: string[] = [];
        for (const [index, type] of TYPES.entries()) ids.push(await editor.drag(type, 250, 80 + 100 * index));
        assert.deepEqual(await Promise.all(ids.map(valid)), [true, false, true]);
        await editor.edit(ids[1] ?? "");
        await editor.addConfig("config");
        await editor.configDone();
        await editor.done();
        assert.equal(await valid(ids[1] ?? ""), true);
      });

      it("show the default of what an older flow lacks", async () => {
        await editor.show(nodeRed, [
          tab(),
          account(simulator.url),
          { id: "old", type: "assemblyai-streaming", z: "tab", x: 200, y: 100, name: "", config: "account", wires: [[], [], []] },
        ]);
        await editor.edit("old");
        assert.equal(await editor.page.locator(".assemblyai-choices :checked").getAttribute("value"), "audio");
        await editor.done();
        const node = deployed(await editor.deploy(), "assemblyai-streaming");
        const meant: object = { ...DEFAULTS["assemblyai-streaming"], open: "audio" };
        for (const [name, value] of Object.entries(meant)) assert.equal(String(node[name]), String(value), name);
      });

      it("unfold the sections in which something is set, and no other", async () => {
        const open = () => editor.page.locator(".assemblyai-form details[open] > summary").allTextContents();
        const listener = async (more: object) => {
          await show({ "assemblyai-streaming": more });
          await editor.edit("assemblyai-streaming");
          const sections = await open();
          await editor.cancel();
          return sections;
        };
        assert.deepEqual(await listener({}), []);
        assert.deepEqual(await listener({ redactPii: true }), ["Speakers, noise and privacy"]);
        assert.deepEqual(await listener({ prompt: "x", maxLag: 2 }), ["Words and turns", "Limits and connection"]);
      });

      it("mark invalid values, and explain them", async () => {
        await show();
        for (const type of TYPES) {
          await editWhole(type);
          for (const [name, value] of Object.entries(WRONG[type])) await editor.fill(name, value);
          for (const name of Object.keys(WRONG[type])) {
            await editor.page.waitForSelector(`#node-input-${name}.input-error`, { state: "attached" });
          }
          await editor.cancel();
        }
        await editor.edit("assemblyai-termination-stats");
        await editor.fill("rate", "free");
        await editor.page.waitForSelector("#node-input-rate.input-error");
        await editor.page.mouse.move(0, 0);
        await editor.field("rate").hover();
        await editor.page.getByText("The rate must be a number of 0 or more").waitFor();
        await editor.cancel();
      });

      it("take an environment variable for what is typed", async () => {
        await show();
        for (const type of TYPES) {
          await editWhole(type);
          for (const name of Object.keys(WRONG[type])) await editor.fill(name, "${HOUSE}");
          await editor.done();
        }
        const flows = await editor.deploy();
        for (const type of TYPES) {
          const node = deployed(flows, type);
          for (const name of Object.keys(WRONG[type])) assert.equal(node[name], "${HOUSE}", name);
          assert.equal(await editor.page.evaluate<boolean>(`RED.nodes.node(${JSON.stringify(type)}).valid`), true, type);
        }
      });

      it("let a wake word be tried on what the deployed node hears, without a session", async () => {
        const z = "tab";
        const place = { z, x: 100, y: 600 };
        const request = { method: "GET", ret: "bin", url: `${simulator.httpUrl}/samples/called_by_name.wav` };
        const player = [
          {
            id: "play",
            type: "inject",
            ...place,
            name: "play",
            props: [{ p: "payload" }],
            repeat: "",
            crontab: "",
            once: false,
            wires: [["fetch"]],
          },
          { id: "fetch", type: "http request", ...place, name: "", ...request, wires: [["listener"]] },
        ];
        const listener = {
          id: "listener",
          type: "assemblyai-streaming",
          z,
          x: 200,
          y: 200,
          ...DEFAULTS["assemblyai-streaming"],
          wires: [[], [], []],
        };
        const line = editor.page.locator("#assemblyai-streaming-trial");
        const tryIt = editor.page.locator("#assemblyai-streaming-try");

        await editor.show(nodeRed, [tab(), account(simulator.url), listener, ...player]);
        await editor.edit("listener");
        await editor.fill("open", "wake-word");
        await tryIt.click();
        await line.filter({ hasText: "Deploy the node with this setting first" }).waitFor();
        await editor.done();
        await editor.deploy();

        const sessions = simulator.sessions.length;
        await editor.edit("listener");
        await tryIt.click();
        await line.filter({ hasText: "No audio comes to the node." }).waitFor();
        await nodeRed.inject("play");
        await line.filter({ hasText: /Heard: Okay Nabu \(0\.9\d\), 1 in all\. No session was opened\./ }).waitFor({ timeout: 20_000 });
        assert.ok(await tryIt.isDisabled(), "it runs to its end");
        await tryIt.and(editor.page.locator(":enabled")).waitFor({ timeout: 20_000 });
        assert.equal(simulator.sessions.length, sessions);
        await editor.cancel();
      });

      it("say what a silence means and costs, by a slider and a number that show the same", async () => {
        await show();
        await editor.edit("assemblyai-streaming");
        const seconds = editor.field("silenceTimeout");
        const slider = editor.page.locator("#assemblyai-streaming-silence");
        const cost = editor.page.locator("#assemblyai-streaming-cost");
        assert.match((await cost.textContent()) ?? "", /at most \$0\.45 per hour; with 5\s?s of silence it ends by itself/);
        await slider.press("End");
        assert.equal(await seconds.inputValue(), "0");
        assert.match((await cost.textContent()) ?? "", /after 60 minutes and has cost \$0\.45/);
        await slider.press("ArrowLeft");
        assert.equal(await seconds.inputValue(), "300");
        await seconds.fill("7");
        assert.equal(await slider.inputValue(), "5");
        await editor.page.locator("#assemblyai-streaming-models").click();
        await editor.page.locator(".assemblyai-offer", { hasText: "whisper-rt" }).click();
        assert.equal(await editor.field("model").inputValue(), "whisper-rt");
        assert.equal(await editor.page.locator("#assemblyai-streaming-model").textContent(), "99 languages · $0.30 per hour");
        assert.match((await cost.textContent()) ?? "", /at most \$0\.30 per hour; with 7/);
        await editor.cancel();
      });

      it("name the parameter that an option was meant to be, while it is typed", async () => {
        await show();
        await editor.edit("assemblyai-streaming");
        await editor.unfold();
        const typed = editor.page.locator("#node-input-options + .red-ui-typedInput-container .red-ui-typedInput-input");
        const found = () => editor.page.locator("#assemblyai-streaming-parameters > div").allTextContents();
        await typed.fill("");
        await typed.pressSequentially('{"spech_model":"x"}');
        assert.deepEqual(await found(), [" spech_model is not known: did you mean speech_model?"]);
        await editor.fill("options", '{"vad_threshold":0.4,"temperature":1,"mode":"balanced"}');
        assert.deepEqual(await found(), [" temperature is not known: AssemblyAI ignores unknown parameters."]);
        assert.ok(await typed.evaluate((element) => !element.closest(".input-error")), "it is sent, and may be deployed");
        await editor.fill("model", "whisper-rt");
        assert.deepEqual((await found()).at(-1), " The model does not take mode.");
        await editor.fill("options", '{"vad_threshold":0.4}');
        assert.deepEqual(await found(), []);
        await editor.cancel();
      });

      it("bind the value of a webhook's header to the webhook's host, and ask for it again where that changes", async () => {
        const hook = (url: string) => JSON.stringify({ webhook_url: url, webhook_auth_header_name: "X-Hook" });
        await show({ "assemblyai-streaming": { ...DEFAULTS["assemblyai-streaming"], options: hook("https://hooks.example/a") } });
        await editor.edit("assemblyai-streaming");
        await editor.unfold();
        await editor.fill("webhookSecret", "Bearer hush");
        await editor.done();
        const { credentials } = deployed(await editor.deploy(), "assemblyai-streaming");
        assert.deepEqual(credentials, { webhookSecret: "hooks.example Bearer hush" });
        await editor.edit("assemblyai-streaming");
        await editor.unfold();
        const again = async () => (await editor.page.locator("#assemblyai-streaming-webhook").textContent()) ?? "";
        const value = () => editor.field("webhookSecret").inputValue();
        assert.deepEqual([await value(), await again()], ["__PWRD__", ""]);
        for (const [url, host] of [
          ["https://evil.example/", "evil.example"],
          ["http://hooks.example/a", "http://hooks.example"],
        ] as const) {
          await editor.fill("options", hook(url));
          assert.deepEqual([await value(), (await again()).endsWith(`Enter the value for ${host}.`)], ["", true], url);
        }
        await editor.fill("options", hook("https://hooks.example/b"));
        assert.deepEqual([await value(), await again()], ["__PWRD__", ""]);
        await editor.cancel();
      });

      it("hide what the model does not take, say so where it is filled in, and know the service's languages", async () => {
        await show();
        await editor.edit("assemblyai-streaming");
        await editor.unfold();
        const without = editor.page.locator("#assemblyai-streaming-without");
        const notes = (name: string) => editor.page.locator(`.form-row:has(#node-input-${name}) .assemblyai-hint`).allTextContents();
        await editor.fill("languages", "de, en-US");
        assert.match((await notes("languages")).join(), / en-US is not one of AssemblyAI's codes: use en\./);
        await editor.page.waitForSelector("#node-input-languages.input-error");
        await editor.fill("languages", "de, en");
        await editor.page.waitForSelector("#node-input-languages:not(.input-error)");
        assert.equal(await without.textContent(), "");

        await editor.fill("model", "universal-streaming-english");
        assert.equal(await without.textContent(), "Not with this model: Languages, Prompt, Detect the language, and Voice focus.");
        for (const name of ["prompt", "languageDetection", "voiceFocus"]) assert.ok(await editor.field(name).isHidden(), name);
        assert.ok(await editor.field("languages").isVisible());
        assert.match((await notes("languages")).join(), / The chosen model does not take this: leave it out, or choose another model\./);
        await editor.page.waitForSelector("#node-input-languages.input-error");
        await editor.fill("languages", "");
        assert.ok(await editor.field("languages").isHidden());

        await editor.fill("model", "universal-3-6-pro");
        for (const name of ["languages", "prompt", "languageDetection", "voiceFocus"])
          assert.ok(await editor.field(name).isVisible(), name);
        await editor.cancel();
      });

      it("judge nodes that have no dialog open by what these are set to", async () => {
        const place = { z: "tab", x: 200, y: 400 };
        const other = { id: "other", type: "assemblyai-streaming", ...place, ...DEFAULTS["assemblyai-streaming"], prompt: "Commands." };
        const second = { ...account(simulator.url), id: "second", endpoint: "default", url: "" };
        await editor.show(nodeRed, [tab(), account(simulator.url), second, { ...other, id: "one", y: 200, prompt: "" }, other]);
        const isValid = (id: string) =>
          editor.page.evaluate<boolean>(`(RED.editor.validateNode(RED.nodes.node("${id}")), RED.nodes.node("${id}").valid)`);
        await editor.edit("one");
        await editor.fill("model", "universal-streaming-english");
        assert.equal(await isValid("other"), true);
        await editor.editConfig("config");
        await editor.configField("endpoint").selectOption("custom");
        assert.equal(await isValid("second"), true);
        await editor.configCancel();
        await editor.cancel();
      });

      it("add up what the add-ons cost, from fields and options", async () => {
        await show();
        await editor.edit("assemblyai-streaming");
        await editor.unfold();
        const text = async (id: string) => (await editor.page.locator(`#assemblyai-streaming-${id}`).textContent()) ?? "";
        assert.equal(await text("add-ons"), "");
        assert.match(await text("speakerLabels"), /Adds \$0\.12 per hour\.$/);
        await editor.fill("speakerLabels", true);
        await editor.fill("redactPii", true);
        assert.equal(await text("add-ons"), "universal-3-6-pro with speaker labels and redaction: $0.69 per hour.");
        assert.match(await text("cost"), /at most \$0\.69 per hour/);
        await editor.fill("budgetUsd", "1.38");
        assert.match(await text("budget"), /2\.0 hours at \$0\.69/);
        await editor.fill("options", '{"redact_pii":false,"domain":"medical-v1"}');
        assert.equal(await text("add-ons"), "universal-3-6-pro with speaker labels and the medical domain: $0.72 per hour.");
        await editor.fill("speakerLabels", false);
        await editor.fill("options", "{}");
        await editor.fill("redactPii", false);
        await editor.fill("keyterms", "Shelly");
        assert.equal(await text("add-ons"), "", "the Pro models include key terms");
        await editor.fill("model", "universal-streaming-english");
        assert.equal(await text("add-ons"), "universal-streaming-english with key terms: $0.19 per hour.");
        await editor.cancel();
      });

      it("speak the user's language, and write numbers as it does", async () => {
        await show();
        const german = await Editor.open(rig().browser, nodeRed, { language: "de" });
        try {
          await german.edit("assemblyai-streaming");
          assert.match((await german.page.locator("#assemblyai-streaming-model").textContent()) ?? "", / · 0,45 \$ pro Stunde$/);
          await german.field("silenceTimeout").fill("2.5");
          const cost = "Eine vergessene Sitzung kostet höchstens 0,45 $ pro Stunde; nach 2,5 s Stille endet sie von selbst.";
          assert.equal(await german.page.locator("#assemblyai-streaming-cost").textContent(), cost);
          await german.unfold();
          assert.deepEqual(await german.layoutFaults(), []);
          await german.editConfig("config");
          for (const endpoint of ["default", "simulator", "custom"]) {
            await german.configField("endpoint").selectOption(endpoint);
            assert.deepEqual(await german.layoutFaults(), [], endpoint);
          }
          assert.deepEqual(german.faults, []);
        } finally {
          await german.close();
        }
      });

      it("offer the microphones of the machine, its default first, and take any other", async () => {
        await show();
        await editor.edit("assemblyai-microphone");
        const list = editor.page.locator("#assemblyai-microphone-devices");
        const offers = editor.page.locator(".assemblyai-offer");
        await editor.page.waitForFunction("$.active === 0"); // the list is asked for when the dialog opens
        await list.click();
        assert.match((await offers.nth(0).textContent()) ?? "", /^system default/);
        assert.deepEqual(await offers.nth(1).locator("> *").allTextContents(), ["The microphone in the hall", "hall"]);
        await offers.nth(1).click();
        assert.equal(await editor.field("device").inputValue(), "hall");
        await list.click();
        await offers.nth(0).click();
        assert.equal(await editor.field("device").inputValue(), "");
        await editor.cancel();
      });

      it("show what to install where no recorder is installed", async () => {
        await show();
        await editor.page.route("**/assemblyai-microphone/devices", (route) =>
          route.fulfill({ json: { devices: [], problem: "AAI_RECORDER_MISSING/linux" } }),
        );
        try {
          await editor.edit("assemblyai-microphone");
          await editor.page.getByText("sudo apt install alsa-utils").waitFor();
          await editor.cancel();
        } finally {
          await editor.page.unroute("**/assemblyai-microphone/devices");
        }
      });
    });

    describe("the trial of a microphone", () => {
      const button = () => editor.page.locator("#assemblyai-microphone-try");
      const says = (text: string | RegExp) => editor.page.locator("#assemblyai-microphone-trial", { hasText: text }).waitFor();

      it("plays what the deployed node's microphone has recorded", async () => {
        await show({ "assemblyai-microphone": { device: "room" } });
        await editor.edit("assemblyai-microphone");
        const player = editor.page.locator("#assemblyai-microphone-heard");
        assert.ok(await player.isHidden());
        await button().click();
        await says("This is what Node-RED hears.");
        await editor.page.waitForFunction(
          (audio) => audio instanceof HTMLAudioElement && audio.currentTime > 0,
          await player.elementHandle(),
        );
        assert.equal(await player.evaluate((audio) => Reflect.get(audio, "duration") as number), 3);
        assert.deepEqual(await editor.layoutFaults(), []);
        await editor.cancel();

        await editor.edit("assemblyai-microphone");
        assert.ok(await player.isHidden(), "nothing is kept");
        await editor.fill("device", "hall");
        await button().click();
        await says(/^ Deploy the node with this device first/);
        await editor.cancel();
      });

      it("shows the level while it runs, and why there is none", async () => {
        await show({ "assemblyai-microphone": { device: "hall" } });
        await editor.edit("assemblyai-microphone");
        await button().click();
        await says(/^ The microphone "hall" delivers nothing but zeros/);
        await editor.page.route("**/trial", (route) =>
          route.fulfill({ body: `${JSON.stringify({ type: "level", dbfs: -78.6, secondsLeft: 1.2 })}\n` }),
        );
        try {
          // What is shown is gone at the answer's end: it is seen as it changes.
          await editor.page.evaluate(WATCH_LEVEL);
          await button().click();
          await says("Speak: 2 s.");
          assert.deepEqual(await editor.page.evaluate("levels"), ["quiet -79 dBFS -78.6"]);
        } finally {
          await editor.page.unroute("**/trial");
        }
        await editor.cancel();
      });

      it("ends with its dialog", async () => {
        await show();
        await editor.edit("assemblyai-microphone");
        await editor.page.route("**/trial", () => undefined);
        try {
          const [request] = await Promise.all([editor.page.waitForRequest("**/trial"), button().click()]);
          const failed = editor.page.waitForEvent("requestfailed");
          await editor.cancel();
          assert.equal(await failed, request);
        } finally {
          await editor.page.unroute("**/trial");
        }
      });
    });

    describe("account", () => {
      /** Opens the dialog of the account that is deployed. */
      async function open(): Promise<void> {
        await editor.edit("assemblyai-streaming");
        await editor.editConfig("config");
      }

      async function close(): Promise<void> {
        await editor.configCancel();
        await editor.cancel();
      }

      /** Presses "Check key". @returns the result's text */
      async function check(): Promise<string> {
        await editor.page.locator("#assemblyai-config-check").click();
        await editor.page.waitForFunction(() => !$("#assemblyai-config-check").prop("disabled"));
        return ((await editor.page.locator("#assemblyai-config-answer").textContent()) ?? "").trim();
      }

      it("checks a key that is saved, and never shows it", async () => {
        await show();
        await open();
        assert.equal(await editor.configField("apiKey").inputValue(), "__PWRD__");
        assert.equal(await check(), "The service accepts this key.");
        await editor.configField("url").fill(simulator.url.replace("127.0.0.1", "localhost"));
        assert.match(await check(), /^Deploy first/);
        await close();
        assert.deepEqual(simulator.sessions, []);
      });

      it("asks for the key again when the address changes, and says why", async () => {
        await show();
        await open();
        const again = async () => (await editor.page.locator("#assemblyai-config-again").textContent()) ?? "";
        const key = () => editor.configField("apiKey").inputValue();
        assert.deepEqual([await key(), await again()], ["__PWRD__", ""]);
        await editor.configField("url").fill("wss://speech.example.com:8443/v3/ws");
        assert.equal(await key(), "");
        assert.match(await again(), /only to the address that it was entered for\. Enter the key for speech\.example\.com:8443\./);
        await editor.configField("url").fill("ws://hub.local:8765/v3/ws");
        assert.deepEqual([await key(), (await again()).endsWith("for ws://hub.local:8765.")], ["", true]);
        await editor.configField("url").fill(simulator.url.replace("ws:", "wss:"));
        assert.equal(await key(), "", "without encryption and with it are two addresses");
        await editor.configField("endpoint").selectOption("eu");
        assert.deepEqual([await key(), (await again()).endsWith("for AssemblyAI.")], ["", true]);
        await editor.configField("endpoint").selectOption("custom");
        await editor.configField("url").fill(simulator.url);
        assert.deepEqual([await key(), await again()], ["__PWRD__", ""]);
        await editor.configField("url").fill(busy.url);
        await editor.configField("apiKey").fill(API_KEY);
        await editor.configDone();
        await editor.done();
        await editor.deploy();
        // The key that is saved now is for the new address, which is deployed.
        await open();
        assert.equal(await key(), "__PWRD__");
        assert.match(await check(), /asked too often/);
        await close();
      });

      it("checks one that was typed", async () => {
        await show();
        await open();
        await editor.configField("apiKey").fill("f".repeat(32));
        assert.equal(await check(), "The service refuses this key (HTTP 401).");
        await editor.configField("apiKey").fill(API_KEY);
        assert.equal(await check(), "The service accepts this key.");
        await editor.configField("url").fill(busy.url);
        assert.match(await check(), /^Deploy first/);
        await editor.configField("url").fill("wss://127.0.0.1/socket");
        assert.match(await check(), /must start with ws:\/\/ or wss:\/\/ and end with \/v3\/ws/);
        await editor.page.waitForSelector("#node-config-input-url.input-error");
        await close();
        assert.deepEqual(simulator.sessions, []);
      });

      it("says whether the simulator runs on the machine of Node-RED", async () => {
        await show();
        await open();
        await editor.configField("endpoint").selectOption("simulator");
        const asked: unknown[] = [];
        const answers = [{ result: "unreachable", detail: "ECONNREFUSED" }, { result: "valid" }];
        // Another test may have started a simulator on the port that all simulators have by default.
        await editor.page.route("**/assemblyai-config/check", (route, request) => {
          asked.push(request.postDataJSON());
          return route.fulfill({ json: answers.shift() });
        });
        try {
          const button = editor.page.locator("#assemblyai-config-running");
          const answer = editor.page.locator("#assemblyai-config-simulator-answer");
          await button.click();
          await answer.filter({ hasText: "No simulator answers on this machine: ECONNREFUSED." }).waitFor();
          await button.click();
          await answer.filter({ hasText: "The simulator is running." }).waitFor();
          assert.deepEqual(asked, [{ endpoint: "simulator" }, { endpoint: "simulator" }]);
        } finally {
          await editor.page.unroute("**/assemblyai-config/check");
        }
        await close();
      });

      it("keeps its key out of exports and of everything that Node-RED answers", async () => {
        await show();
        editor.answers.length = 0;
        await editor.load(nodeRed);
        await open();
        assert.equal(await check(), "The service accepts this key.");
        await close();
        const direct = ["/flows", "/credentials/assemblyai-config/account", "/settings", "/assemblyai-microphone/devices"];
        const answers = await Promise.all(direct.map(async (path) => (await nodeRed.request(path)).text()));
        assert.match(answers[0] ?? "", /"id":"account"/);
        assert.match(answers[1] ?? "", /"has_apiKey":true/);
        assert.ok(editor.answers.length > 3);
        for (const answer of [...editor.answers, ...answers, await editor.exported()]) assert.ok(!answer.includes(API_KEY), answer);
      });
    });

    describe("examples", () => {
      for (const { name, json } of EXAMPLES) {
        it(`can be imported from the menu, shown and deployed: ${name}`, async () => {
          await clear();
          const nodes = JSON.parse(json) as FlowNode[];
          const tabs = await editor.importExample(name);
          assert.deepEqual(
            tabs,
            nodes.filter(({ type }) => type === "tab").map(({ label }) => label),
          );
          await editor.page.waitForFunction(`RED.nodes.workspace(RED.workspaces.active()).label === ${JSON.stringify(tabs[0])}`);
          const flows = await editor.deploy();
          const types = (all: FlowNode[]) => all.map(({ type }) => type).sort();
          assert.deepEqual(types(flows.filter(({ id }) => id !== "tab")), types(nodes));
          const invalid = await editor.page.evaluate<string[]>(
            "RED.nodes.filterNodes({}).filter((node) => !node.valid || !node._def || node.type === 'unknown').map(({ type, name }) => type + name)",
          );
          assert.deepEqual(invalid, []);
        });
      }

      it("share one account and one MQTT broker, and leave the account as it is", async () => {
        await editor.show(nodeRed, [tab(), { ...account(simulator.url), id: ACCOUNT_ID }]);
        for (const name of ["04 - Voice to home automation", "12 - Several rooms over MQTT"]) await editor.importExample(name);
        const flows = JSON.parse(await editor.exported()) as FlowNode[];
        const accounts = flows.filter(({ type }) => type === "assemblyai-config");
        assert.deepEqual(
          accounts.map(({ id, url }) => [id, url]),
          [[ACCOUNT_ID, simulator.url]],
        );
        assert.equal(flows.filter(({ type }) => type === "mqtt-broker").length, 1);
      });

      it("leave the editor where it is when a flow without their nodes is imported, and when it is loaded", async () => {
        await editor.show(nodeRed, [tab(), { id: "other", type: "tab", label: "other" }, { ...account(simulator.url), z: "other" }]);
        const active = () => editor.page.evaluate<string>("RED.workspaces.active()");
        assert.equal(await active(), "tab");
        const comment = { id: "note", type: "comment", z: "notes", name: "note", info: "", x: 100, y: 100, wires: [] };
        await editor.import(JSON.stringify([{ id: "notes", type: "tab", label: "notes" }, comment]));
        await editor.page.waitForFunction("RED.nodes.workspace('notes')");
        await editor.page.waitForTimeout(100);
        assert.equal(await active(), "tab");
      });

      it("begin with the demo, which says what is missing, and then shows turns, states and the cost", async () => {
        const closed = await startSimulator();
        const { port } = closed;
        await closed.close();
        await clear();
        await editor.page.route("**/library/examples/**", async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, body: (await response.text()).replaceAll(":8765", `:${port}`) });
        });
        await editor.importExample("00 - Demo");
        await editor.page.unroute("**/library/examples/**");
        await editor.deploy();
        await editor.page.evaluate('RED.sidebar.show("debug"); RED.actions.invoke("core:clear-debug-messages")');
        const flow = JSON.parse(EXAMPLES[0]?.json ?? "") as FlowNode[];
        const node = (name: string) => editor.node(flow.find((one) => one["name"] === name || one.type === name)?.id ?? "");
        const play = () => node("play the recording").locator(".red-ui-flow-node-button-button").click();
        const shown = (text: RegExp) => editor.page.locator(".red-ui-debug-msg").filter({ hasText: text }).first();
        const status = (type: string) => node(type).locator(".red-ui-flow-node-status-label");

        await play();
        await shown(/what to do.*No recording: the simulator is not running/).waitFor();
        await shown(/what to do.*"npx assemblyai-simulator --recogniser moonshine"/).waitFor();
        const started = await startSimulator({ port, keys: [API_KEY], processing: "realtime" });
        try {
          await play();
          await shown(/what to do.*No API key: open speech to text/).waitFor();
          await shown(/what to do.*simulator on this machine, no key/).waitFor();
          assert.deepEqual(started.sessions, [], "nothing is opened, and nothing billed, but by a click with an account");
          await editor.edit(flow.find(({ type }) => type === "assemblyai-streaming")?.id ?? "");
          await editor.editConfig("config");
          await editor.configField("endpoint").selectOption("custom");
          await editor.configField("url").fill(started.url);
          await editor.configField("apiKey").fill(API_KEY);
          await editor.configDone();
          await editor.done();
          await editor.deploy();
          await play();
          await status("assemblyai-streaming")
            .filter({ hasText: /listening/ })
            .waitFor({ timeout: 20_000 });
          await shown(/turn.*"And Mister John Dashwood had then leisure/).waitFor({ timeout: 20_000 });
          await status("lamp").filter({ hasText: "And Mister John Dashwood" }).waitFor();
          await status("assemblyai-termination-stats")
            .filter({ hasText: /1 session/ })
            .waitFor({ timeout: 30_000 });
          await status("assemblyai-streaming")
            .filter({ hasText: /idle, last session \d+ s/ })
            .waitFor();
          await shown(/event: "termination"/).waitFor();
        } finally {
          await started.close();
        }
      });
    });
  });
}

/** Runs in the page: collects what is shown beside the level. */
const WATCH_LEVEL = `window.levels = [];
new MutationObserver(() => {
  const [meter, word] = ["level", "quiet"].map((name) => document.querySelector("#assemblyai-microphone-" + name));
  if (word.textContent) window.levels.push([word.textContent, meter.title, meter.getAttribute("value")].join(" "));
}).observe(document.querySelector("#assemblyai-microphone-quiet"), { childList: true });`;

/** The nodes as they are dragged from the palette, with an account. */
const DEFAULTS: Record<Type, object> = {
  "assemblyai-microphone": {
    name: "",
    device: "",
    sampleRate: 16000,
    chunkMs: 50,
    autoStart: false,
    stopWithSession: true,
    format: "raw",
    topic: "",
  },
  "assemblyai-streaming": {
    name: "",
    config: "account",
    model: "universal-3-6-pro",
    sampleRate: 16000,
    silenceTimeout: 5,
    open: "speech",
    wakeWord: "okay_nabu",
    preRoll: 500,
    maxSession: 60,
    budgetUsd: 0,
    serverTimeout: 30,
    perTopic: false,
    maxStreams: 20,
    channel: "mix",
    maxLag: 0,
    reconnect: true,
    languages: "",
    keyterms: "",
    prompt: "",
    formatTurns: "",
    minTurnSilence: "",
    maxTurnSilence: "",
    speakerLabels: false,
    maxSpeakers: "",
    languageDetection: false,
    filterProfanity: false,
    redactPii: false,
    voiceFocus: "",
    options: "{}",
    wires: [[], [], []],
  },
  "assemblyai-termination-stats": { name: "", rate: "", resetDaily: false },
};
