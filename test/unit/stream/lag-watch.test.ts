import assert from "node:assert/strict";
import { StreamRig } from "../../support/stream-rig";

describe("live audio that does not keep to its own time", () => {
  let rig: StreamRig;
  let position = 0;

  beforeEach(() => listen());

  /** A session is open, and stays so. */
  function listen(properties: Record<string, unknown> = {}): void {
    rig = new StreamRig({ open: "command", silenceTimeout: 0, ...properties });
    rig.stream.start();
    rig.service.last.begin();
  }

  const keys = () => rig.warnings.map(({ key }) => key);

  /** Messages of 50 ms, `speed` of them in 50 ms. */
  function live(ms: number, speed = 1): void {
    for (let passed = 0; passed < ms; passed += 50) {
      for (let message = 0; message < speed; message++) {
        rig.audio(StreamRig.pcm(50, position));
        position += 800;
      }
      rig.clock.advance(50);
    }
  }

  it("is reported once where two sources seem to feed one stream for 10 s", () => {
    live(9_000, 2);
    assert.deepEqual(keys(), []);
    live(5_000, 2);
    assert.deepEqual(keys(), ["AAI_AUDIO_LAG/sources"]);
    live(60_000, 2);
    assert.deepEqual(keys(), ["AAI_AUDIO_LAG/sources"]);
  });

  it("is not reported for one source, also not after a stall of the machine", () => {
    live(20_000);
    rig.clock.advance(3_000);
    for (let late = 0; late < 60; late++) rig.audio(StreamRig.pcm(50));
    live(20_000);
    assert.deepEqual(keys(), []);
  });

  it("is not reported for a file that comes in small pieces at once", () => {
    for (let piece = 0; piece < 1200; piece++) rig.audio(StreamRig.pcm(50));
    rig.clock.advance(60_000);
    assert.deepEqual(keys(), []);
  });

  it("is not reported for files in large messages, one after another", () => {
    for (let file = 0; file < 20; file++) {
      rig.audio(StreamRig.pcm(3_000));
      rig.clock.advance(900);
    }
    assert.deepEqual(keys(), []);
  });

  it("is reported once where it is sent more than 5 s late, as after a broker has given out what it had kept", () => {
    for (let kept = 0; kept < 200; kept++) rig.audio(StreamRig.pcm(50));
    live(4_000);
    assert.deepEqual(keys(), []);
    live(30_000);
    assert.deepEqual(keys(), ["AAI_AUDIO_LAG"]);
    assert.match(rig.warnings[0]?.message ?? "", /9 s late/);
  });

  it("is dropped where it has waited for longer than maxLag: what is said now is sent now", () => {
    listen({ maxLag: 2 });
    const server = rig.service.last;
    for (let kept = 0; kept < 200; kept++) rig.audio(StreamRig.pcm(50, 1000));
    live(3_000);
    assert.deepEqual(keys(), ["AAI_AUDIO_LOST/lag"]);
    const sent = server.audioBytes;
    const newest = StreamRig.pcm(50, position - 800);
    live(2_500);
    const all = server.audioBytes;
    assert.ok(all.length < (10_000 + 5_500) * 32 - 2_000 * 32, `${all.length / 32} ms were sent`);
    assert.ok(all.includes(newest), "what came last was sent");
    assert.ok(sent.length > 0);
  });

  it("is not dropped without maxLag, and no file ever is", () => {
    for (const maxLag of [0, 2]) {
      listen({ maxLag });
      const server = rig.service.last;
      if (maxLag === 0) for (let kept = 0; kept < 200; kept++) rig.audio(StreamRig.pcm(50, 1000));
      else for (let file = 0; file < 5; file++) rig.audio(StreamRig.pcm(2_000, 1000));
      rig.clock.advance(11_000);
      assert.ok(server.audioBytes.length >= 10_000 * 32, `${server.audioBytes.length} bytes`);
    }
  });

  it("reports what is dropped once a minute", () => {
    listen({ maxLag: 1 });
    live(59_000, 2);
    assert.equal(keys().filter((key) => key === "AAI_AUDIO_LOST/lag").length, 1);
    live(8_000, 2);
    assert.equal(keys().filter((key) => key === "AAI_AUDIO_LOST/lag").length, 2);
  });
});
