import { accessSync, constants } from "node:fs";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";
import type { FlowNode, NodeRedProcess } from "./node-red-process";

/** Debian's Chromium, or the one that CHROMIUM names. It is never downloaded. @throws Error that says what to install */
export async function launchChromium(args: string[] = []): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  try {
    accessSync(executablePath, constants.X_OK);
  } catch (cause) {
    throw new Error(`${executablePath} is missing: sudo apt-get install -y --no-install-recommends chromium`, { cause });
  }
  return chromium.launch({ executablePath, headless: true, args: [...FLAGS, ...args] });
}

/** No background requests of the browser's own; root, as in a container, has no sandbox. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const WIDE = { width: 1400, height: 900 };
export const NARROW = { width: 900, height: 900 };

/** Collects what must not happen in a page: requests that leave the machine, and errors on the console. */
export function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (hostname !== "127.0.0.1" && protocol !== "data:" && protocol !== "blob:") faults.push(`request of ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => faults.push(`thrown: ${error.stack ?? error.message}`));
  return faults;
}

/** As chosen in Node-RED 5's settings; Node-RED 4 has no dark theme of its own, and stays light. */
export type Theme = "light" | "dark";

export interface EditorOptions {
  viewport?: { width: number; height: number };
  theme?: Theme;
  /** As chosen in the editor's settings. */
  language?: string;
  /** Pixels of a picture for each one of the viewport. */
  scale?: number;
  /** Of a user who has signed in. */
  token?: string;
}

/** The editor of a Node-RED in a browser, operated as a user would: the same in Node-RED 4.1 and 5.0. */
export class Editor {
  /** What must not happen: requests that leave the machine, and errors on the console. */
  readonly faults: string[];
  /** All answers of the admin API to this page, except scripts, styles and images. */
  readonly answers: string[] = [];

  private constructor(
    readonly page: Page,
    private theme: Theme,
  ) {
    this.faults = faultsOf(page);
    page.on("response", (response) => {
      if (!["xhr", "fetch"].includes(response.request().resourceType())) return;
      // The answers of a page that is left can no longer be read.
      response.text().then(
        (text) => this.answers.push(text),
        () => undefined,
      );
    });
  }

  static async open(browser: Browser, nodeRed: NodeRedProcess, options: EditorOptions = {}) {
    const { viewport = WIDE, theme = "light", language = "en-US", scale = 1, token } = options;
    const context = await browser.newContext({ viewport, colorScheme: theme, deviceScaleFactor: scale });
    await context.addInitScript((chosen) => localStorage.setItem("editor-language", chosen), language);
    if (token !== undefined) {
      await context.addInitScript((text) => localStorage.setItem("auth-tokens", text), JSON.stringify({ access_token: token }));
    }
    context.setDefaultTimeout(10_000);
    const editor = new Editor(await context.newPage(), theme);
    await context.addInitScript(() =>
      localStorage.setItem("view-dark-theme", matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"),
    );
    await editor.load(nodeRed);
    return editor;
  }

  /** Loads the page, with the flow as it is deployed now. */
  async load(nodeRed: NodeRedProcess): Promise<void> {
    await this.page.goto(`${nodeRed.url}/`);
    await this.page.locator("#red-ui-loading-progress").waitFor({ state: "hidden" });
    await this.page.waitForFunction(() => RED.nodes.getType("assemblyai-streaming") !== undefined);
  }

  /** Deploys a flow and shows it without a reload, as the editor does when a project changes: a reload takes seconds. */
  async show(nodeRed: NodeRedProcess, flow: readonly FlowNode[]): Promise<void> {
    await this.page.evaluate("RED.nodes.version(null)"); // otherwise the editor reports that somebody else has deployed
    await nodeRed.deploy(flow);
    await this.page.evaluate(SHOW_DEPLOYED);
  }

  /** As at another window, and with the other theme: that loads the page. */
  async look(nodeRed: NodeRedProcess, viewport: { width: number; height: number }, theme: Theme): Promise<void> {
    await this.page.setViewportSize(viewport);
    if (theme === this.theme) return;
    this.theme = theme;
    await this.page.emulateMedia({ colorScheme: theme });
    await this.load(nodeRed);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** Shows the sidebar's tab of speech to text. At its start the editor shows another one, at a moment of its own. */
  async showSidebar(): Promise<Locator> {
    const tab = this.page.locator(".assemblyai-sidebar-tab");
    do {
      await this.page.evaluate('RED.sidebar.show("assemblyai-sidebar")');
      await this.page.waitForTimeout(500);
    } while (!(await tab.isVisible()));
    return tab;
  }

  /** Drags a node of this type from the palette. @returns its id */
  async drag(type: string, x: number, y: number): Promise<string> {
    const before = await this.ids();
    const source = this.page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
    await source.scrollIntoViewIfNeeded();
    await source.dragTo(this.page.locator("#red-ui-workspace-chart"), { targetPosition: { x, y } });
    const isNew = `({ id }) => !${JSON.stringify(before)}.includes(id)`;
    const dropped = await this.page.waitForFunction<string, undefined>(`RED.nodes.filterNodes({}).find(${isNew})?.id`, undefined);
    return dropped.jsonValue();
  }

  node(id: string): Locator {
    return this.page.locator(`[id="${id}"]`);
  }

  /** Opens the dialog of a node by a double click. */
  async edit(id: string): Promise<void> {
    await this.node(id).locator(".red-ui-flow-node").dblclick();
    await this.settled(this.page.locator("#node-dialog-ok"));
  }

  /** Presses "Done" of the dialog. */
  async done(): Promise<void> {
    await this.page.locator("#node-dialog-ok").click();
    await this.page.locator("#node-dialog-ok").waitFor({ state: "hidden" });
  }

  async cancel(): Promise<void> {
    await this.page.locator("#node-dialog-cancel").click();
    await this.page.locator("#node-dialog-cancel").waitFor({ state: "hidden" });
  }

  /** Opens the dialog of a new config node from that of the node which uses it. */
  async addConfig(property: string): Promise<void> {
    await this.page.locator(`#node-input-btn-${property}-add`).click();
    await this.settled(this.page.locator("#node-config-dialog-ok"));
  }

  async editConfig(property: string): Promise<void> {
    await this.page.locator(`#node-input-btn-${property}-edit`).click();
    await this.settled(this.page.locator("#node-config-dialog-ok"));
  }

  async configDone(): Promise<void> {
    await this.page.locator("#node-config-dialog-ok").click();
    await this.page.locator("#node-config-dialog-ok").waitFor({ state: "hidden" });
  }

  async configCancel(): Promise<void> {
    await this.page.locator("#node-config-dialog-cancel").click();
    await this.page.locator("#node-config-dialog-cancel").waitFor({ state: "hidden" });
  }

  field(name: string): Locator {
    return this.page.locator(`#node-input-${name}`);
  }

  configField(name: string): Locator {
    return this.page.locator(`#node-config-input-${name}`);
  }

  /** Opens the folded sections of the dialog. */
  async unfold(): Promise<void> {
    for (const section of await this.page.locator(".assemblyai-form details").all()) {
      if ((await section.getAttribute("open")) === null) await section.locator("summary").click();
    }
  }

  /** Enters a value into a field of the dialog as a user would. */
  async fill(name: string, value: string | boolean): Promise<void> {
    const field = this.field(name);
    if (typeof value === "boolean") return field.setChecked(value);
    const kind = await field.evaluate((element) => (element.nodeName === "SELECT" ? "select" : element.getAttribute("type")));
    if (name === "options") {
      const typed = this.page.locator("#node-input-options + .red-ui-typedInput-container .red-ui-typedInput-input");
      await typed.fill(value);
      await typed.blur();
    } else if (kind === "select") {
      await field.selectOption(value);
    } else if (name === "wakeWord") {
      await this.fillWakeWords(value.split(", "));
    } else if (kind === "hidden") {
      await this.page.locator(`.assemblyai-choices label:has([value="${value}"])`).click();
    } else {
      await field.fill(value);
      await field.blur();
    }
  }

  /** Ticks for those that have one; the others are typed into the field for files. */
  private async fillWakeWords(words: readonly string[]): Promise<void> {
    const boxes = this.page.locator("#assemblyai-streaming-words input");
    const known: string[] = [];
    for (const box of await boxes.all()) {
      const word = await box.inputValue();
      await box.setChecked(words.includes(word));
      known.push(word);
    }
    const file = this.page.locator("#assemblyai-streaming-wake-file");
    await file.fill(words.filter((word) => !known.includes(word)).join(", "));
    await file.blur();
  }

  /** The faults of the dialog on top, or of another part: what sticks out or is cut off, and text that is hard to read. */
  async layoutFaults(part = ".assemblyai-form"): Promise<string[]> {
    return this.page.evaluate(findLayoutFaults, part);
  }

  /** Deploys, and confirms where the editor asks. @returns the flow as it was sent */
  async deploy(): Promise<FlowNode[]> {
    const sent = this.page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/flows"));
    const answered = this.page.waitForResponse((response) => response.request().method() === "POST" && response.url().endsWith("/flows"));
    await this.page.locator("#red-ui-header-button-deploy").click();
    const { flows } = (await sent).postDataJSON() as { flows: FlowNode[] };
    const response = await answered;
    if (!response.ok()) throw new Error(`deploy: ${response.status()}`);
    return flows;
  }

  /** Imports a flow by the import dialog, into a new tab where it brings one. */
  async import(json: string): Promise<void> {
    await this.page.locator("#red-ui-workspace-chart").click({ position: { x: 600, y: 500 } });
    await this.page.keyboard.press("Control+i");
    const text = this.page.locator("#red-ui-clipboard-dialog-import-text");
    await text.waitFor();
    await text.fill(json);
    await text.press("End"); // the dialog reads its text when a key is released
    await this.page.locator("#red-ui-clipboard-dialog-ok").click();
    await this.page.locator("#red-ui-clipboard-dialog-ok").waitFor({ state: "hidden" });
  }

  /**
   * Imports an example of this package from the Import menu; where Node-RED asks, without the config nodes that are there.
   * @returns the names of the tabs that it added
   */
  async importExample(name: string): Promise<string[]> {
    const order = () => this.page.evaluate<string[]>("RED.nodes.getWorkspaceOrder()");
    const before = await order();
    await this.page.evaluate("RED.notifications.hide = false"); // its question is one
    await this.page.locator("#red-ui-workspace-chart").click({ position: { x: 600, y: 500 } });
    await this.page.keyboard.press("Control+i");
    await this.page.locator("#red-ui-clipboard-dialog-import-tabs").getByText("Examples").click();
    const entries = this.page.locator("#red-ui-clipboard-dialog-import-tab-examples .red-ui-treeList-label");
    await entries.filter({ hasText: "node-red-contrib-assemblyai" }).click();
    await entries.filter({ hasText: name }).click();
    await this.page.locator("#red-ui-clipboard-dialog-ok").click();
    const isImported = `RED.nodes.getWorkspaceOrder().length > ${before.length}`;
    const view = this.page.getByRole("button", { name: "View nodes" });
    const isAsked = "$('.red-ui-notification:visible:contains(View nodes)').length > 0";
    await this.page.waitForFunction(`${isImported} || ${isAsked}`);
    if (await view.isVisible()) {
      await view.click();
      await this.page.getByRole("button", { name: "Import selected" }).click();
      await this.page.waitForFunction(isImported);
    }
    await this.page.evaluate("RED.notifications.hide = true");
    const labels = (await order()).filter((id) => !before.includes(id)).map((id) => `RED.nodes.workspace(${JSON.stringify(id)}).label`);
    return this.page.evaluate<string[]>(`[${labels.join()}]`);
  }

  /** All nodes of the editor as an export has them. */
  exported(): Promise<string> {
    return this.page.evaluate<string>("JSON.stringify(RED.nodes.createCompleteNodeSet({ credentials: false }))");
  }

  /** Waits until a dialog has stopped moving: trays slide into the window. */
  private async settled(button: Locator): Promise<void> {
    await button.click({ trial: true });
  }

  private ids(): Promise<string[]> {
    return this.page.evaluate<string[]>("RED.nodes.filterNodes({}).map(({ id }) => id)");
  }
}

