import assert from "node:assert/strict";
import { makeDay } from "../../../bench/day/schedule";
import { score } from "../../../bench/day/score";

describe("score of a day", () => {
  const day = makeDay({ hours: 24, longestPauseMs: 4000, television: false });
  const sentences = day.conversations.flatMap((conversation) => conversation.sentences);
  const finals = sentences.map(({ end, words }) => ({ at: end + 500, text: words.join(" ") }));

  it("is of a day of 40 sentences, about 3 minutes in all", () => {
    assert.equal(sentences.length, 40);
    assert.ok(day.speechMs > 150_000 && day.speechMs < 190_000, `${day.speechMs} ms`);
  });

  it("counts every word that came out, and no word that nobody said", () => {
    const noise = { at: day.lengthMs / 2, text: "[simulated: 2.3 s of speech]" };
    const { words, recognised, sentences: count, firstWordsLost } = score(day, [...finals, noise]);
    assert.deepEqual([recognised, count, firstWordsLost], [words, 40, 0]);
  });

  it("counts words and first words that are lost", () => {
    const first = finals[0] ?? assert.fail();
    const beheaded = { ...first, text: first.text.split(" ").slice(1).join(" ") };
    const { words, recognised, firstWordsLost } = score(day, [beheaded, ...finals.slice(2)]);
    assert.equal(recognised, words - 1 - (sentences[1]?.words.length ?? 0));
    assert.equal(firstWordsLost, 2);
    assert.deepEqual(score(day, []), { words, recognised: 0, sentences: 40, firstWordsLost: 40 });
  });

  it("counts a word once, however often it comes", () => {
    const { words, recognised } = score(day, [...finals, ...finals]);
    assert.equal(recognised, words);
  });
});
