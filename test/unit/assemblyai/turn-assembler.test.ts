import assert from "node:assert/strict";
import type { TurnMessage } from "../../../nodes/lib/assemblyai/protocol";
import { FORMATTED_FINAL_WAIT_MS, TurnAssembler, type TurnEvent } from "../../../nodes/lib/assemblyai/turn-assembler";
import { FakeClock } from "../../support/fake-clock";
import { Random } from "../../support/random";

const words = (text: string) =>
  text
    .split(" ")
    .filter((word) => word !== "")
    .map((word, index) => ({ text: word, start: index * 100, end: index * 100 + 90 }));

const turn = (order: number, transcript: string, more: Partial<TurnMessage> = {}): TurnMessage => ({
  type: "Turn",
  turn_order: order,
  end_of_turn: false,
  turn_is_formatted: true,
  transcript,
  words: words(transcript),
  ...more,
});
const final = (order: number, transcript: string, formatted = true) =>
  turn(order, transcript, { end_of_turn: true, turn_is_formatted: formatted });

function assembler(awaitFormatted = false) {
  const clock = new FakeClock();
  const events: TurnEvent[] = [];
  const turns = new TurnAssembler(
    clock,
    (event) => events.push(event),
    () => awaitFormatted,
  );
  return {
    clock,
    events,
    turns,
    accept: (...messages: TurnMessage[]) => messages.forEach((message) => turns.accept(message)),
    /** "final: text" and "partial: text", as they came out */
    get told() {
      return events.map((event) => `${event.final ? "final" : "partial"}: ${event.text}`);
    },
  };
}

