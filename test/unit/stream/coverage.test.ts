import assert from "node:assert/strict";
import { Coverage } from "../../../nodes/lib/stream/coverage";
import type { TurnMessage } from "../../../nodes/lib/assemblyai/protocol";
import type { SessionSummary } from "../../../nodes/lib/session/session-summary";
import { FeedRig } from "../../support/feed-rig";

const RATE = 16_000;

/** A turn of one word that begins at a second of the session's audio and lasts for half of one. */
const turn = (second: number, text: string): TurnMessage => ({
  type: "Turn",
  turn_order: 0,
  end_of_turn: false,
  transcript: text,
  words: [{ text, start: second * 1000, end: second * 1000 + 500 }],
});
const summary = (estimated: boolean): SessionSummary => ({
  sessionId: "session",
  reason: "stop",
  audioSeconds: 0,
  sessionSeconds: 0,
  turns: 0,
  words: 0,
  model: "",
  startedAt: "",
  endedAt: "",
  estimated,
});

/** A session that broke off in the middle of a word at second 1, and another one that hears from there on. */
function brokenOff() {
  const first = new FeedRig().begin();
  const coverage = new Coverage(first.clock, first.timeline);
  const feed = coverage.hear(first.session, 0);
  first.speak(2000);
  feed.pump();
  first.server.turn(0, "lights", false, 1000, 1500);
  coverage.leave(feed);
  coverage.ended(first.session, summary(true));
  const { session } = new FeedRig().begin();
  return { coverage, session, feed: coverage.hear(session, RATE) };
}

describe("coverage", () => {
  it("knows how far the texts reach on the timeline, wherever a session's audio begins there", () => {
    const { clock, timeline, session } = new FeedRig(RATE, 5 * RATE).begin();
    const coverage = new Coverage(clock, timeline);
    assert.equal(coverage.textUntil, -Infinity);
    coverage.turn(session, { final: false, text: "unheard", turn: turn(1, "unheard") });
    assert.equal(coverage.textUntil, -Infinity, "a session that hears nothing has no place on the timeline");
    coverage.hear(session, 2 * RATE);
    coverage.turn(session, { final: false, text: "lights", turn: turn(1, "lights") });
    assert.equal(coverage.textUntil, 3.5 * RATE);
    coverage.turn(session, { final: false, text: "earlier", turn: turn(0, "earlier") });
    assert.equal(coverage.textUntil, 3.5 * RATE);
  });

  it("takes a text without word times for one of all that was sent", () => {
    const { clock, timeline, session } = new FeedRig(RATE, RATE).begin();
    const coverage = new Coverage(clock, timeline);
    const feed = coverage.hear(session, 0);
    feed.pump();
    coverage.turn(session, { final: true, text: "lights", turn: { ...turn(0, "lights"), words: [] } });
    assert.equal(feed.cursor, RATE);
    assert.equal(coverage.textUntil, feed.cursor);
  });

  it("keeps an unfinished turn for as long as nobody has heard it again", () => {
    const { coverage } = brokenOff();
    assert.deepEqual(
      coverage.takeUnfinished().map(({ event, sessionId }) => [event.final, event.text, sessionId]),
      [[true, "lights", "session"]],
    );
    assert.deepEqual(coverage.takeUnfinished(), []);
  });

  it("drops an unfinished turn once another session has finalised what lies there", () => {
    const { coverage, session, feed } = brokenOff();
    feed.pump();
    coverage.turn(session, { final: true, text: "Lights.", turn: turn(0, "Lights.") });
    assert.deepEqual(coverage.takeUnfinished(), []);
  });

  it("takes all that was sent for heard where a session ended in order, and only then", () => {
    for (const estimated of [false, true]) {
      const { coverage, session, feed } = brokenOff();
      feed.pump();
      assert.ok(feed.cursor >= 2 * RATE - 800);
      coverage.ended(session, summary(estimated));
      assert.equal(coverage.takeUnfinished().length, estimated ? 1 : 0);
    }
  });

  it("takes nothing for heard by a session that never began", () => {
    const { coverage, session } = brokenOff();
    coverage.ended(session, undefined);
    assert.equal(coverage.takeUnfinished().length, 1);
  });
});
