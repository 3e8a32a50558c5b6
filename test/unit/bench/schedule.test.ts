import assert from "node:assert/strict";
import { makeDay, SHORTEST_PAUSE_MS, type Day } from "../../../bench/day/schedule";

const sentencesOf = ({ conversations }: Day) => conversations.flatMap(({ sentences }) => sentences);
const said = (day: Day) => sentencesOf(day).map(({ words }) => words.join(" "));

describe("a day of the bench", () => {
  const short = makeDay({ hours: 24, longestPauseMs: 4000, television: false });
  const long = makeDay({ hours: 24, longestPauseMs: 8000, television: false });

  it("has the same sentences in the same order, however long people pause", () => {
    assert.deepEqual(said(long), said(short));
    assert.equal(long.speechMs, short.speechMs);
    assert.deepEqual(
      long.conversations.map(({ begin }) => begin),
      short.conversations.map(({ begin }) => begin),
    );
    assert.ok(long.pausesMs.every((ms, index) => ms >= (short.pausesMs[index] ?? Infinity)));
  });

  for (const [day, longestPauseMs] of [
    [short, 4000],
    [long, 8000],
  ] as const) {
    it(`has 28 pauses of 1 to ${longestPauseMs / 1000} s`, () => {
      assert.equal(day.pausesMs.length, 28);
      assert.ok(Math.min(...day.pausesMs) >= SHORTEST_PAUSE_MS);
      const longest = Math.max(...day.pausesMs);
      assert.ok(longest <= longestPauseMs && longest > 0.8 * longestPauseMs, `${longest} ms`);
    });
  }

  it("has pauses over a silence timeout of 5 s only where people pause for up to 8 s", () => {
    const over5s = ({ pausesMs }: Day) => pausesMs.filter((ms) => ms > 5000).length;
    assert.equal(over5s(short), 0);
    assert.ok(over5s(long) > 5, `${over5s(long)} pauses`);
  });

  for (const hours of [24, 1]) {
    for (const longestPauseMs of [4000, 8000]) {
      it(`of ${hours} h with pauses of up to ${longestPauseMs / 1000} s has one sentence after the other, and none in the music`, () => {
        const day = makeDay({ hours, longestPauseMs, television: false });
        const sentences = sentencesOf(day);
        assert.ok((sentences[0]?.begin ?? 0) > 0);
        for (const [index, { begin, end }] of sentences.entries()) {
          assert.ok(begin < end && end < (sentences[index + 1]?.begin ?? day.lengthMs));
          assert.ok(end < day.music.begin || begin >= day.music.end);
        }
      });
    }
  }
});
