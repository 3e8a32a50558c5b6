(function () {
  type Answer = import("./sidebar-route").SidebarAnswer;
  type View = InstanceType<typeof SidebarNodeView.NodeView>;

  const { make, setText } = SidebarStreamView;
  const URL_OF_ALL = "assemblyai-sidebar";
  const EVERY_MS = 1_000;
  /** After a request that failed. */
  const AGAIN_MS = 5_000;

  /** The tab's content. It asks Node-RED only while somebody can see it. */
  class Tab {
    readonly element = make("tab");
    private readonly total = make("total", "span");
    private readonly instead = make("instead");
    private readonly spent = make("spent");
    private readonly hangUp = document.createElement("button");
    private readonly notice = make("notice");
    private readonly nodes = make("nodes");
    private readonly views = new Map<string, View>();
    private readonly texts: SidebarTexts;
    private timer: number | undefined;
    private request: JQuery.jqXHR | undefined;
    private isShown = false;
    /** the time of the last answer, ms since the epoch */
    private since = 0;
    private clock = new Intl.DateTimeFormat();

    constructor(text: SidebarTranslate) {
      this.texts = {
        text,
        usd: (usd) => text("usd", { usd: Form.written(usd, usd === 0 || usd >= 0.1 ? 2 : 4) }),
        time: (ms) => this.clock.format(ms),
      };
      this.build();
      new IntersectionObserver((entries) => {
        this.isShown = entries.at(-1)?.isIntersecting ?? false;
        this.goOn();
      }).observe(this.element);
      document.addEventListener("visibilitychange", () => this.goOn());
    }

    private build(): void {
      const { text } = this.texts;
      const head = make("summary");
      const today = make("today");
      today.append(this.total, make("word", "span"));
      setText(today.lastElementChild as Element, text("cost.today"));
      const scale = make("scale");
      scale.append(this.spent);
      this.hangUp.type = "button";
      this.hangUp.className = "red-ui-button red-ui-button-small";
      this.hangUp.textContent = text("hangUp.button");
      this.hangUp.addEventListener("click", () => this.hangUpAll());
      const row = make("row");
      row.append(today, this.hangUp);
      const legend = make("legend");
      for (const name of ["listened", "paid"]) {
        const entry = document.createElement("span");
        entry.append(make(`key-${name}`, "i"), text(name === "paid" ? "legend.paid" : "legend.listened"));
        legend.append(entry);
      }
      this.notice.setAttribute("role", "status");
      head.append(row, this.instead, scale, legend, this.notice);
      this.element.append(head, this.nodes);
    }

    private goOn(): void {
      clearTimeout(this.timer);
      this.timer = undefined;
      if (this.isShown && !document.hidden) return this.ask();
      this.request?.abort();
      SidebarStreamView.hideTip();
    }

    private ask(): void {
      this.request?.abort();
      const request = $.getJSON(URL_OF_ALL, { since: this.since });
      this.request = request;
      let wait = EVERY_MS;
      request
        .done((answer: Answer) => {
          if (!this.show(answer)) wait = 0;
        })
        .fail(({ status, statusText }) => {
          if (statusText === "abort") return;
          wait = AGAIN_MS;
          setText(this.notice, this.texts.text("failed", { status }));
        })
        .always(() => {
          if (this.request !== request || !this.isShown || document.hidden) return;
          this.timer = window.setTimeout(() => this.ask(), wait);
        });
    }

    /** @returns whether nothing is missing: of a node that is new, the sessions of before must be asked for */
    private show({ nodes, timeZone }: Answer): boolean {
      const isWhole = this.since === 0 || nodes.every(({ id, life }) => this.views.get(id)?.life === life);
      this.since = isWhole ? (nodes[0]?.now ?? 0) : 0;
      this.clock = new Intl.DateTimeFormat(RED.i18n.lang(), { timeZone, timeStyle: "medium" });
      if (!isWhole) return false;
      for (const [id, view] of this.views) {
        if (nodes.some((node) => node.id === id && node.life === view.life)) continue;
        SidebarStreamView.hideTip();
        view.element.remove();
        this.views.delete(id);
      }
      for (const node of nodes) {
        const view = this.views.get(node.id) ?? new SidebarNodeView.NodeView(node.id, node.life, this.texts);
        this.views.set(node.id, view);
        view.update(node);
      }
      SidebarNodeView.order(
        this.nodes,
        nodes.flatMap(({ id }) => this.views.get(id)?.element ?? []),
      );
      this.sum(nodes);
      return true;
    }

    private sum(nodes: Answer["nodes"]): void {
      const { text, usd } = this.texts;
      const add = (of: "spentUsd" | "leftOpenUsd") => nodes.reduce((sum, node) => sum + node[of], 0);
      const [spent, leftOpen] = [add("spentUsd"), add("leftOpenUsd")];
      setText(this.total, usd(spent));
      setText(this.instead, leftOpen > 0 ? text("cost.leftOpen", { usd: usd(leftOpen) }) : "");
      SidebarStreamView.set(this.spent, "style", `transform: scaleX(${(leftOpen > 0 ? Math.min(1, spent / leftOpen) : 0).toFixed(4)})`);
      const isOpen = nodes.some(({ streams }) => streams.some(({ status }) => status.phase !== "idle" && status.phase !== "ending"));
      const mayHangUp = RED.user.hasPermission("flows.write");
      this.hangUp.disabled = !isOpen || !mayHangUp;
      this.hangUp.title = mayHangUp ? "" : text("hangUp.forbidden");
      setText(this.notice, nodes.length === 0 ? text("empty.nodes") : "");
    }

    private hangUpAll(): void {
      const { text } = this.texts;
      $.ajax({ url: `${URL_OF_ALL}/hang-up`, type: "POST", contentType: "application/json", data: "{}" })
        .done(() => this.goOn())
        .fail(({ status }) => RED.notify(text("hangUp.failed", { status }), "error"));
    }
  }

  RED.plugins.registerPlugin("assemblyai-sidebar", {
    onadd() {
      const text: SidebarTranslate = (key, values) => this._(key, values);
      const content = new Tab(text).element;
      RED.sidebar.addTab({
        id: "assemblyai-sidebar",
        label: text("label"),
        name: text("label"),
        iconClass: "fa fa-commenting-o",
        content: $(content),
        enableOnEdit: true,
        pinned: true,
      });
    },
  });
})();
