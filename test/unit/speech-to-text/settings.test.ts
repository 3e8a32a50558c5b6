import assert from "node:assert/strict";
import type { NodeProperties } from "../../../nodes/lib/common/property-reader";
import { readStreamingSettings } from "../../../nodes/lib/speech-to-text/settings";

const BASE = "wss://streaming.assemblyai.com/v3/ws";

const query = (properties: NodeProperties, rate = 16_000) =>
  Object.fromEntries(new URL(readStreamingSettings(properties).sessionUrl(BASE, rate)).searchParams);

const wrong = (name: string) => ({ code: "AAI_PROPERTY", message: new RegExp(`property ${name} `) });

describe("streaming-settings", () => {
  const DEFAULTS = {
    model: "universal-3-6-pro",
    sampleRate: 16_000,
    channel: "mix",
    silenceTimeoutMs: 5000,
    open: "audio",
    wakeWords: [],
    preRollMs: 500,
    maxSessionMs: 3_600_000,
    perTopic: false,
    maxStreams: 20,
    reconnect: true,
    maxLagMs: 0,
    budgetUsd: 0,
    warnings: [] as Error[],
    formatTurns: false,
    hasPartials: true,
  };
  const NAMES = [
    "model",
    "sampleRate",
    "channel",
    "silenceTimeout",
    "open",
    "wakeWord",
    "preRoll",
    "maxSession",
    "budgetUsd",
    "serverTimeout",
    "perTopic",
    "maxStreams",
    "reconnect",
    "maxLag",
    "languages",
    "keyterms",
    "prompt",
    "formatTurns",
    "minTurnSilence",
    "maxTurnSilence",
    "speakerLabels",
    "maxSpeakers",
    "languageDetection",
    "filterProfanity",
    "redactPii",
    "voiceFocus",
    "options",
  ];

  describe("defaults", () => {
    for (const [how, value] of [
      ["absent", undefined],
      ["null", null],
      ["empty", ""],
    ] as const) {
      it(`stand in for properties that are ${how}`, () => {
        const properties = Object.fromEntries(NAMES.map((name) => [name, value]));
        const {
          sessionUrl,
          checkConfiguration: _,
          checkServer: __,
          addOns,
          ...settings
        } = readStreamingSettings(value === undefined ? {} : properties);
        assert.deepEqual([settings, addOns({})], [DEFAULTS, []]);
        assert.equal(
          sessionUrl(BASE, 16_000),
          `${BASE}?speech_model=universal-3-6-pro&inactivity_timeout=30&sample_rate=16000&encoding=pcm_s16le`,
        );
      });
    }

    it("ignore what else a node has", () => {
      const {
        sessionUrl: _,
        checkConfiguration: __,
        checkServer: ____,
        addOns: ___,
        ...settings
      } = readStreamingSettings({
        id: "1",
        type: "assemblyai-streaming",
        z: "2",
        wires: [[]],
        name: "x",
      });
      assert.deepEqual(settings, DEFAULTS);
    });
  });

  describe("numbers", () => {
    const limits: [name: string, min: number, max: number, whole: boolean, key: keyof typeof DEFAULTS | undefined, unit: number][] = [
      ["sampleRate", 8000, 96_000, true, "sampleRate", 1],
      ["silenceTimeout", 0, 10_800, false, "silenceTimeoutMs", 1000],
      ["preRoll", 0, 10_000, false, "preRollMs", 1],
      ["maxSession", 0, 180, false, "maxSessionMs", 60_000],
      ["maxStreams", 1, 1000, true, "maxStreams", 1],
      ["budgetUsd", 0, 1_000_000, false, "budgetUsd", 1],
      ["serverTimeout", 0, 3600, false, undefined, 1],
      ["minTurnSilence", 0, 60_000, true, undefined, 1],
      ["maxTurnSilence", 0, 60_000, true, undefined, 1],
      ["maxSpeakers", 1, 10, true, undefined, 1],
    ];
    for (const [name, min, max, whole, key, unit] of limits) {
      it(`${name} is ${whole ? "a whole number " : ""}from ${min} to ${max}, as a number or a text`, () => {
        for (const value of [min, max, min + 1]) {
          for (const form of [value, `${value}`, ` ${value} `]) {
            const settings = readStreamingSettings({ [name]: form });
            if (key) assert.equal(settings[key], value * unit);
          }
        }
        for (const value of [min - 1, max + 1, "x", " ", "5s", Number.NaN, Infinity, "Infinity", "NaN", true, [min], {}, "${SECONDS}"]) {
          assert.throws(() => readStreamingSettings({ [name]: value }), wrong(name), JSON.stringify(value));
        }
        if (whole) assert.throws(() => readStreamingSettings({ [name]: min + 0.5 }), wrong(name));
        else assert.ok(readStreamingSettings({ [name]: `${min + 0.5}` }));
      });
    }

    it("are converted from seconds and minutes to milliseconds, decimals too", () => {
      assert.equal(readStreamingSettings({ silenceTimeout: "2.5" }).silenceTimeoutMs, 2500);
      assert.equal(readStreamingSettings({ silenceTimeout: "0" }).silenceTimeoutMs, 0);
      assert.equal(readStreamingSettings({ maxSession: 0.5 }).maxSessionMs, 30_000);
    });
  });

  it("booleans are true or false, as such or as texts", () => {
    for (const name of ["perTopic", "reconnect"] as const) {
      for (const value of [true, "true"]) assert.equal(readStreamingSettings({ [name]: value })[name], true);
      for (const value of [false, "false"]) assert.equal(readStreamingSettings({ [name]: value })[name], false);
      for (const value of [0, 1, "yes", "True", {}, []]) assert.throws(() => readStreamingSettings({ [name]: value }), wrong(name));
    }
  });

  it("wakeWord is one or several of the words, loaded where a node waits for one; Okay Nabu where there is none", () => {
    const words = (wakeWord: unknown) => readStreamingSettings({ open: "wake-word", wakeWord }).wakeWords.map(({ name }) => name);
    assert.deepEqual(words(undefined), ["okay_nabu"]);
    assert.deepEqual(words(" "), ["okay_nabu"]);
    assert.deepEqual(words("hey_jarvis, okay_nabu"), ["hey_jarvis", "okay_nabu"]);
    assert.deepEqual(words(["hey_mycroft"]), ["hey_mycroft"]);
    assert.throws(() => words(7), wrong("wakeWord"));
    assert.throws(() => words("alexa"), { code: "AAI_WAKE_WORD" });
    assert.throws(() => words("/none/there.json"), { code: "AAI_WAKE_WORD", message: /\/none\/there\.json/ });
    assert.deepEqual(readStreamingSettings({ open: "speech", wakeWord: "/none/there.json" }).wakeWords, []);
  });

  it("open is audio, speech, wake-word or command", () => {
    for (const open of ["audio", "speech", "wake-word", "command"]) assert.equal(readStreamingSettings({ open }).open, open);
    for (const open of ["Audio", "manual", 0, true, ["audio"], "toString"])
      assert.throws(() => readStreamingSettings({ open }), wrong("open"));
  });

  it("texts are texts", () => {
    assert.equal(readStreamingSettings({ model: " u3-rt-pro " }).model, "u3-rt-pro");
    for (const name of ["model", "prompt"]) {
      for (const value of [5, true, {}, ["x"]]) assert.throws(() => readStreamingSettings({ [name]: value }), wrong(name));
    }
  });

  it("names what is expected and what is there instead", () => {
    assert.throws(() => readStreamingSettings({ silenceTimeout: "soon" }), {
      message: 'The property silenceTimeout must be a number from 0 to 10800, not "soon".',
    });
    assert.throws(() => readStreamingSettings({ open: "now" }), { message: /must be one of audio, speech, wake-word, command, not "now"/ });
  });

  describe("the session's address", () => {
    it("has the model, the rate and the encoding", () => {
      assert.deepEqual(query({ model: "universal-streaming-english", serverTimeout: 0 }, 44_100), {
        speech_model: "universal-streaming-english",
        sample_rate: "44100",
        encoding: "pcm_s16le",
      });
    });

    it("has each named parameter by its wire name, lists as JSON", () => {
      const parameters = query({
        languages: "en, de",
        keyterms: ["Node-RED", " AssemblyAI ", ""],
        prompt: "A home & its lights = 100%?",
        formatTurns: "true",
        minTurnSilence: "400",
        maxTurnSilence: 0,
      });
      assert.equal(parameters["language_codes"], '["en","de"]');
      assert.equal(parameters["keyterms_prompt"], '["Node-RED","AssemblyAI"]');
      assert.equal(parameters["prompt"], "A home & its lights = 100%?");
      assert.equal(parameters["format_turns"], "true");
      assert.equal(parameters["min_turn_silence"], "400");
      assert.equal(parameters["max_turn_silence"], "0");
    });

    it("has what users ask for most by properties of their own, only where they are on", () => {
      const parameters = query({
        speakerLabels: true,
        maxSpeakers: "3",
        languageDetection: "true",
        filterProfanity: true,
        redactPii: true,
        voiceFocus: "far-field",
      });
      assert.equal(parameters["speaker_labels"], "true");
      assert.equal(parameters["max_speakers"], "3");
      assert.equal(parameters["language_detection"], "true");
      assert.equal(parameters["filter_profanity"], "true");
      assert.equal(parameters["redact_pii"], "true");
      assert.equal(parameters["voice_focus"], "far-field");
      const off = { speakerLabels: false, languageDetection: false, filterProfanity: "false", redactPii: false, voiceFocus: "" };
      assert.deepEqual(query(off), query({}));
      for (const name of ["speakerLabels", "languageDetection", "filterProfanity", "redactPii"]) {
        for (const value of [1, "yes", {}]) assert.throws(() => readStreamingSettings({ [name]: value }), wrong(name));
      }
      for (const value of ["near", true, 1, []]) assert.throws(() => readStreamingSettings({ voiceFocus: value }), wrong("voiceFocus"));
    });

    it("reads booleans in the options as the service does, and as their price is counted", () => {
      for (const on of [true, 1, "1", "yes", "True", "on", "t"]) {
        const options = { redact_pii: on, format_turns: on, speaker_labels: on };
        const { hasPartials, formatTurns, addOns } = readStreamingSettings({ options });
        assert.deepEqual(
          { hasPartials, formatTurns, addOns: addOns({}) },
          { hasPartials: false, formatTurns: true, addOns: ["speaker-labels", "redaction"] },
        );
        assert.equal(query({ options, maxSpeakers: 3 })["max_speakers"], "3");
        assert.ok(readStreamingSettings({ options: { redact_pii: on, include_partial_turns: on } }).hasPartials);
      }
      for (const off of [false, 0, "0", "no", "False", "off", "maybe"]) {
        const options = { redact_pii: off, format_turns: off, speaker_labels: off };
        const { hasPartials, formatTurns, addOns } = readStreamingSettings({ options });
        assert.deepEqual({ hasPartials, formatTurns, addOns: addOns({}) }, { hasPartials: true, formatTurns: false, addOns: [] });
        assert.ok(!readStreamingSettings({ options: { include_partial_turns: off } }).hasPartials);
      }
    });

    it("has in the address what is configured: the property's limit beside labels, and nothing of what is turned off", () => {
      const address = (properties: object, configuration: Record<string, unknown>) =>
        new URL(readStreamingSettings({ ...properties }).sessionUrl(BASE, 16_000, configuration)).searchParams;
      assert.equal(address({ maxSpeakers: 3 }, { speaker_labels: true }).get("max_speakers"), "3");
      assert.equal(address({ maxSpeakers: 3 }, { speaker_labels: true, max_speakers: 2 }).get("max_speakers"), "2");
      assert.ok(!address({ maxSpeakers: 3, speakerLabels: true }, { speaker_labels: false }).has("max_speakers"));
      const paid = { voiceFocus: "near-field", options: { domain: "medical-v1" } };
      const off = address(paid, { voice_focus: "", domain: "" });
      assert.deepEqual([off.has("voice_focus"), off.has("domain"), address(paid, {}).has("domain")], [false, false, true]);
    });

    it("limits the speakers only where speakers are labelled, by property or option", () => {
      assert.ok(!("max_speakers" in query({ maxSpeakers: 3 })));
      assert.equal(query({ maxSpeakers: 3, options: { speaker_labels: true } })["max_speakers"], "3");
      assert.equal(query({ maxSpeakers: 3, speakerLabels: true, options: { max_speakers: 2 } })["max_speakers"], "2");
    });

    it("knows that redaction leaves no partial turns, however it is asked for", () => {
      assert.equal(readStreamingSettings({ redactPii: true }).hasPartials, false);
      assert.equal(readStreamingSettings({ redactPii: true, options: { include_partial_turns: true } }).hasPartials, true);
    });

    it("refuses a property that the model does not take, and says so", () => {
      const values = { languages: "en", prompt: "x", voiceFocus: "near-field", languageDetection: true };
      for (const [name, value] of Object.entries(values)) {
        assert.throws(() => readStreamingSettings({ model: "universal-streaming-english", [name]: value }), {
          code: "AAI_PROPERTY",
          message: `The model universal-streaming-english does not take the property ${name}: empty it, or choose another model.`,
        });
        assert.ok(readStreamingSettings({ model: "universal-9", [name]: value }), "nothing is known of that model");
      }
      const { warnings } = readStreamingSettings({ model: "universal-streaming-english", prompt: "", languageDetection: false });
      assert.deepEqual(warnings, []);
    });

    it("takes the service's own language codes, and names the right one for another", () => {
      assert.equal(query({ languages: "en, yue" })["language_codes"], '["en","yue"]');
      assert.throws(() => readStreamingSettings({ languages: "de, en-US" }), {
        code: "AAI_PROPERTY",
        message: 'The property languages must hold AssemblyAI\'s own language codes, not "en-US": use en.',
      });
      assert.throws(() => readStreamingSettings({ languages: "pl" }), { code: "AAI_PROPERTY", message: /not "pl": use af, ar, / });
      assert.throws(() => readStreamingSettings({ languages: "multi, en" }), { code: "AAI_PROPERTY", message: /multi must stand alone/ });
      assert.equal(query({ languages: "multi" })["language_codes"], '["multi"]');
      assert.equal(query({ languages: "pl", model: "universal-9" })["language_codes"], '["pl"]', "a new model may know more");
    });

    it("takes lists from a text with commas or lines", () => {
      assert.equal(query({ keyterms: "one\ntwo,three\r\n , \n" })["keyterms_prompt"], '["one","two","three"]');
      for (const empty of ["", " ", ",\n", []]) assert.ok(!("keyterms_prompt" in query({ keyterms: empty })));
      for (const value of [5, {}, [1], ["x", null]]) assert.throws(() => readStreamingSettings({ keyterms: value }), wrong("keyterms"));
    });

    it("sends format_turns = false where that was chosen, and nothing where nothing was", () => {
      assert.equal(query({ formatTurns: false })["format_turns"], "false");
      assert.ok(!("format_turns" in query({})));
    });

    it("reads whether turns are formatted, also from the options, in any case of letters", () => {
      assert.equal(readStreamingSettings({ formatTurns: true }).formatTurns, true);
      assert.equal(readStreamingSettings({ options: { format_turns: true } }).formatTurns, true);
      assert.equal(readStreamingSettings({ options: { format_turns: "True" } }).formatTurns, true);
      assert.equal(readStreamingSettings({ formatTurns: true, options: { format_turns: false } }).formatTurns, false);
    });

    it("keeps the account's own path", () => {
      const { sessionUrl } = readStreamingSettings({ serverTimeout: 0 });
      assert.equal(new URL(sessionUrl("ws://127.0.0.1:8765/proxy/v3/ws", 8000)).pathname, "/proxy/v3/ws");
    });

    it("is made anew for each session", () => {
      const { sessionUrl } = readStreamingSettings({});
      assert.equal(new URL(sessionUrl(BASE, 8000)).searchParams.get("sample_rate"), "8000");
      assert.deepEqual(new URL(sessionUrl(BASE, 48_000)).searchParams.getAll("sample_rate"), ["48000"]);
    });
  });

  describe("inactivity_timeout", () => {
    const cases: [serverTimeout: unknown, silenceTimeout: unknown, expected: string | undefined][] = [
      [undefined, undefined, "30"],
      [0, 5, undefined],
      ["0", 3600, undefined],
      [30, 5, "30"],
      [30, 20, "30"],
      [30, 25, "35"],
      [30, 20.5, "31"],
      [1, 5, "15"],
      [1, 0, "5"],
      [5, 0, "5"],
      [60.2, 0, "61"],
      [3600, 5, "3600"],
      [30, 3595, "3600"],
      [30, 10_800, "3600"],
    ];
    for (const [serverTimeout, silenceTimeout, expected] of cases) {
      it(`is ${expected ?? "absent"} for a server timeout of ${String(serverTimeout)} and a silence timeout of ${String(silenceTimeout)}`, () => {
        assert.equal(query({ serverTimeout, silenceTimeout })["inactivity_timeout"], expected);
      });
    }
  });

  describe("options", () => {
    it("are further parameters by their wire names, as an object or as JSON", () => {
      const options = {
        vad_threshold: 0.4,
        speaker_labels: true,
        filter_profanity: false,
        language_codes: ["en", "de"],
        llm_gateway: { model: "x", messages: [] },
        domain: "medical-v1",
        skipped: null,
      };
      for (const form of [options, JSON.stringify(options)]) {
        const { speech_model: _, inactivity_timeout: __, sample_rate: ___, encoding: ____, ...rest } = query({ options: form });
        assert.deepEqual(rest, {
          vad_threshold: "0.4",
          speaker_labels: "true",
          filter_profanity: "false",
          language_codes: '["en","de"]',
          llm_gateway: '{"model":"x","messages":[]}',
          domain: "medical-v1",
        });
      }
    });

    it("win over the named properties", () => {
      assert.equal(query({ minTurnSilence: 100, options: { min_turn_silence: 200 } })["min_turn_silence"], "200");
      assert.equal(query({ speakerLabels: true, options: { speaker_labels: false } })["speaker_labels"], "false");
    });

    it("are sent with a warning each, where the service would ignore or refuse them", () => {
      const read = (properties: NodeProperties) => readStreamingSettings(properties).warnings.map(({ message }) => message);
      const [unknown = "", ...others] = read({ options: { spech_model: "x", vad_threshold: 0.4 } });
      assert.match(unknown, /parameter spech_model is not known\. Did you mean speech_model\?/);
      assert.deepEqual(others, []);
      assert.equal(query({ options: { spech_model: "x" } })["spech_model"], "x");
      const [mode = ""] = read({ model: "whisper-rt", options: { mode: "balanced" } });
      assert.match(mode, /^The model whisper-rt does not take the parameter mode/);
      assert.equal(query({ model: "whisper-rt", options: { mode: "balanced" } })["mode"], "balanced");
    });

    for (const name of ["token", "sample_rate", "speech_model", "encoding", "inactivity_timeout"]) {
      it(`must not hold ${name}`, () => {
        for (const options of [{ [name]: "x" }, JSON.stringify({ [name]: null })]) {
          assert.throws(() => readStreamingSettings({ options }), {
            code: "AAI_PROPERTY",
            message: new RegExp(`options.*parameter ${name}:`),
          });
        }
      });
    }

    it("must be an object", () => {
      for (const options of ["x", "5", "null", "[]", '"x"', "{", " ", [], 5, true]) {
        assert.throws(() => readStreamingSettings({ options }), wrong("options"), JSON.stringify(options));
      }
    });

    it("are at most 64, so that no flow file blocks Node-RED for long", () => {
      const of = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, "x"]));
      assert.equal(query({ options: of(64) })["p63"], "x");
      assert.throws(() => readStreamingSettings({ options: of(65) }), { message: /options must hold at most 64 parameters, not 65/ });
      const began = performance.now();
      assert.throws(() => readStreamingSettings({ options: JSON.stringify(of(65_000)) }), wrong("options"));
      assert.ok(performance.now() - began < 1_000);
    });

    it("have names that can be parameters", () => {
      for (const name of ["", " ", "a b", "a&b", "ä", "x\n", "x".repeat(65)]) {
        assert.throws(() => readStreamingSettings({ options: { [name]: "x" } }), wrong("options"), JSON.stringify(name));
      }
      assert.equal(query({ options: { ["x".repeat(64)]: 1 } })["x".repeat(64)], "1");
    });

    it("fit into a request line, with everything else in it", () => {
      const long = { code: "AAI_PROPERTY", message: /at most 15000 characters long in the address, not \d+/ };
      assert.throws(() => readStreamingSettings({ options: { webhook_url: "x".repeat(15_000) } }), long);
      assert.throws(() => readStreamingSettings({ keyterms: Array.from({ length: 1000 }, (_, index) => `a key term ${index}`) }), long);
      assert.throws(() => readStreamingSettings({ prompt: "x".repeat(15_000) }), long);
      const largest = { prompt: "a ".repeat(875), keyterms: Array.from({ length: 100 }, () => "x".repeat(50)) };
      assert.ok(query(largest)["keyterms_prompt"]);
    });

    it("are refused in a moment where they are far too long, or nested deeper than the stack", () => {
      const began = performance.now();
      assert.throws(() => readStreamingSettings({ options: { webhook_url: "ü".repeat(2 ** 27) } }), { key: "AAI_PROPERTY/query" });
      const deep = "[".repeat(40_000) + "]".repeat(40_000);
      assert.throws(() => readStreamingSettings({ options: `{"p":${deep}}` }), { key: "AAI_PROPERTY/object" });
      assert.ok(performance.now() - began < 2000);
    });

    it("pollute no prototype, and add nothing to the address by it", () => {
      const plain = query({});
      assert.deepEqual(query({ options: '{"__proto__":{"polluted":"yes"}}' }), plain);
      assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    });
  });
});

