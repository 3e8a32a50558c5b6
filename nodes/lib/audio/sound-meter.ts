import { shownLevelOf } from "./level-meter";
import type { Timeline } from "./timeline";

/** About a syllable: the level follows speech, and does not fall between its sounds. */
const WINDOW_MS = 100;
/** Audio has ended when nothing has been said in it for this long: recorders deliver pieces of up to half a second. */
const ENDED_MS = 1_000;

/** The level of what a stream hears at this moment, for somebody who looks on. */
export class SoundMeter {
  private arrivedDbfs: number | undefined;

  /** More audio is on the timeline. What nobody listens to is discarded at once, so it can only be measured now. */
  arrived(timeline: Timeline): void {
    this.arrivedDbfs = measure(timeline, timeline.end);
  }

  /** dBFS, -100 … 0; undefined where no audio comes. Of a file, the level of what is spoken in its own time. */
  level(timeline: Timeline): number | undefined {
    if (timeline.quietMs >= ENDED_MS) return undefined;
    return measure(timeline, timeline.released()) ?? this.arrivedDbfs;
  }
}

function measure(timeline: Timeline, until: number): number | undefined {
  const from = Math.max(timeline.start, until - timeline.samples(WINDOW_MS));
  return until <= from ? undefined : Math.round(shownLevelOf(timeline.readSamples(from, until)));
}
