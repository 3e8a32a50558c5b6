type SidebarTranslate = (key: string, values?: Record<string, string | number>) => string;

/** How the sidebar writes what it shows. */
interface SidebarTexts {
  text: SidebarTranslate;
  usd: (usd: number) => string;
  /** a time of the day where Node-RED runs */
  time: (ms: number) => string;
}

/** One stream in the sidebar: its bar, what it does, how loud it is, what was said. Texts of users are only ever set as text. */
// oxlint-disable-next-line no-unused-vars
const SidebarStreamView = (() => {
  /** dBFS at the left end of a level. */
  const LOWEST_DBFS = -70;
  /** Below it, a microphone's status says "quiet", too: see lib/microphone/status.ts. */
  const QUIET_DBFS = -53;
  /** px: how far beside a session the pointer may be */
  const REACH_PX = 6;

  const REASONS: Record<string, string> = {
    silence: "reason.silence",
    stop: "reason.stop",
    "max-duration": "reason.maxDuration",
    budget: "reason.budget",
    redeploy: "reason.redeploy",
    crash: "reason.crash",
    server: "reason.server",
    error: "reason.error",
  };

  const SVG = "http://www.w3.org/2000/svg";

  /** Only what has changed is written to the page: most of it does not, from one second to the next. */
  function set(element: Element, name: string, value: string): void {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  function setText(element: Element, text: string): void {
    if (element.textContent !== text) element.textContent = text;
  }

  function make(className: string, tag = "div"): HTMLElement {
    const element = document.createElement(tag);
    element.className = `assemblyai-sidebar-${className}`;
    return element;
  }

  /** Its tip is shared by all bars: it belongs to the one that was pointed at last. */
  const tip = make("tip");
  tip.setAttribute("role", "tooltip");

  class StreamView {
    readonly element = make("stream");
    private readonly topic = make("topic");
    private readonly bar = make("bar");
    private readonly marks: SVGPathElement[];
    private readonly state = make("state", "span");
    private readonly quiet = make("quiet", "span");
    private readonly level = make("level");
    private readonly loudness = make("loudness");
    private readonly sentences = make("sentences");
    private readonly day = new SidebarDay.Day();
    /** index of the session that is pointed at */
    private chosen: number | undefined;

    constructor(private readonly texts: SidebarTexts) {
      const svg = document.createElementNS(SVG, "svg");
      svg.setAttribute("viewBox", `0 0 ${SidebarDay.WIDTH} 1`);
      svg.setAttribute("preserveAspectRatio", "none");
      svg.setAttribute("aria-hidden", "true");
      this.marks = ["listened", "chosen", "session", "now", "end"].map((name) => {
        const path = document.createElementNS(SVG, "path");
        path.setAttribute("class", `assemblyai-sidebar-${name}`);
        svg.append(path);
        return path;
      });
      this.bar.append(svg);
      this.level.append(this.loudness);
      this.level.setAttribute("role", "meter");
      this.level.setAttribute("aria-label", texts.text("level.label"));
      this.level.setAttribute("aria-valuemin", String(LOWEST_DBFS));
      this.level.setAttribute("aria-valuemax", "0");
      const line = make("line");
      line.append(this.state, this.quiet, this.level);
      this.element.setAttribute("role", "group");
      this.element.append(this.topic, this.bar, line, this.sentences);
      this.listen();
    }

    update(
      stream: SidebarStream,
      { day, now, budgetEndedAt }: Pick<SidebarNode, "day" | "now" | "budgetEndedAt">,
      hasTopics: boolean,
    ): void {
      const { texts } = this;
      const topic = stream.topic ?? (hasTopics ? texts.text("topic.none") : "");
      setText(this.topic, topic);
      set(this.element, "aria-label", topic || texts.text("label"));
      this.day.add(stream, day);
      this.draw(now, budgetEndedAt);
      set(this.element, "data-phase", stream.status.phase === "idle" && stream.dbfs !== undefined ? "listening" : stream.status.phase);
      setText(this.state, this.describe(stream));
      this.showLevel(stream);
      this.showSentences(stream);
    }

    private draw(now: number, budgetEndedAt: number | undefined): void {
      const { day, texts } = this;
      const line = (time: number | undefined) => (time === undefined ? "" : `M${day.across(time).toFixed(1)} 0V1`);
      const chosen = this.chosen === undefined ? undefined : day.sessions[this.chosen];
      const middle = chosen && (chosen.from + Math.max(chosen.from, chosen.until)) / 2;
      const paths = [day.listenedPath, line(middle), day.sessionsPath, line(now), line(budgetEndedAt)];
      for (const [index, mark] of this.marks.entries()) set(mark, "d", paths[index] ?? "");
      const { sessions } = day;
      const seconds = sessions.reduce((sum, session) => sum + session.seconds, 0);
      const usd = sessions.reduce((sum, session) => sum + session.costUsd, 0);
      const values = { count: sessions.length, seconds: Form.written(Math.round(seconds)), usd: texts.usd(usd) };
      set(this.bar, "aria-label", sessions.length === 0 ? texts.text("bar.none") : texts.text("bar.sessions", values));
      // A slider has one place in the order of Tab, and its value is read aloud: a list of hundreds of sessions has and is neither.
      set(this.bar, "role", sessions.length === 0 ? "img" : "slider");
      if (sessions.length === 0) return this.bar.removeAttribute("tabindex");
      const index = this.chosen ?? sessions.length - 1;
      set(this.bar, "tabindex", "0");
      set(this.bar, "aria-valuemin", "1");
      set(this.bar, "aria-valuemax", String(sessions.length));
      set(this.bar, "aria-valuenow", String(index + 1));
      set(this.bar, "aria-valuetext", this.describeSession(sessions[index]));
    }

    private describe({ status, dbfs, voice }: SidebarStream): string {
      const { text } = this.texts;
      const inSeconds = (ms: number) => ({ seconds: Math.ceil(ms / 1000) });
      switch (status.phase) {
        case "open":
          if (voice) return text("state.speaking");
          return status.silenceRemainingMs === undefined
            ? text("state.open")
            : text("state.closesIn", inSeconds(status.silenceRemainingMs));
        case "waiting":
          return text("state.waiting", inSeconds(status.retryInMs ?? 0));
        case "connecting":
          return text("state.connecting");
        case "ending":
          return text("state.ending");
        case "idle":
          if (dbfs === undefined) return text("state.silent");
          return voice ? text("state.voice") : text("state.listening");
      }
    }

    private showLevel({ dbfs, voice }: SidebarStream): void {
      const value = Math.min(0, Math.max(LOWEST_DBFS, dbfs ?? LOWEST_DBFS));
      const { text } = this.texts;
      const spoken = dbfs === undefined ? text("state.silent") : text("level.value", { dbfs: Form.written(dbfs) });
      setText(this.quiet, dbfs !== undefined && dbfs < QUIET_DBFS && !voice ? text("level.quiet") : "");
      set(this.quiet, "title", spoken);
      set(this.loudness, "style", `transform: scaleX(${(1 - value / LOWEST_DBFS).toFixed(2)})`);
      set(this.level, "data-voice", String(voice));
      set(this.level, "aria-valuenow", String(value));
      set(this.level, "aria-valuetext", voice ? `${spoken}, ${text("level.voice")}` : spoken);
      set(this.level, "title", spoken);
    }

    private showSentences({ sentences }: SidebarStream): void {
      while (this.sentences.children.length > sentences.length) this.sentences.lastElementChild?.remove();
      for (const [index, { text, final }] of sentences.entries()) {
        const line = this.sentences.children[index] ?? this.sentences.appendChild(make("sentence"));
        setText(line, text);
        set(line, "data-final", String(final));
      }
    }

    private describeSession(session: SidebarSession | undefined): string {
      if (!session) return "";
      const { text, time, usd } = this.texts;
      const values = {
        from: time(session.from),
        until: time(session.until),
        seconds: Form.written(Math.round(session.seconds * 10) / 10),
        usd: usd(session.costUsd),
      };
      const { reason } = session;
      return reason === undefined
        ? text("session.open", values)
        : text("session.over", { ...values, reason: text(REASONS[reason] ?? "reason.error") });
    }

    /** By pointer, the session under it; by keyboard, one after the other. */
    private listen(): void {
      const { bar, day } = this;
      bar.addEventListener("pointermove", ({ clientX }) => {
        const { left, width } = bar.getBoundingClientRect();
        this.choose(day.nearest((clientX - left) / width, REACH_PX / width));
      });
      for (const event of ["pointerleave", "blur"]) bar.addEventListener(event, () => this.choose(undefined));
      bar.addEventListener("focus", () => {
        if (bar.matches(":focus-visible")) this.choose(day.sessions.length - 1);
      });
      bar.addEventListener("keydown", (event) => {
        const last = day.sessions.length - 1;
        const present = this.chosen ?? last;
        const next: Record<string, number | undefined> = {
          ArrowLeft: Math.max(0, present - 1),
          ArrowDown: Math.max(0, present - 1),
          ArrowRight: Math.min(last, present + 1),
          ArrowUp: Math.min(last, present + 1),
          Home: 0,
          End: last,
          Escape: undefined,
        };
        if (last < 0 || !(event.key in next)) return;
        event.preventDefault();
        event.stopPropagation(); // the editor's own keys move nodes
        this.choose(next[event.key]);
      });
    }

    private choose(index: number | undefined): void {
      this.chosen = index;
      const session = index === undefined ? undefined : this.day.sessions[index];
      const [, mark] = this.marks;
      if (!session) {
        mark?.setAttribute("d", "");
        if (tip.parentElement) tip.remove();
        return;
      }
      const middle = this.day.across((session.from + Math.max(session.from, session.until)) / 2);
      mark?.setAttribute("d", `M${middle.toFixed(1)} 0V1`);
      set(this.bar, "aria-valuenow", String((index ?? 0) + 1));
      set(this.bar, "aria-valuetext", this.describeSession(session));
      tip.textContent = this.describeSession(session);
      document.body.append(tip);
      const bar = this.bar.getBoundingClientRect();
      const box = tip.getBoundingClientRect();
      const left = bar.left + (middle / SidebarDay.WIDTH) * bar.width - box.width / 2;
      tip.style.left = `${Math.max(4, Math.min(left, innerWidth - box.width - 4))}px`;
      tip.style.top = `${Math.max(4, bar.top - box.height - 6)}px`;
    }
  }

  return { StreamView, make, set, setText, hideTip: () => tip.remove() };
})();
