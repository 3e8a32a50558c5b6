import assert from "node:assert/strict";
import { FeedRig } from "../../support/feed-rig";
import { countingPcm } from "../../support/pcm";
import { Random } from "../../support/random";

/** Every frame is as long as the service takes it, and they hold these samples without a hole. */
function assertFrames(rig: FeedRig, expected: Buffer, how = ""): void {
  for (const ms of rig.frames) assert.ok(ms >= 50 && ms <= 100, `${how} a frame of ${ms} ms`);
  const { audioBytes } = rig.server;
  assert.ok(audioBytes.equals(expected), `${how} ${audioBytes.length} bytes, not ${expected.length}`);
}

describe("feed", () => {
  describe("frames", () => {
    for (const rate of [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 8001, 95_999]) {
      it(`at ${rate} Hz are 50 to 100 ms long and contiguous, whatever the pieces are`, () => {
        const random = new Random(rate);
        const rig = new FeedRig(rate).begin();
        let total = 0;
        for (let piece = 0; piece < 300; piece++) {
          const samples = random.whole(1, Math.round(rate * random.pick([0.001, 0.02, 0.06, 0.2])));
          rig.append(samples);
          rig.clock.advance((samples * 1000) / rate);
          total += samples;
        }
        rig.clock.advance(500);
        const sent = rig.feed.cursor;
        assert.ok(total - sent < rate / 20 + 1, "less than a frame is left");
        assertFrames(rig, countingPcm(sent));
      });

      it(`at ${rate} Hz a file in one Buffer is sent in real time, the first second at once`, () => {
        const rig = new FeedRig(rate).begin();
        rig.append(10 * rate);
        assert.ok(rig.feed.cursor > 0.9 * rate && rig.feed.cursor <= rate);
        for (let ms = 0; ms < 9000; ms += 100) {
          const ahead = rig.feed.cursor - (rig.samples(ms) + rate);
          assert.ok(ahead < 0.03 * rate && ahead > -0.11 * rate, `${ahead} samples ahead after ${ms} ms`);
          rig.clock.advance(100);
        }
        rig.clock.advance(100);
        rig.feed.pumpAll();
        assert.equal(rig.feed.cursor, 10 * rate);
        for (const ms of rig.frames) assert.ok(ms >= 50 && ms <= 100, `a frame of ${ms} ms`);
        const { audioBytes } = rig.server;
        assert.ok(audioBytes.subarray(0, 20 * rate).equals(countingPcm(10 * rate)));
      });
    }

    for (const pieceMs of [50, 62.5, 64, 100, 125, 128, 250, 500]) {
      it(`never hold back live audio in pieces of ${pieceMs} ms`, () => {
        const rig = new FeedRig(16_000).begin();
        for (let piece = 0; piece < 100; piece++) {
          rig.clock.advance(pieceMs);
          rig.append(pieceMs * 16);
          assert.equal(rig.feed.cursor, rig.timeline.end, `piece ${piece}`);
        }
        assertFrames(rig, countingPcm(pieceMs * 16 * 100));
      });
    }

    it("wait for Begin; then all that has arrived is sent, in order", () => {
      const rig = new FeedRig();
      rig.speak(3000, 125);
      assert.equal(rig.server.audio.length, 0);
      rig.begin();
      assertFrames(rig, countingPcm(48_000));
    });

    it("begin where the feed does, not before", () => {
      const rig = new FeedRig(16_000, 5000).begin();
      rig.speak(1000);
      assertFrames(rig, countingPcm(16_000, 5000));
    });

    it("wake the process once each, at most", () => {
      const rig = new FeedRig(44_100).begin();
      let wakes = 0;
      const { clock } = rig;
      const original = clock.setTimeout.bind(clock);
      clock.setTimeout = (callback, ms) =>
        original(() => {
          wakes++;
          callback();
        }, ms);
      rig.append(44_100 * 61);
      clock.advance(59_900);
      assert.ok(wakes <= 1201 + 130, `${wakes} wakes for 60 s, of which two a second looks whether the audio ran dry`);
    });

    it("begin where the feed is started, and times count from there", () => {
      const rig = new FeedRig();
      rig.speak(2000);
      rig.timeline.discardBefore(8000);
      rig.begin();
      assertFrames(rig, countingPcm(24_000, 8000));
      rig.server.turn(0, "hello", false, 500, 900);
      assert.equal(rig.feed.resumeFrom(), 8000 + 200 * 16, "times count from what was sent first");
    });

    it("stop with the session and with close, and no timer is left", () => {
      const ended = new FeedRig().begin();
      ended.append(160_000);
      const frames = ended.server.audio.length;
      ended.session.end("stop");
      ended.clock.advance(10_000);
      assert.equal(ended.server.audio.length, frames);
      assert.equal(ended.clock.timers, 0);

      const closed = new FeedRig().begin();
      closed.append(160_000);
      closed.feed.close();
      closed.clock.advance(10_000);
      assert.equal(closed.server.audio.length, frames);
      assert.equal(closed.clock.timers, 0);
    });
  });

  describe("running dry", () => {
    it("sends the tail after a second, filled up with silence to a frame", () => {
      const rig = new FeedRig().begin();
      rig.append(16_000 + 300);
      rig.append(5);
      rig.append(200);
      assert.ok(rig.feed.cursor <= 16_505);
      rig.clock.advance(1100);
      assert.equal(rig.feed.cursor, 16_505);
      const sent = rig.server.audioBytes;
      assert.ok(sent.subarray(0, 33_010).equals(countingPcm(16_505)));
      assert.ok(sent.subarray(33_010).every((byte) => byte === 0));
      for (const ms of rig.frames) assert.ok(ms >= 50 && ms <= 100);
    });

    it("at 11025 Hz the padded tail is not under 50 ms either", () => {
      const rig = new FeedRig(11_025).begin();
      rig.append(11_025 + 10);
      rig.clock.advance(2000);
      assert.equal(rig.feed.cursor, 11_035);
      for (const ms of rig.frames) assert.ok(ms >= 50 && ms <= 100, `${ms} ms`);
    });

    it("sends 2 s of silence where no turn is open, so that a word without a partial gets its text too", () => {
      const rig = new FeedRig().begin();
      rig.speak(500);
      rig.clock.advance(999);
      assert.equal(rig.server.audioBytes.length, 16_000);
      rig.clock.advance(60_000);
      assert.equal(rig.server.audioBytes.length, 80_000);
      rig.server.turn(0, "Stop", false, 100, 400);
      assert.equal(rig.forced, 1);
      assert.equal(rig.feed.textUntil, 6400);
      rig.speak(500);
      rig.server.turn(0, "Stop. Go", false, 100, 2900);
      assert.equal(rig.feed.textUntil, 14_400, "the silence is not on the timeline");
    });

    it("ends an open turn by ForceEndpoint after 1 s, once", () => {
      const rig = new FeedRig().begin();
      rig.speak(2000);
      rig.server.turn(0, "turn on", false);
      rig.clock.advance(999);
      assert.equal(rig.forced, 0);
      rig.clock.advance(1);
      assert.equal(rig.forced, 1);
      rig.server.turn(0, "turn on the", false);
      rig.server.turn(0, "turn on the light", false);
      rig.clock.advance(60_000);
      assert.equal(rig.forced, 1);
    });

    it("forces nothing where no turn is open", () => {
      const rig = new FeedRig().begin();
      rig.speak(2000);
      rig.server.turn(0, "yes", false);
      rig.server.turn(0, "Yes.", true);
      rig.clock.advance(60_000);
      assert.equal(rig.forced, 0);
    });

    it("forces a turn whose first partial arrives only then, and each further one, once", () => {
      const rig = new FeedRig().begin();
      rig.speak(2000);
      rig.clock.advance(1500);
      assert.equal(rig.forced, 0);
      rig.server.turn(0, "late", false);
      rig.server.turn(0, "late words", false);
      assert.equal(rig.forced, 1);
      rig.server.turn(0, "Late words.", true);
      rig.server.turn(1, "more", false);
      rig.server.turn(1, "more of it", false);
      assert.equal(rig.forced, 2);
    });

    it("is over when audio flows again: the next pause forces again", () => {
      const rig = new FeedRig().begin();
      rig.speak(1000);
      rig.server.turn(0, "one", false);
      rig.clock.advance(1500);
      assert.equal(rig.forced, 1);
      rig.speak(1000);
      rig.server.turn(0, "one two", false);
      assert.equal(rig.forced, 1, "not while audio flows");
      rig.clock.advance(1000);
      assert.equal(rig.forced, 2);
    });

    it("does not happen in pauses under a second", () => {
      const rig = new FeedRig().begin();
      for (let round = 0; round < 20; round++) {
        rig.speak(200);
        rig.server.turn(0, "still talking", false);
        rig.clock.advance(900);
      }
      assert.equal(rig.forced, 0);
    });

    it("is sent after the last frame of a queued file, not before", () => {
      const rig = new FeedRig().begin();
      rig.append(80_000);
      rig.server.turn(0, "a recording", false);
      rig.clock.advance(4900);
      assert.equal(rig.forced, 0);
      rig.clock.advance(150);
      assert.equal(rig.forced, 1);
    });
  });

  for (const [backlogMs, kept] of [
    [9000, 2],
    [4000, 1],
    [500, 0],
  ] as const) {
    it(`keeps a session alive while it works on ${backlogMs} ms of audio after the last of it was sent, and no longer`, () => {
      const rig = new FeedRig();
      rig.speak(backlogMs);
      rig.begin();
      rig.clock.advance(60_000);
      assert.equal(rig.server.sent("KeepAlive"), kept, "2 s of silence are sent after it, at once");
    });
  }

  it("places a word by its end, and by its middle, which is near the end: after silence, its start may be a second too early", () => {
    const rig = new FeedRig(16_000, 800).begin();
    const words = [
      { text: "turn", start: 100, end: 1300 },
      { text: "on", start: 1400, end: 1600 },
    ];
    const { turn, words: placed } = rig.feed.placed({ type: "Turn", turn_order: 3, end_of_turn: false, transcript: "turn on", words });
    assert.equal(turn.turn_order, 3);
    assert.deepEqual(placed, [
      { text: "turn", middle: 800 + 1050 * 16, end: 800 + 1300 * 16 },
      { text: "on", middle: 800 + 1500 * 16, end: 800 + 1600 * 16 },
    ]);
  });

  describe("where a replay begins", () => {
    const MS = 16;

    it("is the feed's own beginning while the server has sent nothing", () => {
      const rig = new FeedRig(16_000, 800).begin();
      rig.speak(2000);
      assert.equal(rig.feed.resumeFrom(), 800);
    });

    it("is 300 ms before the first word of the open turn", () => {
      const rig = new FeedRig(16_000, 800).begin();
      rig.speak(5000);
      rig.server.turn(0, "hello there", false, 2000, 2900);
      assert.equal(rig.feed.resumeFrom(), 800 + 1700 * MS);
    });

    it("is never before what a final turn covers", () => {
      const rig = new FeedRig().begin();
      rig.speak(5000);
      rig.server.turn(0, "First.", true, 1000, 2000);
      rig.server.turn(1, "second", false, 2100, 2500);
      assert.equal(rig.feed.resumeFrom(), 2000 * MS);
    });

    it("is 3 s before what the server has worked through, where no turn is open", () => {
      const rig = new FeedRig().begin();
      rig.speak(3000);
      rig.server.turn(0, "First.", true, 1000, 2000);
      rig.speak(7000);
      assert.equal(rig.feed.resumeFrom(), 2000 * MS, "a text may have been on its way for long");
      rig.server.pong();
      assert.equal(rig.feed.resumeFrom(), 6950 * MS);
      rig.speak(10_000);
      assert.equal(rig.feed.resumeFrom(), 6950 * MS, "it answered 10 s ago");
      rig.server.pong();
      assert.equal(rig.feed.resumeFrom(), 16_950 * MS);
    });

    it("is the end of the last final turn where that is later than the 3 s", () => {
      const rig = new FeedRig().begin();
      rig.speak(4000);
      rig.server.turn(0, "All of it.", true, 100, 3900);
      assert.equal(rig.feed.resumeFrom(), 3900 * MS);
    });

    it("never lies beyond what was sent, nor goes back with a final that ends earlier", () => {
      const rig = new FeedRig().begin();
      rig.speak(4000);
      rig.server.turn(0, "All.", true, 100, 3900);
      rig.server.turn(1, "Odd.", true, 100, 200);
      assert.equal(rig.feed.resumeFrom(), 3900 * MS);
      rig.server.turn(2, "Far.", true, 100, 1e300);
      assert.equal(rig.feed.resumeFrom(), 4000 * MS);
      rig.server.turn(3, "far", false, 1e300, 1e301);
      assert.equal(rig.feed.resumeFrom(), 4000 * MS);
    });

    it("does not count the silence that filled up a tail", () => {
      const rig = new FeedRig().begin();
      rig.speak(1000);
      rig.append(10 * MS);
      rig.clock.advance(1000);
      assert.equal(rig.server.audioBytes.length, 3050 * MS * 2);
      rig.speak(2000);
      // 4000 ms in the session are 1960 ms of the timeline: 40 ms of it are the filling, and 2000 the silence after it.
      rig.server.turn(0, "after the pause", false, 4000, 4500);
      assert.equal(rig.feed.resumeFrom(), (4000 - 2040 - 300) * MS);
    });

    it("is a whole sample, at any rate", () => {
      const random = new Random(6);
      const rig = new FeedRig(11_025).begin();
      for (let round = 0; round < 200; round++) {
        rig.clock.advance(random.next() * 100);
        rig.append(random.whole(1, 1200));
        if (round % 7 === 0) rig.server.turn(round, "word", random.next() < 0.5, random.whole(0, round * 50), random.whole(0, round * 50));
        const from = rig.feed.resumeFrom();
        assert.ok(Number.isInteger(from) && from >= 0 && from <= rig.feed.cursor, `${from}`);
      }
    });
  });
});
