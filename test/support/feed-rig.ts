import { Feed } from "../../nodes/lib/stream/feed";
import type { Session } from "../../nodes/lib/session/session";
import { Timeline } from "../../nodes/lib/audio/timeline";
import { FakeClock } from "./fake-clock";
import { FakeService, type FakeServerConnection } from "./fake-service";
import { countingPcm } from "./pcm";

/** A feed into a real session, on a fake clock and a fake network: a transcription without its decisions. */
export class FeedRig {
  readonly clock = new FakeClock();
  readonly timeline: Timeline;
  readonly session: Session;
  readonly feed: Feed;
  readonly server: FakeServerConnection;
  private position = 0;

  /** @param before samples that are already on the timeline; the feed begins at their end */
  constructor(
    readonly sampleRate = 16_000,
    before = 0,
  ) {
    this.timeline = new Timeline(this.clock, sampleRate);
    this.timeline.append(this.next(before));
    const service = new FakeService();
    this.feed = new Feed(
      this.clock,
      this.timeline,
      {
        clock: this.clock,
        connect: service.connect,
        url: "ws://127.0.0.1/v3/ws",
        apiKey: "key",
        model: "universal-3-6-pro",
        sampleRate,
        formatTurns: false,
        hasPartials: true,
      },
      ({ type }) => {
        if (type === "begun") this.feed.start(Math.max(before, this.timeline.start));
      },
    );
    this.session = this.feed.session;
    this.server = service.last;
  }

  begin(): this {
    this.server.begin();
    return this;
  }

  /** Appends the timeline's next `samples`, which count up. */
  append(samples: number): void {
    this.timeline.append(this.next(samples));
    this.feed.pump();
  }

  /** Live audio in pieces of `pieceMs`, each at its own time; the clock stops at the last one. */
  speak(ms: number, pieceMs = 50): void {
    for (let passed = 0; passed < ms; passed += pieceMs) {
      this.clock.advance(pieceMs);
      this.append(this.samples(pieceMs));
    }
  }

  samples(ms: number): number {
    return Math.round((ms * this.sampleRate) / 1000);
  }

  /** durations of the frames that the server got, in ms */
  get frames(): number[] {
    return this.server.audio.map((frame) => (frame.length * 500) / this.sampleRate);
  }

  get forced(): number {
    return this.server.sent("ForceEndpoint");
  }

  private next(samples: number): Buffer {
    const pcm = countingPcm(samples, this.position);
    this.position += samples;
    return pcm;
  }
}
