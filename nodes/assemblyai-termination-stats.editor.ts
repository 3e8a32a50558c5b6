(function () {
  interface Properties {
    name: string;
    rate: string;
    resetDaily: boolean;
  }

  RED.nodes.registerType<Properties>("assemblyai-termination-stats", {
    category: "AssemblyAI",
    color: "#8fb3d9",
    icon: "assemblyai-termination-stats.svg",
    inputs: 1,
    outputs: 1,
    defaults: {
      name: { value: "" },
      rate: {
        value: "",
        validate: Form.rule("invalid.rate", (value) => value === "" || (Number(value) >= 0 && Number.isFinite(Number(value)))),
      },
      resetDaily: { value: false },
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
    oneditprepare() {
      Form.complete(this, "assemblyai-termination-stats");
    },
  });
})();
