type SidebarStream = import("./lib/speech-to-text/snapshot").StreamSnapshot;
type SidebarSession = import("./lib/speech-to-text/snapshot").SessionSnapshot;
type SidebarSpan = import("./lib/speech-to-text/listening-times").TimeSpan;

/** The sidebar's bar of a day, as far as it is arithmetic. */
// oxlint-disable-next-line no-unused-vars
const SidebarDay = (() => {
  /** Across a bar, of any width: minutes of the usual day. */
  const WIDTH = 1440;

  /** What a bar shows. It is kept from answer to answer, as each tells only what is new. Times are in ms since the epoch. */
  class Day {
    private readonly byId = new Map<string, SidebarSession>();
    private readonly byStart = new Map<number, SidebarSpan>();
    private span: SidebarSpan = { from: 0, until: 0 };

    /** @param day from midnight to midnight: what was over before is let go of */
    add({ sessions, listened }: Pick<SidebarStream, "sessions" | "listened">, day: SidebarSpan): void {
      this.span = day;
      for (const session of sessions) this.byId.set(session.id, session);
      for (const span of listened) this.byStart.set(span.from, span);
      for (const [id, { until }] of this.byId) if (until < day.from) this.byId.delete(id);
      for (const [from, { until }] of this.byStart) if (until < day.from) this.byStart.delete(from);
    }

    /** Oldest first. */
    get sessions(): SidebarSession[] {
      return [...this.byId.values()].sort((one, other) => one.from - other.from);
    }

    get sessionsPath(): string {
      return this.path([...this.byId.values()]);
    }

    get listenedPath(): string {
      return this.path([...this.byStart.values()]);
    }

    /** How far across the bar a time lies: from 0 to WIDTH. */
    across(time: number): number {
      const { from, until } = this.span;
      return Math.min(1, Math.max(0, (time - from) / (until - from))) * WIDTH;
    }

    /** The session at a place of the bar, or the nearest one. @param reach how far away it may be; both as parts of the bar's width */
    nearest(place: number, reach: number): number | undefined {
      const at = place * WIDTH;
      let nearest: number | undefined;
      let least = reach * WIDTH;
      for (const [index, { from, until }] of this.sessions.entries()) {
        const distance = Math.max(0, this.across(from) - at, at - this.across(until));
        if (distance > least || (nearest !== undefined && distance === least)) continue;
        nearest = index;
        least = distance;
      }
      return nearest;
    }

    private path(spans: readonly SidebarSpan[]): string {
      const tenth = (time: number) => Math.round(this.across(time) * 10) / 10;
      return spans.map(({ from, until }) => `M${tenth(from)} 0V1H${tenth(until)}V0Z`).join("");
    }
  }

  return { WIDTH, Day };
})();
