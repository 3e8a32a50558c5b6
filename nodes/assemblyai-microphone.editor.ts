(function () {
  interface Properties {
    name: string;
    device: string;
    sampleRate: number | string;
    chunkMs: number | string;
    autoStart: boolean;
    topic: string;
  }
  type Validator = NonNullable<EditorProperty<Properties, string>["validate"]>;

  /** A validator by a rule; `reason` is the key of what it says where the rule is broken. An environment variable is known at run time only. */
  function rule(reason: string, isValid: (value: string) => boolean): Validator {
    return function (value, _options) {
      const typed = String(value).trim();
      return /^\$\{[^}]+\}$/.test(typed) || isValid(typed) || this._(reason);
    };
  }

  function isInteger(value: string, from: number, to: number): boolean {
    return value !== "" && Number.isInteger(Number(value)) && Number(value) >= from && Number(value) <= to;
  }

  // The same ranges as in lib/microphone-settings.ts.
  RED.nodes.registerType<Properties>("assemblyai-microphone", {
    category: "AssemblyAI",
    color: "#8fb3d9",
    icon: "assemblyai-microphone.svg",
    inputs: 1,
    outputs: 1,
    defaults: {
      name: { value: "" },
      device: { value: "", validate: rule("invalid.device", (value) => value.length <= 200 && !value.startsWith("-")) },
      sampleRate: { value: 16000, validate: rule("invalid.sampleRate", (value) => isInteger(value, 8000, 96000)) },
      chunkMs: { value: 50, validate: rule("invalid.chunkMs", (value) => isInteger(value, 10, 1000)) },
      autoStart: { value: false },
      topic: { value: "" },
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
    outputLabels() {
      return this._("port.output");
    },
  });
})();
