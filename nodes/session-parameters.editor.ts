/** What a session is asked for and costs, in the dialog of speech to text: the build puts this file in front of that dialog's script. */
// oxlint-disable-next-line no-unused-vars
const SessionParameters = (() => {
  type Translate = (key: string, values?: Record<string, string | number>) => string;
  type AddOn = import("./lib/billing/pricing").AddOn;

  /** The properties that not every model takes: the service's name, and the label. */
  const BY_MODEL: Record<string, { parameter: string; label: string }> = {
    languages: { parameter: "language_codes", label: "label.languages" },
    prompt: { parameter: "prompt", label: "label.prompt" },
    languageDetection: { parameter: "language_detection", label: "label.languageDetection" },
    voiceFocus: { parameter: "voice_focus", label: "label.voiceFocus" },
  };

  const ADD_ONS: Record<AddOn, string> = {
    "speaker-labels": "addOn.speakerLabels",
    redaction: "addOn.redaction",
    "voice-focus": "addOn.voiceFocus",
    medical: "addOn.medical",
    "key-terms": "addOn.keyTerms",
  };

  /** The fields with a price of their own. */
  const PRICED: { property: string; addOn: AddOn; hint: string }[] = [
    { property: "speakerLabels", addOn: "speaker-labels", hint: "hint.speakerLabels" },
    { property: "redactPii", addOn: "redaction", hint: "hint.redactPii" },
    { property: "voiceFocus", addOn: "voice-focus", hint: "hint.voiceFocus" },
  ];

  const fieldOf = (property: string) => $<HTMLInputElement>(`#node-input-${property}`);
  const isChecked = (property: string) => fieldOf(property).is(":checked");
  const textIn = (property: string) => Form.valueOf(fieldOf(property));
  const isOff = (property: string) => (fieldOf(property).attr("type") === "checkbox" ? !isChecked(property) : textIn(property) === "");

  /** All fields on which the price depends. */
  const pricedFields = () => ["model", "keyterms", "speakerLabels", "redactPii", "voiceFocus", "options"].map(fieldOf);

  /**
   * The items of a text with one item per line, or several with commas between, Chinese and Japanese ones too: as in
   * lib/common/property-reader.ts.
   */
  function itemsOf(value: string): string[] {
    const items = value.split(/[,\n，、]/).map((item) => item.trim());
    return items.filter((item) => item !== "");
  }

  /** The options, undefined where they are no JSON object. */
  function optionsOf(value: string): Record<string, unknown> | undefined {
    try {
      const parsed: unknown = JSON.parse(value || "{}");
      return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as Record<string, unknown>) : undefined;
    } catch {
      return undefined;
    }
  }

  /** of the dialog that was opened last */
  let edited: object | undefined;

  /** The model in the node's dialog; where that is not open, the node's: Node-RED may check any node meanwhile. */
  function modelOf(node: object): string {
    const typed = node === edited ? $("#node-input-model").val() : undefined;
    return String(typed ?? Reflect.get(node, "model") ?? "").trim();
  }

  /** Whether the node's model takes a property with this value. */
  function isTaken(property: string, value: string, node: object): boolean {
    return value === "" || value === "false" || Parameters.takesParameter(modelOf(node), BY_MODEL[property]?.parameter ?? "");
  }

  /** Models that are not known may take any language. */
  function areLanguages(value: string, node: object): boolean {
    const codes = itemsOf(value);
    if (codes.length > 10) return false;
    if (!Parameters.isKnownModel(modelOf(node))) return codes.every((code) => /^[\w-]{2,}$/.test(code));
    return Languages.unusableLanguage(codes) === undefined;
  }

  /** What a session of the dialog's node is asked for that has a price. */
  function asked(): URLSearchParams {
    const parameters = new URLSearchParams({ keyterms_prompt: textIn("keyterms"), voice_focus: textIn("voiceFocus") });
    if (isChecked("speakerLabels")) parameters.set("speaker_labels", "true");
    if (isChecked("redactPii")) parameters.set("redact_pii", "true");
    for (const [name, value] of Object.entries(optionsOf(textIn("options")) ?? {})) {
      if (value !== null) parameters.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
    return parameters;
  }

  /** USD per hour of a session of the dialog's node. */
  function usdPerHour(): number {
    return Pricing.hourlyRate(textIn("model"), Pricing.addOnsOf(asked()));
  }

  /** As the editor's language writes a list, with its "and". */
  function listed(items: string[]): string {
    return new Intl.ListFormat(RED.i18n.lang()).format(items);
  }

  /** Which add-ons there are, and what a session costs with them. */
  function preparePrices(translate: Translate): void {
    for (const { property, addOn, hint } of PRICED) {
      const price = Form.written(Pricing.addOnPrice(undefined, addOn), 2);
      $(`#assemblyai-streaming-${property}`).text(translate(hint, { price }));
    }
    Form.live(pricedFields(), () => {
      const model = textIn("model");
      const addOns = Pricing.addOnsOf(asked()).filter((name) => Pricing.addOnPrice(model, name) > 0);
      const names = listed(addOns.map((name) => translate(ADD_ONS[name])));
      const values = { model, addOns: names, price: Form.written(usdPerHour(), 2) };
      $("#assemblyai-streaming-add-ons").text(addOns.length === 0 ? "" : translate("cost.addOns", values));
    });
  }

  /** Fields that the model does not take are not there; one that holds something stays, and says why it is not valid. */
  function prepareModel(translate: Translate): void {
    const properties = Object.keys(BY_MODEL);
    for (const property of properties) $("<div>", { class: "assemblyai-hint" }).insertAfter(lastIn(property));
    Form.live([fieldOf("model"), ...properties.map(fieldOf)], () => {
      const model = textIn("model");
      const refused = properties.filter((property) => !Parameters.takesParameter(model, BY_MODEL[property]?.parameter ?? ""));
      for (const property of properties) {
        const isRefused = refused.includes(property);
        fieldOf(property)
          .closest(".form-row")
          .toggle(!isRefused || !isOff(property));
        if (isRefused) Form.say(lastIn(property), translate("invalid.refused"), "bad");
        else lastIn(property).empty();
      }
      const labels = refused.map((property) => translate(BY_MODEL[property]?.label ?? ""));
      $("#assemblyai-streaming-without").text(labels.length === 0 ? "" : translate("model.without", { fields: listed(labels) }));
    });
  }

  /** The last part of a property's row. */
  function lastIn(property: string): JQuery {
    return fieldOf(property).closest(".form-row").find(".assemblyai-field").children().last();
  }

  /** A code that the service does not take, and the one to use. */
  function prepareLanguages(translate: Translate): void {
    const [languages, model] = [fieldOf("languages"), fieldOf("model")];
    const isWrong = (code: string) => !Form.isVariable(code) && !Languages.LANGUAGE_CODES.includes(code);
    Form.live([languages, model], () => {
      const line = $("#assemblyai-streaming-language").empty();
      const wrong = itemsOf(Form.valueOf(languages)).find(isWrong);
      if (wrong === undefined || !Parameters.isKnownModel(Form.valueOf(model))) return;
      const code = Languages.nearestLanguage(wrong);
      const text =
        code === undefined ? translate("languages.unknown", { value: wrong }) : translate("languages.use", { value: wrong, code });
      Form.say(line, text, "bad");
    });
  }

  /** The options that the service would ignore or refuse. */
  function prepareOptions(translate: Translate): void {
    const [options, model] = [fieldOf("options"), fieldOf("model")];
    const findings = $("#assemblyai-streaming-parameters");
    Form.live([options, model], () => {
      const names = Object.keys(optionsOf(Form.valueOf(options)) ?? {});
      const texts = names.map((parameter) => {
        const nearest = Parameters.isKnownParameter(parameter) ? undefined : Parameters.nearestParameter(parameter);
        if (nearest !== undefined) return translate("parameter.misspelled", { parameter, nearest });
        if (!Parameters.isKnownParameter(parameter)) return translate("parameter.unknown", { parameter });
        return Parameters.takesParameter(Form.valueOf(model), parameter) ? "" : translate("parameter.refused", { parameter });
      });
      findings.empty();
      for (const text of texts.filter((found) => found !== "")) {
        const line = $("<div>").appendTo(findings);
        Form.say(line, text, "bad");
      }
    });
  }

  function prepare(node: object, translate: Translate): void {
    edited = node;
    preparePrices(translate);
    prepareModel(translate);
    prepareLanguages(translate);
    prepareOptions(translate);
    const maxSpeakers = fieldOf("maxSpeakers").closest(".form-row");
    Form.live([fieldOf("speakerLabels")], () => maxSpeakers.toggle(isChecked("speakerLabels")));
  }

  return { prepare, pricedFields, usdPerHour, itemsOf, optionsOf, isTaken, areLanguages };
})();
