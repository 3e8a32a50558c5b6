/** Shared by the dialogs. The build puts it in front of each node's editor script, in one function, so that it adds no globals. */
// oxlint-disable-next-line no-unused-vars
const Form = (() => {
  /** Node-RED's placeholder for a saved credential. */
  const SAVED = "__PWRD__";

  interface Offer {
    value: string;
    title: string;
    detail?: string;
  }

  /** Node-RED takes a reason from validators with exactly two parameters only. */
  type Validator<Node> = (this: Node, value: string | number | boolean | undefined, options: object) => true | string;

  /** The value of a property that refers to an environment variable is known at run time only. */
  function isVariable(value: string): boolean {
    return /^\$\{[^}]+\}$/.test(value);
  }

  /**
   * A validator by a rule for the trimmed value; `reason` is the key of the text for a broken rule. A property that is missing in a flow of
   * an older version has its default.
   */
  function rule<Node extends { _(key: string): string }>(reason: string, isValid: (value: string, node: Node) => boolean): Validator<Node> {
    return function (value, _options) {
      if (value === undefined) return true;
      const typed = String(value).trim();
      return isVariable(typed) || isValid(typed, this) || this._(reason);
    };
  }

  /** A validator by two others: the first broken one gives the reason. */
  function both<Node extends { _(key: string): string }>(first: Validator<Node>, second: Validator<Node>): Validator<Node> {
    return function (value, options) {
      const valid = first.call(this, value, options);
      return valid === true ? second.call(this, value, options) : valid;
    };
  }

  function isNumber(value: string, from: number, to: number): boolean {
    return value !== "" && Number(value) >= from && Number(value) <= to;
  }

  function isInteger(value: string, from: number, to: number): boolean {
    return isNumber(value, from, to) && Number.isInteger(Number(value));
  }

  /** The text of a field, without the white space around it. */
  function valueOf(field: JQuery): string {
    return String(field.val() ?? "").trim();
  }

  /** The number in a field; undefined where the field is empty or holds a variable. */
  function numberOf(field: JQuery): number | undefined {
    const value = valueOf(field);
    return value === "" || !Number.isFinite(Number(value)) ? undefined : Number(value);
  }

  /** A number as the editor's language writes it; without `decimals`, with up to three of its decimals. */
  function written(value: number, decimals?: number): string {
    const digits = decimals === undefined ? {} : { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    return new Intl.NumberFormat(RED.i18n.lang(), { useGrouping: false, ...digits }).format(value);
  }

  /** Calls `update` now and at each change of one of the fields. */
  function live(fields: JQuery[], update: () => void): void {
    // A typed input reports its keys only.
    for (const field of fields) field.on("input change keyup", update);
    update();
  }

  /** Adds a menu of values to a field's button; other values can still be typed. */
  function offer(button: JQuery, field: JQuery, offers: () => Offer[]): void {
    button.on("click", (event) => {
      event.preventDefault();
      const options = offers().map(({ value, title, detail }) => {
        const label = $("<div>", { class: "assemblyai-offer" }).append($("<span>").text(title));
        if (detail) label.append($("<small>").text(detail));
        return { value, label };
      });
      const onselect = ({ value }: { value: string }) => void field.val(value).trigger("change");
      const width = Math.max(280, (field.outerWidth() ?? 0) + (button.outerWidth() ?? 0));
      RED.popover
        .menu<{ value: string; label: JQuery }>({ options, onselect, width, maxHeight: 320, disposeOnClose: true })
        .show({ target: field });
    });
  }

  /** Shows a text in a line of the dialog: the answer to an action of the user's, with a sign, or a plain hint. */
  function say(line: JQuery, text: string, looks: "good" | "bad" | "plain" = "plain"): void {
    line.text(text);
    if (looks === "good") line.prepend($("<i>", { class: "fa fa-check-circle" }), " ");
    if (looks === "bad") line.prepend($("<i>", { class: "fa fa-exclamation-circle" }), " ");
  }

  /**
   * Shows what each property that the node lacks means, as in a flow of an older version: its default.
   * @param meant for properties whose default for a new node is another one than that of the runtime
   */
  function complete(node: object, type: string, meant: Readonly<Record<string, string>> = {}): void {
    for (const [name, property] of Object.entries(RED.nodes.getType(type).defaults)) {
      if (Reflect.get(node, name) !== undefined) continue;
      const field = $(`#node-input-${name}`);
      const value = meant[name] ?? property.value;
      if (typeof value === "boolean") field.prop("checked", value);
      else field.val(String(value));
    }
  }

  /** Opens each folded section of the dialog in which a property differs from its default. */
  function unfold(type: string): void {
    const { defaults } = RED.nodes.getType(type);
    const isChanged = (_index: number, element: HTMLElement) => {
      const field = element as HTMLInputElement;
      const value = field.type === "checkbox" ? field.checked : field.value;
      const property = defaults[field.id.replace("node-input-", "")];
      // A credential has no default: its field is empty.
      return String(value) !== (property ? String(property.value) : "");
    };
    for (const section of $<HTMLDetailsElement>(".assemblyai-form details")) {
      section.open = $(section).find("[id^='node-input-']").filter(isChanged).length > 0;
    }
  }

  /** The addressee that a credential for an address names: see lib/assemblyai/addressee.ts. "" for what is no address. */
  function addresseeOf(url: string): string {
    if (!URL.canParse(url.trim())) return "";
    const { protocol, host } = new URL(url.trim());
    return host === "" || protocol === "wss:" || protocol === "https:" ? host : `${protocol}//${host}`;
  }

  return {
    SAVED,
    addresseeOf,
    isVariable,
    rule,
    both,
    isNumber,
    isInteger,
    valueOf,
    numberOf,
    written,
    live,
    offer,
    say,
    complete,
    unfold,
  };
})();