describe("streaming settings: the webhook's secret", () => {
  it("is refused as an option, which would be exported, and not quoted", () => {
    for (const name of ["webhook_auth_header_value", "Webhook_Auth_Header_Value"]) {
      assert.throws(
        () => readStreamingSettings({ options: { [name]: "hush" } }),
        (error: Error) =>
          "code" in error && error.code === "AAI_PROPERTY" && /Webhook header value/.test(error.message) && !error.message.includes("hush"),
      );
    }
  });

  const options = { webhook_url: "https://example.com/", webhook_auth_header_name: "X-Secret" };
  const valueFor = (url: string, webhookSecret: string) => {
    const settings = readStreamingSettings({ options: { ...options, webhook_url: url } }, { webhookSecret });
    return new URL(settings.sessionUrl("wss://example.com/v3/ws", 16_000)).searchParams.get("webhook_auth_header_value");
  };

  it("is sent where it is the node's credential, and there is a webhook", () => {
    assert.equal(valueFor("https://example.com/", "example.com hush"), "hush");
    assert.equal(valueFor("https://example.com:8443/a?b", "example.com:8443 \tBearer hush hush\n"), "Bearer hush hush");
    assert.equal(valueFor("http://example.com", "http://example.com hush"), "hush");
    for (const credentials of [{}, { webhookSecret: "" }]) {
      const url = readStreamingSettings({ options }, credentials).sessionUrl("wss://example.com/v3/ws", 16_000);
      assert.ok(!url.includes("webhook_auth_header_value"));
    }
    assert.ok(!readStreamingSettings({}, { webhookSecret: "example.com hush" }).sessionUrl("wss://a/v3/ws", 16_000).includes("hush"));
  });

  it("follows no change of the webhook's address, nor of its encryption, and is not quoted", () => {
    for (const [url, credential] of [
      ["https://evil.example/", "example.com hush"],
      ["https://example.com:8443/", "example.com hush"],
      ["https://example.com.evil.example/", "example.com hush"],
      ["http://example.com/", "example.com hush"],
      ["http://example.com:443/", "example.com:443 hush"],
      ["https://example.com/", "http://example.com hush"],
      ["https://example.com/", "hush"],
      ["https://example.com/", "Bearer hush"],
    ] as const) {
      assert.throws(
        () => valueFor(url, credential),
        (error: Error) => "key" in error && error.key === "AAI_WEBHOOK_HOST" && !JSON.stringify([error, error.stack]).includes("hush"),
        `${url} ${credential}`,
      );
    }
  });

  it("goes with no address that another program may read as one of another host", () => {
    for (const url of [
      "https://example.com\\@evil.example/",
      "https://example.com@evil.example/",
      "https://evil.example@example.com/",
      "https://example.com\t.evil.example/",
      "https://example.com#@evil.example/",
      " https://example.com/",
      "https:example.com/",
      "ftp://example.com/",
      "https://",
      "",
    ]) {
      assert.throws(() => valueFor(url, "example.com hush"), { key: "AAI_WEBHOOK_HOST/url" }, url);
    }
  });

  it("goes to AssemblyAI, or to a server on this machine, only", () => {
    const settings = readStreamingSettings({ options }, { webhookSecret: "example.com hush" });
    for (const url of ["wss://streaming.eu.assemblyai.com/v3/ws", "ws://127.0.0.1:8765/v3/ws", "ws://localhost/v3/ws"])
      settings.checkServer(url);
    for (const url of ["wss://example.com/v3/ws", "ws://192.168.1.1/v3/ws", "wss://streaming.assemblyai.com:8443/v3/ws"]) {
      assert.throws(() => settings.checkServer(url), { key: "AAI_WEBHOOK_HOST/service" }, url);
      readStreamingSettings({ options }).checkServer(url);
    }
  });
});