describe("turns", () => {
  describe("of the Pro models", () => {
    it("are partials and one final", () => {
      const it = assembler();
      const messages = [turn(0, "my"), turn(0, "my name is"), final(0, "My name is Sonny.")];
      it.accept(...messages);
      assert.deepEqual(it.told, ["partial: my", "partial: my name is", "final: My name is Sonny."]);
      assert.deepEqual(
        it.events.map((event) => event.turn),
        messages,
        "with the server's message as received",
      );
    });

    it("are final by end_of_turn alone: partials are formatted, too", () => {
      const it = assembler();
      it.accept(turn(0, "Formatted.", { turn_is_formatted: true }));
      assert.deepEqual(it.told, ["partial: Formatted."]);
    });

    it("may be final at once, without a partial", () => {
      const it = assembler();
      it.accept(final(0, "Yes."), final(1, "No."));
      assert.deepEqual(it.told, ["final: Yes.", "final: No."]);
    });
  });

  describe("of Universal-Streaming", () => {
    it("have partials made of their words", () => {
      const it = assembler();
      it.accept(turn(0, "", { words: words("hi") }), turn(0, "hi", { words: words("hi my") }));
      assert.deepEqual(it.told, ["partial: hi", "partial: hi"]);
    });

    it("without format_turns have one plain final, given out at once", () => {
      const it = assembler();
      it.accept(turn(0, "hi my name"), final(0, "hi my name is sonny", false));
      assert.deepEqual(it.told.slice(1), ["final: hi my name is sonny"]);
      assert.equal(it.clock.timers, 0);
    });

    it("with format_turns emit the formatted one of two finals", () => {
      const it = assembler(true);
      it.accept(turn(0, "hi"), final(0, "hi my name is sonny", false));
      assert.deepEqual(it.told, ["partial: hi"]);
      it.clock.advance(FORMATTED_FINAL_WAIT_MS - 1);
      it.accept(final(0, "Hi, my name is Sonny."));
      it.clock.advance(60_000);
      assert.deepEqual(it.told, ["partial: hi", "final: Hi, my name is Sonny."]);
      assert.equal(it.clock.timers, 0);
    });

    it("emit the plain final where no formatted one arrives in time, and then never another", () => {
      const it = assembler(true);
      it.accept(final(0, "hi there", false));
      it.clock.advance(FORMATTED_FINAL_WAIT_MS);
      assert.deepEqual(it.told, ["final: hi there"]);
      it.accept(final(0, "Hi there."), final(0, "hi there", false), turn(0, "hi there"));
      it.clock.advance(60_000);
      assert.deepEqual(it.told, ["final: hi there"]);
      assert.equal(it.clock.timers, 0);
    });

    it("emit the plain final before anything of another turn", () => {
      const it = assembler(true);
      it.accept(final(0, "one", false), turn(1, "two"), final(0, "One."), final(1, "two", false), final(2, "three", false));
      it.turns.finish();
      assert.deepEqual(it.told, ["final: one", "partial: two", "final: two", "final: three"]);
      assert.equal(it.clock.timers, 0);
    });

    it("go on waiting when a late message of an earlier turn arrives", () => {
      const it = assembler(true);
      it.accept(final(0, "One."), final(1, "two", false), final(0, "one", false), turn(0, "one"));
      assert.deepEqual(it.told, ["final: One."]);
      it.accept(final(1, "Two."));
      assert.deepEqual(it.told, ["final: One.", "final: Two."]);
    });

    it("take a final that is formatted at once, as since March 2026", () => {
      const it = assembler(true);
      it.accept(turn(0, "Hi"), final(0, "Hi there."));
      assert.deepEqual(it.told, ["partial: Hi", "final: Hi there."]);
    });

    it("show no partial of a turn whose final waits for its twin", () => {
      const it = assembler(true);
      it.accept(final(0, "hi there", false), turn(0, "hi there you"), final(0, "Hi there."));
      assert.deepEqual(it.told, ["final: Hi there."]);
    });
  });

  describe("that are empty", () => {
    it("are not emitted: the extra final after Terminate, or an empty partial", () => {
      for (const awaitFormatted of [false, true]) {
        const it = assembler(awaitFormatted);
        it.accept(turn(0, ""), turn(0, " "), final(0, "One."), final(0, ""), final(1, ""), final(2, "", false));
        it.turns.finish();
        assert.deepEqual(it.told, ["final: One."]);
        assert.equal(it.clock.timers, 0);
      }
    });

    it("take nothing from a final that waits for its twin", () => {
      const it = assembler(true);
      it.accept(final(0, "lights on", false), final(0, "", true));
      assert.deepEqual(it.told, ["final: lights on"]);
      assert.equal(it.clock.timers, 0);
    });

    it("make a final of the turn's newest partial: what was shown gets its end", () => {
      for (const awaitFormatted of [false, true]) {
        const it = assembler(awaitFormatted);
        const partial = turn(0, "lights on");
        it.accept(turn(0, "lights"), partial, final(0, "", false));
        assert.deepEqual(it.told.slice(2), ["final: lights on"]);
        assert.equal(it.events.at(-1)?.turn, partial);
        assert.deepEqual(it.turns.open, []);
      }
    });
  });

  describe("that have no final yet", () => {
    it("are open, from the first partial with a text", () => {
      const it = assembler();
      assert.deepEqual(it.turns.open, []);
      it.accept(turn(0, ""));
      assert.deepEqual(it.turns.open, []);
      const newest = turn(0, "one two");
      it.accept(turn(0, "one"), newest);
      assert.deepEqual(it.turns.open, [newest]);
      it.accept(final(0, "One two."));
      assert.deepEqual(it.turns.open, []);
    });

    it("are open no more while a plain final waits for its twin", () => {
      const it = assembler(true);
      it.accept(turn(0, "one"), final(0, "one", false));
      assert.deepEqual(it.turns.open, []);
    });

    it("become final when the session is over", () => {
      const it = assembler();
      it.accept(final(0, "One."), turn(1, "two"));
      it.turns.finish();
      it.turns.finish();
      it.accept(final(1, "Two."));
      assert.deepEqual(it.told, ["final: One.", "partial: two", "final: two"]);
    });

    it("do not become final where only the waiting one is settled", () => {
      const it = assembler(true);
      it.accept(turn(0, "one"));
      it.turns.settle();
      it.accept(final(0, "one two", false));
      it.turns.settle();
      it.turns.settle();
      assert.deepEqual(it.told, ["partial: one", "final: one two"]);
      assert.equal(it.clock.timers, 0);
    });
  });

  describe("that overlap", () => {
    it("each get their final, also where a partial of the next came first", () => {
      const it = assembler();
      it.accept(turn(0, "one"), turn(1, "two"), final(0, "One."));
      assert.equal(it.turns.open[0]?.turn_order, 1, "the second is open still");
      it.turns.finish();
      assert.deepEqual(it.told, ["partial: one", "partial: two", "final: One.", "final: two"]);
    });

    it("are emitted in order: a turn whose final was lost becomes final before the next one does", () => {
      const it = assembler();
      it.accept(turn(0, "one"), turn(1, "two"));
      assert.equal(it.turns.open[0]?.turn_order, 0, "the oldest is the one to replay from");
      it.accept(final(1, "Two."), final(0, "One."));
      it.turns.finish();
      assert.deepEqual(it.told, ["partial: one", "partial: two", "final: one", "final: Two."]);
    });
  });

  it("have exactly one final each, which is not empty, for any messages in any order", () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const random = new Random(seed);
      const it = assembler(random.next() < 0.5);
      const spoken = new Set<number>();
      for (let step = 0; step < 40; step++) {
        const order = random.whole(0, 5);
        const text = random.pick(["", " ", "one", "one two", "Three."]);
        const message = turn(order, text, {
          end_of_turn: random.next() < 0.4,
          ...(random.next() < 0.8 ? { turn_is_formatted: random.next() < 0.5 } : {}),
          words: words(random.next() < 0.5 ? text : random.pick(["", "word"])),
        });
        const before = it.events.length;
        it.accept(message);
        if (it.events.length > before || message.end_of_turn) spoken.add(order);
        if (random.next() < 0.2) it.clock.advance(random.pick([1, 500, 1500]));
        if (random.next() < 0.05) it.turns.settle();
      }
      it.turns.finish();
      const finals = it.events.filter((event) => event.final);
      const orders = finals.map((event) => event.turn.turn_order);
      assert.equal(new Set(orders).size, orders.length, `seed ${seed}: two finals of one turn`);
      for (const { text } of finals) assert.notEqual(text.trim(), "", `seed ${seed}`);
      for (const event of it.events.filter(({ final: isFinal }) => !isFinal)) {
        const { turn_order: order } = event.turn;
        assert.ok(orders.includes(order), `seed ${seed}: turn ${order} has partials and no final`);
        const end = it.events.findIndex((other) => other.final && other.turn.turn_order === order);
        assert.ok(it.events.indexOf(event) < end, `seed ${seed}: a partial of turn ${order} after its final`);
      }
      assert.deepEqual(it.turns.open, []);
      assert.equal(it.clock.timers, 0);
      assert.ok(spoken.size > 0);
    }
  });

  it("are no turns where they hold nothing but marks in brackets", () => {
    const it = assembler();
    it.accept(turn(0, "[Silence]"), final(0, "[Silence]. [Music]…"), turn(1, "lights"), final(1, "[Silence]"));
    it.accept(final(2, "", true), turn(3, "[Laughter] Yes."), final(3, "[Laughter] Yes."));
    assert.deepEqual(it.told, ["partial: lights", "final: lights", "partial: [Laughter] Yes.", "final: [Laughter] Yes."]);
  });

  it("are turns where all of their words were redacted, and never end with the partial from before", () => {
    const it = assembler();
    it.accept(final(0, "[PHONE_NUMBER]."), turn(1, "John Smith"), final(1, "[PERSON_NAME]"), final(2, "[BLANK_AUDIO]"));
    assert.deepEqual(it.told, ["final: [PHONE_NUMBER].", "partial: John Smith", "final: [PERSON_NAME]"]);
  });
});
