(function () {
  interface Properties {
    name: string;
    config: string;
    model: string;
    sampleRate: number | string;
    silenceTimeout: number | string;
    open: string;
    wakeWord: string;
    preRoll: number | string;
    maxSession: number | string;
    budgetUsd: number | string;
    serverTimeout: number | string;
    perTopic: boolean;
    maxStreams: number | string;
    channel: string;
    maxLag: number | string;
    reconnect: boolean;
    languages: string;
    keyterms: string;
    prompt: string;
    formatTurns: string;
    minTurnSilence: number | string;
    maxTurnSilence: number | string;
    speakerLabels: boolean;
    maxSpeakers: number | string;
    languageDetection: boolean;
    filterProfanity: boolean;
    redactPii: boolean;
    voiceFocus: string;
    options: string;
  }
  /** How a trial goes: see lib/speech-to-text/wake-word-trial.ts. */
  interface WakeWordTrial {
    remainingMs: number;
    isFed: boolean;
    probability: number;
    cutoff: number;
    heard: { phrase: string; probability: number }[];
  }
  type Translate = (key: string, values?: Record<string, string | number>) => string;

  const { itemsOf, optionsOf, isTaken, areLanguages } = SessionParameters;

  /** The models in the list, with their languages; any other can be typed. */
  const MODELS: Record<string, string> = {
    "universal-3-6-pro": "model.universal36",
    "universal-3-5-pro": "model.universal35",
    "u3-rt-pro": "model.universal3",
    "universal-streaming-english": "model.english",
    "universal-streaming-multilingual": "model.multilingual",
    "whisper-rt": "model.whisper",
  };

  /** As in lib/wakeword/bundled.ts; any other is the path of a file. */
  const WAKE_WORDS: Record<string, string> = { okay_nabu: "Okay Nabu", hey_jarvis: "Hey Jarvis", hey_mycroft: "Hey Mycroft" };
  /** ms between two looks at a trial: the runtime remembers the highest probability in between. */
  const TRIAL_EVERY_MS = 150;

  /** What a node without the property means: nodes were made so before a new one listened for speech. */
  const OPEN_BEFORE = "audio";

  /** The steps of the slider, in s; the last one is "never". */
  const SILENCES = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 45, 60, 90, 120, 180, 300, 0];
  /** The use of a silence timeout, up to so many s. */
  const MEANINGS: [number, string][] = [
    [2.5, "silence.quick"],
    [9, "silence.usual"],
    [30, "silence.patient"],
    [Infinity, "silence.long"],
  ];

  /** The service ends a session after 3 h, whatever is set. */
  const SERVER_LIMIT_MINUTES = 180;

  /** Parameters that the node itself answers for. */
  function isReserved(name: string): boolean {
    return Parameters.RESERVED.includes(name) || name.toLowerCase() === Parameters.SECRET;
  }

  function isOptions(value: string): boolean {
    const options = optionsOf(value);
    return options !== undefined && !Object.keys(options).some(isReserved);
  }

  /** The addressee that the webhook's secret names (see lib/speech-to-text/webhook-secret.ts); "" where the options hold no address. */
  function webhookAddressee(options: unknown): string {
    const url = typeof options === "string" ? optionsOf(options.trim())?.["webhook_url"] : undefined;
    return typeof url === "string" ? Form.addresseeOf(url) : "";
  }

  /** A saved secret is of no use at another webhook: it is asked for again, unless the address is what it was again. */
  function prepareWebhook(saved: unknown, translate: Translate): void {
    const [options, secret] = [$("#node-input-options"), $("#node-input-webhookSecret")];
    const savedFor = webhookAddressee(saved);
    const wasSaved = secret.val() === Form.SAVED;
    let isCleared = false;
    Form.live([options], () => {
      const host = webhookAddressee(options.val());
      const isOther = wasSaved && host !== "" && host !== savedFor;
      if (isOther && secret.val() === Form.SAVED) {
        secret.val("");
        isCleared = true;
      } else if (!isOther && isCleared) {
        if (secret.val() === "") secret.val(Form.SAVED);
        isCleared = false;
      }
      Form.say($("#assemblyai-streaming-webhook"), isOther ? translate("hint.webhookAgain", { host }) : "");
    });
  }

  /** The credential for what is in the dialog: it names the webhook that it is for. */
  function webhookCredential(): string {
    const typed = Form.valueOf($("#node-input-webhookSecret"));
    const addressee = webhookAddressee($("#node-input-options").val());
    const isComplete = typed === "" || typed === Form.SAVED || /^\$[({]/.test(typed) || typed.startsWith(`${addressee} `);
    return addressee === "" || isComplete ? typed : `${addressee} ${typed}`;
  }

  function prepareModel(translate: Translate): void {
    const model = $("#node-input-model");
    const describe = (name: string) => {
      const languages = MODELS[name];
      const values = { price: Form.written(Pricing.hourlyRate(name), 2) };
      return languages ? `${translate(languages)} · ${translate("model.price", values)}` : translate("model.unknown", values);
    };
    Form.offer($("#assemblyai-streaming-models"), model, () =>
      Object.keys(MODELS).map((name) => ({ value: name, title: name, detail: describe(name) })),
    );
    Form.live([model], () => {
      const name = Form.valueOf(model);
      $("#assemblyai-streaming-model").text(name === "" || Form.isVariable(name) ? "" : describe(name));
    });
  }

  function prepareOpen(): void {
    const open = $("#node-input-open");
    const choices = $<HTMLInputElement>("input[name='assemblyai-streaming-open']");
    choices.on("change", (event) => void open.val(event.target.value).trigger("change"));
    Form.live([open], () => {
      for (const choice of choices) choice.checked = choice.value === open.val();
      $("#node-input-preRoll")
        .closest(".form-row")
        .toggle(["audio", "command"].every((mode) => mode !== open.val()));
      $("#node-input-wakeWord")
        .closest(".form-row")
        .toggle(open.val() === "wake-word");
    });
  }

  /** Ticks for the words that come with the package, and a field for files: together they are the property. */
  function prepareWakeWords(): void {
    const [property, files] = [$("#node-input-wakeWord"), $("#assemblyai-streaming-wake-file")];
    const items = itemsOf(Form.valueOf(property));
    const boxes = Object.entries(WAKE_WORDS).map(([name, phrase]) => {
      const box = $<HTMLInputElement>("<input>", { type: "checkbox", value: name }).prop("checked", items.includes(name));
      $("#assemblyai-streaming-words").append($("<label>", { class: "assemblyai-check" }).append(box, $("<span>").text(phrase)));
      return box;
    });
    files.val(items.filter((item) => !(item in WAKE_WORDS)).join(", "));
    for (const field of [...boxes, files]) {
      field.on("input change", () => {
        const ticked = boxes.filter((box) => box.prop("checked")).map((box) => String(box.val()));
        property.val([...ticked, ...itemsOf(Form.valueOf(files))].join(", ")).trigger("change");
      });
    }
  }

  /** For some seconds the deployed node's wake words open nothing, and the dialog shows how well they are heard. */
  function prepareTrial(id: string, translate: Translate): void {
    const [button, line] = [$("#assemblyai-streaming-try"), $("#assemblyai-streaming-trial")];
    const meter = $("#assemblyai-streaming-probability");
    const ask = (type: "GET" | "POST") => {
      const body = type === "POST" ? { contentType: "application/json", data: "{}" } : {};
      $.ajax({ url: `assemblyai-streaming/${encodeURIComponent(id)}/wake-word-trial`, type, ...body })
        .done(show)
        .fail(({ status }) => {
          button.prop("disabled", false);
          Form.say(line, translate("trial.failed", { status }), "bad");
        });
    };
    const show = (trial: WakeWordTrial | null) => {
      if (!document.contains(button[0] ?? null)) return; // The dialog was closed.
      if (trial === null) {
        button.prop("disabled", false);
        return Form.say(line, translate("trial.undeployed"), "bad");
      }
      const { remainingMs, isFed, probability, cutoff, heard } = trial;
      const isOver = remainingMs === 0;
      meter.attr({ high: cutoff, value: isOver ? 0 : probability });
      const last = heard.at(-1);
      const values = { count: heard.length, phrase: last?.phrase ?? "", probability: Form.written(last?.probability ?? 0, 2) };
      if (last) Form.say(line, translate("trial.heard", values), "good");
      else if (isOver) Form.say(line, translate("trial.over"), "bad");
      else if (!isFed) Form.say(line, translate("trial.silent"), "bad");
      else Form.say(line, translate("trial.running", { seconds: Math.ceil(remainingMs / 1000) }));
      button.prop("disabled", !isOver);
      if (!isOver) setTimeout(() => ask("GET"), TRIAL_EVERY_MS);
    };
    button.on("click", (event) => {
      event.preventDefault();
      button.prop("disabled", true);
      ask("POST");
    });
  }

  /** The slider and the number show the same; a text beside them explains the setting and what it may cost. */
  function prepareSilence(translate: Translate): void {
    const seconds = $("#node-input-silenceTimeout");
    const slider = $("#assemblyai-streaming-silence").attr("max", SILENCES.length - 1);
    slider.on("input", () => void seconds.val(SILENCES[Number(slider.val())] ?? "").trigger("change"));
    Form.live([seconds], () => {
      const typed = Form.numberOf(seconds);
      if (typed !== undefined)
        slider.val(typed === 0 ? SILENCES.length - 1 : SILENCES.filter((step) => step > 0 && step <= typed).length - 1);
      const meaning = MEANINGS.find(([upTo]) => typed !== undefined && typed <= upTo)?.[1];
      $("#assemblyai-streaming-meaning").text(typed === 0 || !meaning ? "" : translate(meaning));
    });

    const [maxSession, budget] = [$("#node-input-maxSession"), $("#node-input-budgetUsd")];
    Form.live([...SessionParameters.pricedFields(), seconds, maxSession, budget], () => {
      const perHour = SessionParameters.usdPerHour();
      const price = Form.written(perHour, 2);
      const typed = Form.numberOf(seconds);
      const minutes = Form.numberOf(maxSession) || SERVER_LIMIT_MINUTES;
      const text =
        typed === 0
          ? translate("cost.never", { price, minutes: Form.written(minutes), cost: Form.written((perHour * minutes) / 60, 2) })
          : translate(typed === undefined ? "cost.hour" : "cost.ends", { price, seconds: typed === undefined ? "" : Form.written(typed) });
      $("#assemblyai-streaming-cost").text(text);
      const daily = Form.numberOf(budget);
      $("#assemblyai-streaming-budget").text(
        daily ? translate("cost.day", { price, hours: Form.written(daily / perHour, 1) }) : translate("cost.budget"),
      );
    });
  }

  // The ranges are the service's own where it has one.
  RED.nodes.registerType<Properties, { webhookSecret: string }>("assemblyai-streaming", {
    category: "AssemblyAI",
    color: "#8fb3d9",
    icon: "assemblyai-streaming.svg",
    inputs: 1,
    outputs: 3,
    defaults: {
      name: { value: "" },
      config: {
        value: "",
        type: "assemblyai-config",
        required: true,
        label: RED._("node-red-contrib-assemblyai/assemblyai-streaming:label.config"),
      },
      model: { value: "universal-3-6-pro", validate: Form.rule("invalid.model", (value) => /^\S+$/.test(value)) },
      sampleRate: { value: 16000, validate: Form.rule("invalid.sampleRate", (value) => Form.isInteger(value, 8000, 96000)) },
      silenceTimeout: { value: 5, validate: Form.rule("invalid.silenceTimeout", (value) => Form.isNumber(value, 0, 10800)) },
      open: {
        value: "speech",
        validate: Form.rule("invalid.open", (value) => ["audio", "speech", "wake-word", "command"].includes(value)),
      },
      wakeWord: {
        value: "okay_nabu",
        validate: Form.rule("invalid.wakeWord", (value) => {
          const items = itemsOf(value);
          return items.length > 0 && items.every((item) => item in WAKE_WORDS || item.endsWith(".json"));
        }),
      },
      preRoll: { value: 500, validate: Form.rule("invalid.preRoll", (value) => Form.isInteger(value, 0, 10000)) },
      maxSession: { value: 60, validate: Form.rule("invalid.maxSession", (value) => Form.isNumber(value, 0, 180)) },
      budgetUsd: { value: 0, validate: Form.rule("invalid.budgetUsd", (value) => Form.isNumber(value, 0, 1_000_000)) },
      serverTimeout: {
        value: 30,
        validate: Form.rule("invalid.serverTimeout", (value) => Form.isInteger(value, 0, 0) || Form.isInteger(value, 5, 3600)),
      },
      perTopic: { value: false },
      maxStreams: { value: 20, validate: Form.rule("invalid.maxStreams", (value) => Form.isInteger(value, 1, 1000)) },
      channel: { value: "mix", validate: Form.rule("invalid.channel", (value) => ["mix", "left", "right"].includes(value)) },
      maxLag: { value: 0, validate: Form.rule("invalid.maxLag", (value) => Form.isNumber(value, 0, 300)) },
      reconnect: { value: true },
      languages: {
        value: "",
        validate: Form.both(
          Form.rule("invalid.languages", areLanguages),
          Form.rule("invalid.refused", (value, node) => isTaken("languages", value, node)),
        ),
      },
      keyterms: {
        value: "",
        validate: Form.rule(
          "invalid.keyterms",
          (value) => itemsOf(value).length <= 100 && itemsOf(value).every((item) => item.length <= 50),
        ),
      },
      prompt: {
        value: "",
        validate: Form.both(
          Form.rule("invalid.prompt", (value) => value.length <= 1750),
          Form.rule("invalid.refused", (value, node) => isTaken("prompt", value, node)),
        ),
      },
      formatTurns: { value: "", validate: Form.rule("invalid.formatTurns", (value) => ["", "true", "false"].includes(value)) },
      minTurnSilence: {
        value: "",
        validate: Form.rule("invalid.turnSilence", (value) => value === "" || Form.isInteger(value, 50, 10000)),
      },
      maxTurnSilence: {
        value: "",
        validate: Form.rule("invalid.turnSilence", (value) => value === "" || Form.isInteger(value, 50, 10000)),
      },
      speakerLabels: { value: false },
      maxSpeakers: {
        value: "",
        validate: Form.rule("invalid.maxSpeakers", (value) => value === "" || Form.isInteger(value, 1, 10)),
      },
      languageDetection: {
        value: false,
        validate: Form.rule(
          "invalid.refused",
          (value, node) => ["true", "false"].includes(value) && isTaken("languageDetection", value, node),
        ),
      },
      filterProfanity: { value: false },
      redactPii: { value: false },
      voiceFocus: {
        value: "",
        validate: Form.both(
          Form.rule("invalid.voiceFocus", (value) => ["", "near-field", "far-field"].includes(value)),
          Form.rule("invalid.refused", (value, node) => isTaken("voiceFocus", value, node)),
        ),
      },
      options: { value: "{}", validate: Form.rule("invalid.options", isOptions) },
    },
    credentials: {
      webhookSecret: { type: "password" },
    },
    paletteLabel() {
      return this._("palette.label");
    },
    label() {
      return this.name || this._("palette.label");
    },
    labelStyle() {
      return this.name ? "node_label_italic" : "";
    },
    inputLabels() {
      return this._("port.input");
    },
    outputLabels(index) {
      return [this._("port.final"), this._("port.partial"), this._("port.session")][index];
    },
    oneditprepare() {
      Form.complete(this, "assemblyai-streaming", { open: OPEN_BEFORE });
      const translate: Translate = (key, values) => this._(key, values);
      prepareModel(translate);
      prepareOpen();
      prepareWakeWords();
      prepareTrial(this.id, translate);
      prepareSilence(translate);
      SessionParameters.prepare(this, translate);

      const perTopic = $<HTMLInputElement>("#node-input-perTopic");
      const maxStreams = $("#node-input-maxStreams").closest(".form-row");
      Form.live([perTopic], () => maxStreams.toggle(perTopic.is(":checked")));
      $("#node-input-options").typedInput({ default: "json", types: ["json"] });
      prepareWebhook(this.options, translate);
      Form.unfold("assemblyai-streaming");
    },
    // Before Node-RED reads the fields.
    oneditsave() {
      $("#node-input-webhookSecret").val(webhookCredential());
    },
  });
})();
