(function () {
  interface Properties {
    name: string;
    endpoint: string;
    url: string;
  }

  const LABELS: Record<string, string> = {
    us: "account.us",
    eu: "account.eu",
    simulator: "account.simulator",
    custom: "account.custom",
  };

  RED.nodes.registerType<Properties, { apiKey: string }>("assemblyai-config", {
    category: "config",
    defaults: {
      name: { value: "" },
      endpoint: { value: "default" },
      url: {
        value: "",
        // The runtime also looks at the host: a plain ws:// is for private ones only.
        validate(value, _options) {
          const endpoint = $("#node-config-input-endpoint").val() ?? this.endpoint;
          if (endpoint !== "custom" || /^wss?:\/\/[^\s/?#@]+(\/[^\s?#]*)?\/v3\/ws$/.test(String(value).trim())) return true;
          return this._("invalid.url");
        },
      },
    },
    credentials: {
      apiKey: { type: "password" },
    },
    label() {
      return this.name || this._(LABELS[this.endpoint] ?? "account.default");
    },
    oneditprepare() {
      const url = $("#node-config-input-url");
      const endpoint = $("#node-config-input-endpoint");
      endpoint.on("change", () => {
        url.closest(".form-row").toggle(endpoint.val() === "custom");
        $("#node-config-input-apiKey")
          .closest(".form-row")
          .toggle(endpoint.val() !== "simulator");
        $("#assemblyai-simulator-tip").toggle(endpoint.val() === "simulator");
        url.trigger("change");
      });
      endpoint.trigger("change");
    },
  });
})();
