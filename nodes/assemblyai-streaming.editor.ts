(function () {
  interface Properties {
    name: string;
    config: string;
    model: string;
    sampleRate: number | string;
    silenceTimeout: number | string;
    open: "audio" | "speech" | "command";
    preRoll: number | string;
    maxSession: number | string;
    serverTimeout: number | string;
    perTopic: boolean;
    reconnect: boolean;
    languages: string;
    keyterms: string;
    prompt: string;
    formatTurns: "" | "true" | "false";
    minTurnSilence: number | string;
    maxTurnSilence: number | string;
    options: string;
  }
  type Validator = NonNullable<EditorProperty<Properties, string>["validate"]>;

  /** The models in the list; any other can be typed. */
  const MODELS: Record<string, string> = {
    "universal-3-6-pro": "model.universal36",
    "universal-3-5-pro": "model.universal35",
    "universal-streaming-english": "model.english",
    "universal-streaming-multilingual": "model.multilingual",
    "whisper-rt": "model.whisper",
  };

  /** A validator by a rule; `reason` is the key of what it says where the rule is broken. */
  function rule(reason: string, isValid: (value: string) => boolean): Validator {
    return function (value, _options) {
      return isValid(String(value).trim()) || this._(reason);
    };
  }

  function isNumber(value: string, from: number, to: number): boolean {
    return value !== "" && Number(value) >= from && Number(value) <= to;
  }

  function isInteger(value: string, from: number, to: number): boolean {
    return isNumber(value, from, to) && Number.isInteger(Number(value));
  }

  /** The items of a text with one item per line, or several with commas between. */
  function itemsOf(value: string): string[] {
    const items = value.split(/[\n,]/).map((item) => item.trim());
    return items.filter((item) => item !== "");
  }

  function isJsonObject(value: string): boolean {
    try {
      const parsed: unknown = JSON.parse(value);
      return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
    } catch {
      return false;
    }
  }

  // The ranges are the service's own where it has one.
  RED.nodes.registerType<Properties>("assemblyai-streaming", {
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
      model: { value: "universal-3-6-pro", validate: rule("invalid.model", (value) => /^\S+$/.test(value)) },
      sampleRate: { value: 16000, validate: rule("invalid.sampleRate", (value) => isInteger(value, 8000, 96000)) },
      silenceTimeout: { value: 5, validate: rule("invalid.silenceTimeout", (value) => isNumber(value, 0, 10800)) },
      open: { value: "audio", validate: rule("invalid.open", (value) => ["audio", "speech", "command"].includes(value)) },
      preRoll: { value: 500, validate: rule("invalid.preRoll", (value) => isInteger(value, 0, 10000)) },
      maxSession: { value: 60, validate: rule("invalid.maxSession", (value) => isNumber(value, 0, 180)) },
      serverTimeout: {
        value: 30,
        validate: rule("invalid.serverTimeout", (value) => isInteger(value, 0, 0) || isInteger(value, 5, 3600)),
      },
      perTopic: { value: false },
      reconnect: { value: true },
      languages: {
        value: "",
        validate: rule(
          "invalid.languages",
          (value) => itemsOf(value).length <= 10 && itemsOf(value).every((item) => /^[\w-]{2,}$/.test(item)),
        ),
      },
      keyterms: {
        value: "",
        validate: rule("invalid.keyterms", (value) => itemsOf(value).length <= 100 && itemsOf(value).every((item) => item.length <= 50)),
      },
      prompt: { value: "", validate: rule("invalid.prompt", (value) => value.length <= 1750) },
      formatTurns: { value: "", validate: rule("invalid.formatTurns", (value) => ["", "true", "false"].includes(value)) },
      minTurnSilence: { value: "", validate: rule("invalid.turnSilence", (value) => value === "" || isInteger(value, 50, 10000)) },
      maxTurnSilence: { value: "", validate: rule("invalid.turnSilence", (value) => value === "" || isInteger(value, 50, 10000)) },
      options: { value: "{}", validate: rule("invalid.options", isJsonObject) },
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
      const model = $("#node-input-model");
      const models = Object.entries(MODELS).map(([value, key]) => ({ value, label: `${value} – ${this._(key)}` }));
      $("#assemblyai-streaming-models").on("click", (event) => {
        event.preventDefault();
        const onselect = ({ value }: { value: string }) => void model.val(value).trigger("change");
        RED.popover.menu({ options: models, onselect, disposeOnClose: true }).show({ target: model });
      });

      const open = $("#node-input-open");
      open.on("change", () => {
        $("#node-input-preRoll")
          .closest(".form-row")
          .toggle(open.val() === "speech");
      });
      open.trigger("change");

      $("#node-input-options").typedInput({ default: "json", types: ["json"] });
    },
  });
})();