/** Runs in the page. Notifications would cover the elements to click; Node-RED can suppress them, for tests. */
const SHOW_DEPLOYED = `(async () => {
  const headers = { accept: "application/json", "Node-RED-API-Version": "v2" };
  const { flows, rev } = await (await fetch("flows", { headers })).json();
  RED.notifications.hide = true;
  RED.nodes.clear();
  RED.history.clear();
  RED.nodes.version(rev);
  RED.nodes.import(flows);
  RED.nodes.dirty(false);
  RED.workspaces.show(RED.nodes.getWorkspaceOrder()[0]);
  RED.view.redraw(true);
})()`;

/** Runs in the page. */
function findLayoutFaults(selector: string): string[] {
  /** The contrast that WCAG 2 (AA) requires of text. */
  const enough = 4.5;
  const faults: string[] = [];
  const form = [...document.querySelectorAll(selector)].at(-1);
  if (!form) return [`there is no ${selector}`];
  const numbers = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = numbers(color).map((part) =>
      part / 255 <= 0.03928 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const background = (element: Element | null): string => {
    if (!element) return "rgb(255, 255, 255)";
    const color = getComputedStyle(element).backgroundColor;
    return numbers(color)[3] === 0 ? background(element.parentElement) : color;
  };
  // The width of a placeholder, or of an option that is not chosen, is in no element's box.
  const shownBy = (element: HTMLElement): string[] => {
    if (element instanceof HTMLSelectElement) return [...element.options].map(({ text }) => text);
    return element instanceof HTMLInputElement && element.placeholder !== "" ? [element.placeholder] : [];
  };
  const canvas = document.createElement("canvas").getContext("2d");
  const widthOf = (text: string, element: HTMLElement): number => {
    if (!canvas) return Infinity;
    canvas.font = getComputedStyle(element).font;
    return canvas.measureText(text).width;
  };
  const ARROW_PX = 18;
  const roomOf = (element: HTMLElement): number => {
    const { paddingLeft, paddingRight } = getComputedStyle(element);
    const arrow = element instanceof HTMLSelectElement ? ARROW_PX : 0;
    return element.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) - arrow;
  };
  const { left, right } = form.getBoundingClientRect();
  for (const element of form.querySelectorAll<HTMLElement>("*")) {
    const box = element.getBoundingClientRect();
    if (box.width === 0 || element.offsetParent === null || element.closest("option, style")) continue;
    const name = `${element.nodeName.toLowerCase()} ${element.id || element.className || (element.textContent ?? "").trim().slice(0, 30)}`;
    if (box.left < left - 1 || box.right > right + 1) faults.push(`${name} sticks out`);
    if (["LABEL", "BUTTON"].includes(element.nodeName) && element.scrollWidth > element.clientWidth + 1) faults.push(`${name} is cut off`);
    for (const text of shownBy(element)) if (widthOf(text, element) > roomOf(element)) faults.push(`${name} cuts off "${text}"`);
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== "");
    if (!hasText || element.closest(".red-ui-button")) continue; // its colours are Node-RED's own
    const [lighter = 1, darker = 0] = [getComputedStyle(element).color, background(element)].map(luminance).sort((a, b) => b - a);
    const contrast = (lighter + 0.05) / (darker + 0.05);
    if (contrast < enough) faults.push(`${name} has a contrast of ${contrast.toFixed(2)}`);
  }
  return faults;
}
