(function () {
  interface Properties {
    name: string;
    device: string;
    sampleRate: number | string;
    chunkMs: number | string;
    autoStart: boolean;
    format: string;
    stopWithSession: boolean;
    topic: string;
  }

  /** The runtime's list of microphones: see lib/microphone/devices.ts. */
  interface DeviceList {
    devices: { name: string; label: string }[];
    problem?: string;
  }

  /** The same forms as in lib/microphone/device-name.ts, which says why. */
  const DEVICES = [
    /^(?!.*\.(?:m3u8?|pls)$)[\p{L}\p{N}_][\p{L}\p{M}\p{N} _.()&+#’®-]*$/iu,
    /^(?:(?:plug)?hw|(?:sys)?default|front|rear|side|center_lfe|surround\d\d|iec958|spdif|hdmi|dmix|dsnoop|dshare|usbstream):(?:[A-Z]+\d?=)?[\w-]+(?:,(?:[A-Z]+\d?=)?[\w-]+)*$/,
    /^(?:pulse|pipewire|bluealsa):(?:[A-Z]+=)?[\w.:+-]+(?:,[A-Z]+=[\w.:+-]+)*$/,
  ];
  function isDevice(value: string): boolean {
    return value === "" || (value.length <= 200 && DEVICES.some((form) => form.test(value)));
  }

  /** of the dialog that is open */
  let endTrial = () => {};

  // The same ranges as in lib/microphone/settings.ts.
  RED.nodes.registerType<Properties>("assemblyai-microphone", {
    category: "AssemblyAI",
    color: "#8fb3d9",
    icon: "assemblyai-microphone.svg",
    inputs: 1,
    outputs: 1,
    defaults: {
      name: { value: "" },
      device: { value: "", validate: Form.rule("invalid.device", isDevice) },
      sampleRate: { value: 16000, validate: Form.rule("invalid.sampleRate", (value) => Form.isInteger(value, 8000, 96000)) },
      chunkMs: { value: 50, validate: Form.rule("invalid.chunkMs", (value) => Form.isInteger(value, 10, 1000)) },
      autoStart: { value: false },
      format: { value: "raw", validate: Form.rule("invalid.format", (value) => value === "raw" || value === "wav") },
      stopWithSession: { value: true },
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
    oneditprepare() {
      Form.complete(this, "assemblyai-microphone");
      const device = $("#node-input-device");
      const systemDefault = { value: "", title: this._("placeholder.device"), detail: this._("device.default") };
      let devices: DeviceList["devices"] = [];

      Form.offer($("#assemblyai-microphone-devices"), device, () => [
        systemDefault,
        ...devices.map(({ name, label }) => (label === "" ? { value: name, title: name } : { value: name, title: label, detail: name })),
      ]);
      const describe = () => {
        const chosen = Form.valueOf(device);
        const known = devices.find(({ name }) => name === chosen);
        $("#assemblyai-microphone-device").text(chosen === "" ? systemDefault.detail : (known?.label ?? ""));
      };
      Form.live([device], describe);

      const problem = $("#assemblyai-microphone-problem");
      $.getJSON("assemblyai-microphone/devices")
        .done((list: DeviceList) => {
          ({ devices } = list);
          describe();
          if (list.problem) Form.say(problem, RED._(`node-red-contrib-assemblyai/assemblyai-config:errors.${list.problem}`), "bad");
        })
        .fail(({ status }) => Form.say(problem, this._("device.unknown", { status }), "bad"));

      Form.unfold("assemblyai-microphone");
      endTrial = MicrophoneTrial.prepare(this.id, (key, values) => this._(key, values));
    },
    oneditsave: () => endTrial(),
    oneditcancel: () => endTrial(),
    oneditdelete: () => endTrial(),
  });
})();
