type SidebarNode = import("./sidebar-route").SidebarAnswer["nodes"][number];

/** One speech to text in the sidebar: its name and cost, and its streams. */
// oxlint-disable-next-line no-unused-vars
const SidebarNodeView = (() => {
  const { StreamView, hideTip, make, set, setText } = SidebarStreamView;
  type Stream = InstanceType<typeof StreamView>;

  class NodeView {
    readonly element = make("node", "section");
    private readonly name = make("name", "button");
    private readonly cost = make("cost", "span");
    private readonly trouble = make("trouble");
    private readonly share = make("share");
    private readonly empty = make("empty");
    private readonly rows = make("streams");
    private readonly streams = new Map<string, Stream>();

    constructor(
      private readonly id: string,
      /** of the node: another one has sessions of its own to tell */
      readonly life: number,
      private readonly texts: SidebarTexts,
    ) {
      const head = make("head");
      const title = make("title", "h3");
      title.append(this.name);
      head.append(title, this.cost);
      this.name.setAttribute("type", "button");
      this.name.title = texts.text("reveal");
      this.name.addEventListener("click", () => RED.view.reveal(id));
      const hours = make("hours");
      for (const hour of [0, 6, 12, 18, 24])
        hours.append(Object.assign(document.createElement("span"), { textContent: Form.written(hour) }));
      hours.setAttribute("aria-hidden", "true");
      const budget = make("budget");
      budget.append(this.share);
      this.empty.textContent = texts.text("empty.topics");
      this.element.append(head, budget, this.trouble, hours, this.rows, this.empty);
    }

    update(node: SidebarNode): void {
      const { texts } = this;
      const { spentUsd, budgetUsd, budgetEndedAt, problem = "" } = node;
      setText(this.name, node.name || texts.text("label"));
      set(this.element, "aria-label", node.name || texts.text("label"));
      this.name.toggleAttribute("disabled", !RED.nodes.node(this.id));
      const usd = texts.usd(spentUsd);
      setText(this.cost, budgetUsd > 0 ? texts.text("cost.budget", { usd, budget: texts.usd(budgetUsd) }) : usd);
      this.share.parentElement?.toggleAttribute("hidden", budgetUsd <= 0);
      const share = budgetUsd > 0 ? Math.min(1, spentUsd / budgetUsd) : 0;
      set(this.share, "style", `transform: scaleX(${share.toFixed(3)})`);
      set(this.share, "data-level", share >= 1 ? "used" : share >= 0.8 ? "near" : "far");
      setText(this.trouble, budgetEndedAt === undefined ? problem : texts.text("cost.ended", { time: texts.time(budgetEndedAt) }));
      this.updateStreams(node);
    }

    private updateStreams(node: SidebarNode): void {
      const hasTopics = node.streams.length !== 1 || node.streams[0]?.topic !== undefined;
      this.empty.hidden = node.streams.length > 0;
      const present = new Set<string>();
      for (const stream of node.streams) {
        const key = stream.topic ?? "";
        present.add(key);
        const view = this.streams.get(key) ?? new StreamView(this.texts);
        this.streams.set(key, view);
        view.update(stream, node, hasTopics);
      }
      for (const [key, { element }] of this.streams) {
        if (present.has(key)) continue;
        hideTip();
        element.remove();
        this.streams.delete(key);
      }
      order(
        this.rows,
        node.streams.flatMap(({ topic }) => this.streams.get(topic ?? "")?.element ?? []),
      );
    }
  }

  /** Puts elements below their parent in this order; those that are in their places stay untouched, and keep the focus. */
  function order(parent: Element, elements: readonly Element[]): void {
    for (const [index, element] of elements.entries()) {
      if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
    }
  }

  return { NodeView, order };
})();
