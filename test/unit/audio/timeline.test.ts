import assert from "node:assert/strict";
import { Timeline } from "../../../nodes/lib/audio/timeline";
import { FakeClock } from "../../support/fake-clock";
import { countingPcm } from "../../support/pcm";
import { Random } from "../../support/random";

const RATES = [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000];

function timeline(sampleRate = 16_000) {
  const clock = new FakeClock();
  return { clock, line: new Timeline(clock, sampleRate) };
}

describe("timeline", () => {
  describe("pace", () => {
    for (const rate of RATES) {
      it(`at ${rate} Hz spreads a file in one Buffer over real time, the first second at once`, () => {
        const { clock, line } = timeline(rate);
        line.append(countingPcm(10 * rate));
        assert.equal(line.released(), rate);
        let last = rate;
        for (let ms = 1; ms <= 9000; ms++) {
          clock.advance(1);
          const released = line.released();
          const due = rate + (ms * rate) / 1000;
          assert.ok(released >= last && Math.abs(released - due) <= due / 400, `${released} samples after ${ms} ms`);
          last = released;
        }
        assert.equal(line.released(), line.end);
      });
    }

    it("never delays live audio in pieces of 125 ms", () => {
      const { clock, line } = timeline();
      for (let ms = 0; ms < 600_000; ms += 125) {
        line.append(countingPcm(2000));
        assert.equal(line.released(), line.end);
        clock.advance(125);
      }
    });

    it("never delays live audio in pieces up to half a second that arrive unevenly", () => {
      const random = new Random(4);
      const { clock, line } = timeline();
      let made = 0;
      for (let ms = 0; ms < 600_000;) {
        const wait = random.whole(1, 500);
        clock.advance(wait);
        ms += wait;
        // What a recorder gives out late comes in one piece or in many.
        while (made < ms * 16) {
          const samples = Math.min(ms * 16 - made, random.whole(1, 8000));
          line.append(countingPcm(samples));
          made += samples;
        }
        assert.equal(line.released(), line.end, `at ${ms} ms`);
      }
    });

    it("spreads a file in many pieces as one in one piece", () => {
      const whole = timeline();
      const pieces = timeline();
      whole.line.append(countingPcm(160_000));
      for (let at = 0; at < 160_000; at += 800) pieces.line.append(countingPcm(800, at));
      for (let ms = 0; ms < 10_000; ms += 10) {
        assert.ok(Math.abs(whole.line.released() - pieces.line.released()) <= 1);
        whole.clock.advance(10);
        pieces.clock.advance(10);
      }
      assert.equal(pieces.line.released(), 160_000);
    });

    for (const rate of RATES) {
      it(`at ${rate} Hz returns when a sample may be sent: then it may, and a millisecond before it may not`, () => {
        const random = new Random(rate);
        const { clock, line } = timeline(rate);
        for (let piece = 0; piece < 20; piece++) line.append(countingPcm(random.whole(1, rate)));
        let wakes = 0;
        for (let position = line.released() + 1; position <= line.end; position = line.released() + Math.round(rate / 20)) {
          if (position > line.end) break;
          const wait = line.msUntil(position);
          assert.ok(wait > 0);
          clock.advance(Math.max(0, wait - 1));
          assert.ok(line.released() < position, "not before");
          clock.advance(Math.min(1, wait));
          assert.ok(line.released() >= position, `position ${position}: only ${line.released()} after ${wait} ms`);
          assert.equal(line.msUntil(position), 0);
          wakes++;
        }
        assert.ok(wakes > 100);
      });
    }

    it("never delays live audio of a recorder whose clock is fast, however long it runs", () => {
      // Sound cards are off by up to some hundred parts in a million: 500 ppm are 43 s in a day.
      const { clock, line } = timeline();
      const piece = countingPcm(8004);
      for (let halves = 0; halves < 2 * 86_400; halves++) {
        clock.advance(500);
        line.append(piece);
        line.discardBefore(line.end - 8000);
      }
      assert.equal(line.released(), line.end);
    });

    it("lets live audio that was stalled catch up at once, and delays nothing after it", () => {
      const { clock, line } = timeline();
      for (let index = 0; index < 100; index++) {
        line.append(countingPcm(1600));
        clock.advance(100);
      }
      clock.advance(4000);
      line.append(countingPcm(64_000));
      assert.equal(line.released(), line.end);
      clock.advance(100);
      line.append(countingPcm(1600));
      assert.equal(line.released(), line.end);
    });

    it("starts the head start anew after a pause", () => {
      const { clock, line } = timeline();
      line.append(countingPcm(32_000));
      clock.advance(60_000);
      line.append(countingPcm(32_000));
      assert.equal(line.released(), 48_000);
    });
  });

  describe("overflow", () => {
    it("is beyond 5 minutes of waiting audio, to the sample", () => {
      const { line } = timeline();
      const most = 300 * 32_000;
      assert.equal(line.overflows(most), false);
      assert.equal(line.overflows(most + 2), true);
      line.append(countingPcm(10 * 16_000));
      assert.equal(line.overflows(most - 9 * 32_000), false, "the first second does not wait");
      assert.equal(line.overflows(most - 9 * 32_000 + 2), true);
    });

    it("never is for audio in real time, however long it lasts", () => {
      const { clock, line } = timeline(8000);
      const piece = countingPcm(8000);
      for (let second = 0; second < 3600; second++) {
        assert.equal(line.overflows(piece.length), false);
        line.append(piece);
        line.discardBefore(line.end - 80_000);
        clock.advance(1000);
      }
    });
  });

  describe("reading", () => {
    it("returns the samples of any span, bit exact, however they were appended", () => {
      const random = new Random(5);
      const { clock, line } = timeline();
      const all = countingPcm(30_000);
      let at = 0;
      while (at < 30_000) {
        const samples = Math.min(random.whole(0, 500), 30_000 - at);
        line.append(all.subarray(at * 2, (at + samples) * 2));
        at += samples;
      }
      clock.advance(10_000);
      for (let round = 0; round < 500; round++) {
        const from = random.whole(line.start, 30_000);
        const to = random.whole(from, 30_000);
        assert.ok(line.read(from, to).equals(all.subarray(from * 2, to * 2)), `${from} to ${to}`);
        if (round % 20 === 0) line.discardBefore(random.whole(0, round * 50));
      }
    });

    it("returns nothing for an empty span", () => {
      const { line } = timeline();
      assert.equal(line.read(0, 0).length, 0);
      line.append(countingPcm(10));
      assert.equal(line.read(10, 10).length, 0);
    });
  });

  describe("discarding", () => {
    it("never goes back, nor beyond the end", () => {
      const { line } = timeline();
      line.append(countingPcm(100));
      line.discardBefore(50);
      line.discardBefore(20);
      assert.equal(line.start, 50);
      line.discardBefore(1000);
      assert.equal(line.start, 100);
      line.append(countingPcm(100, 100));
      assert.ok(line.read(100, 200).equals(countingPcm(100, 100)));
    });

    it("of everything drops its time, too: audio that nobody sends delays nothing", () => {
      const { clock, line } = timeline();
      line.append(countingPcm(250 * 16_000));
      line.discardBefore(line.end);
      assert.equal(line.overflows(300 * 32_000), false, "nothing waits any more");
      const from = line.end;
      line.append(countingPcm(2000));
      assert.equal(line.released(), line.end, "live audio goes out at once");
      assert.ok(line.read(from, line.end).equals(countingPcm(2000)));
      clock.advance(1000);
      assert.equal(line.released(), line.end);
    });

    it("keeps up with a recorder whose clock is fast, day after day", () => {
      const { clock, line } = timeline();
      // 1 % fast: idle audio is dropped as it arrives, then a session begins.
      for (let second = 0; second < 3600; second++) {
        line.append(countingPcm(16_160));
        line.discardBefore(line.end);
        clock.advance(1000);
      }
      line.append(countingPcm(16_000));
      assert.equal(line.released(), line.end);
    });
  });

  describe("dropping the queue", () => {
    it("drops audio that may not be sent yet, returns how much, and keeps the remainder", () => {
      const { clock, line } = timeline();
      line.append(countingPcm(160_000));
      clock.advance(500);
      const released = line.released();
      assert.ok(released >= 24_000 && released < 24_050);
      assert.equal(line.dropQueue(), 160_000 - released);
      assert.equal(line.end, released);
      assert.equal(line.released(), released);
      assert.ok(line.read(0, released).equals(countingPcm(released)));
      assert.equal(line.dropQueue(), 0);
    });

    it("continues with the next audio at once, without a gap", () => {
      const { clock, line } = timeline();
      for (let piece = 0; piece < 10; piece++) line.append(countingPcm(8000, piece * 8000));
      clock.advance(250);
      line.dropQueue();
      const { end } = line;
      assert.ok(end >= 20_000 && end < 20_050);
      line.append(countingPcm(1600, 77));
      assert.equal(line.released(), end + 1600);
      assert.ok(line.read(end - 100, end + 1600).equals(Buffer.concat([countingPcm(100, end - 100), countingPcm(1600, 77)])));
    });

    it("never moves a position back before what was discarded", () => {
      const { line } = timeline();
      line.append(countingPcm(160_000));
      line.discardBefore(100_000);
      line.dropQueue();
      assert.ok(line.end >= 100_000 && line.start >= 100_000, `${line.start} … ${line.end}`);
      assert.ok(line.released() <= line.end);
    });
  });
});
