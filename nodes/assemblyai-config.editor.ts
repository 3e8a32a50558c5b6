(function () {
  interface Properties {
    name: string;
    endpoint: string;
    url: string;
  }

  /** The runtime's answer to a check: see lib/assemblyai/key-check.ts. */
  interface KeyCheck {
    result: "valid" | "refused" | "limited" | "unreachable" | "unusable" | "undeployed";
    status?: number;
    detail?: string;
    error?: { key: string; values: Record<string, string | number> };
  }

  const LABELS: Record<string, string> = {
    us: "account.us",
    eu: "account.eu",
    simulator: "account.simulator",
    custom: "account.custom",
  };

  const ANSWERS: Record<KeyCheck["result"], string> = {
    valid: "check.valid",
    refused: "check.refused",
    limited: "check.limited",
    unreachable: "check.unreachable",
    unusable: "check.unusable",
    undeployed: "check.undeployed",
  };

  const SIMULATOR_ANSWERS = { ...ANSWERS, valid: "check.running", unreachable: "check.stopped" };

  const { SAVED } = Form;

  const SERVICE = ["streaming.assemblyai.com", "streaming.us.assemblyai.com", "streaming.eu.assemblyai.com"];

  /**
   * The addressee that a key has to name (see lib/assemblyai/addressee.ts), as it is not one of the service's own; "" for these, and where
   * there is none yet.
   */
  function foreignAddressee(endpoint: unknown, url: unknown): string {
    const addressee = endpoint === "custom" ? Form.addresseeOf(String(url)) : "";
    return SERVICE.includes(addressee) ? "" : addressee;
  }

  /** The credential for what is in the dialog: it names the address that it is for. */
  function credential(): string {
    const typed = Form.valueOf($("#node-config-input-apiKey"));
    const addressee = foreignAddressee($("#node-config-input-endpoint").val(), $("#node-config-input-url").val());
    return addressee === "" || typed === "" || typed === SAVED || /\s|^\$[({]/.test(typed) ? typed : `${addressee} ${typed}`;
  }

  /** whose dialog was opened last */
  let edited: string | undefined;

  RED.nodes.registerType<Properties, { apiKey: string }>("assemblyai-config", {
    category: "config",
    defaults: {
      name: { value: "" },
      endpoint: { value: "default" },
      url: {
        value: "",
        // The runtime also checks the host: ws:// is for private hosts only.
        validate(value, _options) {
          // Node-RED may check any account while a dialog is open.
          const typed = this.id === edited ? $("#node-config-input-endpoint").val() : undefined;
          const endpoint = typed ?? this.endpoint;
          const url = String(value ?? "").trim();
          if (endpoint !== "custom" || Form.isVariable(url) || /^wss?:\/\/[^\s/?#@]+(\/[^\s?#]*)?\/v3\/ws$/.test(url)) return true;
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
      edited = this.id;
      const [endpoint, url, apiKey] = [$("#node-config-input-endpoint"), $("#node-config-input-url"), $("#node-config-input-apiKey")];
      endpoint.on("change", () => {
        url.closest(".form-row").toggle(endpoint.val() === "custom");
        $("#node-config-input-apiKey")
          .closest(".form-row")
          .toggle(endpoint.val() !== "simulator");
        $("#assemblyai-config-simulator").toggle(endpoint.val() === "simulator");
        url.trigger("change");
      });
      endpoint.trigger("change");

      // A saved key is of no use at another address: it is asked for again, unless the address is what it was again.
      const savedFor = foreignAddressee(this.endpoint, this.url);
      const wasSaved = apiKey.val() === SAVED;
      const again = $("#assemblyai-config-again");
      Form.live([endpoint, url], () => {
        const host = foreignAddressee(endpoint.val(), url.val());
        const isOther = wasSaved && endpoint.val() !== "simulator" && host !== savedFor;
        if (isOther && apiKey.val() === SAVED) apiKey.val("");
        if (wasSaved && !isOther && apiKey.val() === "") apiKey.val(SAVED);
        apiKey.attr("placeholder", this._(host === "" ? "placeholder.apiKey" : "placeholder.otherKey"));
        Form.say(again, isOther ? this._(host === "" ? "hint.serviceKey" : "hint.otherKey", { host }) : "");
      });

      const prepareCheck = (button: JQuery, answer: JQuery, request: () => object, answers: typeof ANSWERS) => {
        const describe = ({ result, detail = "", status = 0, error }: KeyCheck) => {
          const reason = error ? RED._(`node-red-contrib-assemblyai/assemblyai-config:errors.${error.key}`, error.values) : detail;
          Form.say(answer, this._(answers[result], { detail: reason, status }), result === "valid" ? "good" : "bad");
        };
        for (const field of [endpoint, url, apiKey]) field.on("input change", () => Form.say(answer, ""));
        button.on("click", (event) => {
          event.preventDefault();
          Form.say(answer, this._("check.asking"));
          button.prop("disabled", true);
          $.ajax({ url: "assemblyai-config/check", type: "POST", contentType: "application/json", data: JSON.stringify(request()) })
            .done(describe)
            .fail(({ status }) => Form.say(answer, this._("check.failed", { status }), "bad"))
            .always(() => button.prop("disabled", false));
        });
      };
      const keyRequest = () => {
        const typed = credential();
        return { id: this.id, endpoint: endpoint.val(), url: url.val(), ...(typed === SAVED ? {} : { apiKey: typed }) };
      };
      prepareCheck($("#assemblyai-config-check"), $("#assemblyai-config-answer"), keyRequest, ANSWERS);
      const simulator = () => ({ endpoint: "simulator" });
      prepareCheck($("#assemblyai-config-running"), $("#assemblyai-config-simulator-answer"), simulator, SIMULATOR_ANSWERS);
    },
    // Before Node-RED reads the fields.
    oneditsave() {
      $("#node-config-input-apiKey").val(credential());
    },
  });
})();
