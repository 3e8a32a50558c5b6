import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulator, type Simulator } from "../../simulator";
import { example, idOf, player, samples } from "../support/examples";
import { NodeRedProcess, type FlowNode } from "../support/node-red-process";
import { spoken } from "../support/spoken";
import { until } from "../support/until";
import { wavFile } from "../support/wav-file";

const SAID = "He was not an ill disposed young man.";
const STT = "assemblyai-streaming";
const MICROPHONE = "assemblyai-microphone";
interface Published {
  topic: string;
  event?: string;
  payload: unknown;
}

/** The session event that was published as one object. */
function eventOf(payload: unknown): string {
  return (payload as { event: string }).event;
}

/** A flow without its MQTT nodes: what it would publish goes to a debug node of the name `shownAs`. */
function withoutBroker(flow: readonly FlowNode[], shownAs: string): FlowNode[] {
  const debug = { type: "debug", name: shownAs, active: true, tosidebar: true, complete: "true", targetType: "full" };
  return flow
    .filter(({ type }) => type !== "mqtt-broker" && type !== "mqtt in")
    .map((node) => (node.type === "mqtt out" ? { ...node, ...debug } : node));
}

describe("the examples, as their comments say", () => {
  let simulator: Simulator;
  let nodeRed: NodeRedProcess;
  let folder: string;
  let home: string;
  let homeAssistant: Server | undefined;

  before(async () => {
    simulator = await startSimulator();
    home = mkdtempSync(join(tmpdir(), "examples-test-home-"));
    nodeRed = await NodeRedProcess.start({ env: { HOME: home } });
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "examples-test-"));
  });
  afterEach(async () => {
    await nodeRed.deploy([]);
    homeAssistant?.close();
    rmSync(folder, { recursive: true });
  });
  after(async () => {
    await nodeRed?.stop();
    await simulator.close();
    rmSync(home, { recursive: true });
  });

  /** What the examples use of Home Assistant's HTTP API. */
  async function startHomeAssistant(): Promise<{ url: string; calls: { path: string; data: unknown }[] }> {
    const calls: { path: string; data: unknown }[] = [];
    const server = (homeAssistant = createServer((request, response) => {
      let body = "";
      request.on("data", (data: Buffer) => (body += data.toString()));
      request.on("end", () => {
        const path = request.url ?? "";
        if (path === "/api/template") return response.end(JSON.stringify(["Attic", "Ceiling light", "Bügelzimmer", "x".repeat(51)]));
        calls.push({ path, data: JSON.parse(body) });
        const speech = { response: { speech: { plain: { speech: "I do not know that man." } } } };
        return response.end(JSON.stringify(path.startsWith("/api/services/") ? [] : speech));
      });
    }));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
  }

  it("07 transcribes a voice in the room, hangs up by itself, and detects its name", async () => {
    const flow = example("07", simulator, { [STT]: { silenceTimeout: 1 }, [MICROPHONE]: { autoStart: false } });
    const call = { id: "call", type: "inject", z: flow[0]?.id, x: 100, y: 700, name: "call", repeat: "", crontab: "", once: false };
    const said = {
      props: [{ p: "payload" }],
      payload: "Hey Computer, what time is it?",
      payloadType: "str",
      wires: [[idOf(flow, "for the assistant?")]],
    };
    await nodeRed.deploy([...flow, ...player(flow, "voice", idOf(flow, STT)), { ...call, ...said }]);
    await nodeRed.inject("voice");
    await until("the end of the session", () => nodeRed.shown("lamp").length === 3, 15_000);
    assert.deepEqual(nodeRed.shown("other talk"), [SAID]);
    assert.deepEqual(nodeRed.shown("lamp"), [false, true, false]);
    await nodeRed.inject("call");
    await until("a command", () => nodeRed.shown("command").length > 0);
    assert.deepEqual(nodeRed.shown("command"), ["what time is it?"]);
  });

  it("02 finds a recording by its name in the home directory, and stops at once", async () => {
    const flow = example("02", simulator);
    await nodeRed.deploy(flow);
    await nodeRed.inject(idOf(flow, "play my recording"));
    const missing = () => nodeRed.logged(/There is no recording\.wav\. Put it into .*home/);
    await until("the error", missing);
    copyFileSync(join(samples, "librivox_0870.wav"), join(home, "recording.wav"));
    const before = simulator.sessions.length;
    await nodeRed.inject(idOf(flow, "play my recording"));
    await until("a partial turn", () => nodeRed.shown("partial turn").length > 0, 15_000);
    await nodeRed.inject(idOf(flow, "stop"));
    const { record, closed } = await simulator.session(before);
    await closed;
    assert.ok(record.audio.ms < 7000, `${record.audio.ms} ms of 7 s`);
    const events = () => nodeRed.shown("session event") as { event: string; payload: { reason?: string } }[];
    await until("its termination", () => events().find(({ event, payload }) => event === "termination" && payload.reason === "stop"));
  });

  for (const [number, acts] of [
    ["04", ["ON", "OFF"]],
    ["08", ["ON", "OFF", "21"]],
  ] as const) {
    it(`${number} sends each row of its table to the topic of its room, in four languages`, async () => {
      const house = await startHomeAssistant();
      const flow = example(number, simulator, { "Home Assistant": { url: `${house.url}/api/{{{path}}}` } });
      const before = nodeRed.shown("for MQTT").length;
      await nodeRed.deploy(withoutBroker(flow, "for MQTT"));
      const tries = flow.filter(({ type, name }) => type === "inject" && String(name).startsWith("try: "));
      for (const { id } of tries) await nodeRed.inject(id);
      const published = () => (nodeRed.shown("for MQTT") as Published[]).slice(before);
      await until("the messages", () => published().length === tries.length);
      const expected = ["kitchen", "living-room"].flatMap((room) =>
        acts.map((payload) => [`home/${room}/${payload === "21" ? "temperature" : "light"}/set`, payload]),
      );
      assert.deepEqual(
        published().map(({ topic, payload }) => [topic, payload]),
        [expected, expected, expected, expected].flat(),
      );
      const sentences = nodeRed.shown("sentence").slice(-tries.length);
      assert.deepEqual(
        sentences,
        tries.map(({ payload }) => payload),
      );
      if (number === "04") return assert.deepEqual(house.calls, []);
      await until("Home Assistant's calls", () => house.calls.length === tries.length);
      const call = (path: string, data: object) => ({ path: `/api/services/${path}`, data });
      const ofRoom = (room: string) => [
        call("light/turn_on", { entity_id: `light.${room}` }),
        call("light/turn_off", { entity_id: `light.${room}` }),
        call("climate/set_temperature", { entity_id: `climate.${room}`, temperature: 21 }),
      ];
      const ofBoth = [...ofRoom("kitchen"), ...ofRoom("living_room")];
      const inOrder = (calls: object[]) => calls.map((made) => JSON.stringify(made)).toSorted();
      assert.deepEqual(inOrder(house.calls), inOrder([ofBoth, ofBoth, ofBoth, ofBoth].flat()));
    });
  }

  it("04 asks Home Assistant what no row fits, and makes key terms of its names", async () => {
    const house = await startHomeAssistant();
    const changes = { [STT]: { silenceTimeout: 1 }, "Home Assistant": { url: `${house.url}/api/{{{path}}}` } };
    const flow = example("04", simulator, changes);
    await nodeRed.deploy([...withoutBroker(flow, "for MQTT"), ...player(flow, "voice", idOf(flow, STT))]);
    await nodeRed.inject(idOf(flow, "fetch names from Home Assistant"));
    const names = ["Attic", "Ceiling light", "Bügelzimmer"];
    await until("the key terms", () => nodeRed.shown("key terms").length > 0);
    assert.deepEqual(nodeRed.shown("key terms"), [names]);
    const before = simulator.sessions.length;
    await nodeRed.inject("voice");
    const { record, closed } = await simulator.session(before);
    await closed;
    assert.deepEqual(record.received[0]?.message, { keyterms_prompt: names, type: "UpdateConfiguration" });
    await until("the answer", () => nodeRed.shown("answer").includes("I do not know that man."));
    assert.deepEqual(house.calls.at(-1), { path: "/api/conversation/process", data: { text: SAID, language: "en" } });
  });

  it("08 begins each session with the words of its room, and the names of Home Assistant", async () => {
    const house = await startHomeAssistant();
    const changes = { [STT]: { silenceTimeout: 1 }, "Home Assistant": { url: `${house.url}/api/{{{path}}}` } };
    const flow = example("08", simulator, changes).map((node) => (node.type === MICROPHONE ? { ...node, wires: [[]] } : node));
    await nodeRed.deploy([...withoutBroker(flow, "for MQTT"), ...player(flow, "voice", idOf(flow, STT))]);
    const listen = async (room: string) => {
      const before = simulator.sessions.length;
      await nodeRed.inject(idOf(flow, `listen in the ${room}`));
      await nodeRed.inject("voice");
      const { record, closed } = await simulator.session(before);
      await closed;
      return record.received[0]?.message;
    };
    const begins = (keyterms: string[]) => ({ keyterms_prompt: keyterms, type: "UpdateConfiguration" });
    assert.deepEqual(await listen("kitchen"), begins(["extractor hood", "dishwasher"]));
    await nodeRed.inject(idOf(flow, "fetch names from Home Assistant"));
    await until("the names", () => nodeRed.shown("names").length > 0);
    assert.deepEqual(await listen("living room"), begins(["floor lamp", "roller blind", "Attic", "Ceiling light", "Bügelzimmer"]));
  });

  it("15 opens a session when it is called, answers with a lamp, and hangs up after one command", async () => {
    const flow = example("15", simulator, { [MICROPHONE]: { autoStart: false } });
    const wav = join(folder, "call.wav");
    const parts = ["librivox_0880", "okay_nabu", "goforward"].map((name) => readFileSync(join(samples, `${name}.wav`)).subarray(44));
    writeFileSync(wav, wavFile({ audio: Buffer.concat([...parts, Buffer.alloc(64_000)]) }));
    const call = player(flow, "call", idOf(flow, STT)).map((node) =>
      node.id === "call" ? { ...node, props: [{ p: "filename", v: wav, vt: "str" }] } : node,
    );
    await nodeRed.deploy([
      ...withoutBroker(flow, "for the home").map((node) =>
        node.type === "http request" ? { ...node, url: `${simulator.httpUrl}/ledger` } : node,
      ),
      ...call,
    ]);
    await nodeRed.inject("call");
    await until("the lamp's second colour", () => nodeRed.shown("for the home").length === 3, 20_000);
    const published = nodeRed.shown("for the home") as Published[];
    assert.deepEqual(
      published.map(({ payload }) => payload),
      [{ color: "blue" }, "Go forward ten meters.", { color: "white" }],
    );
    const events = nodeRed.shown("session event") as { event: string; payload: { reason?: string } }[];
    const mine = events.filter(({ event }) => event !== "speech-started").slice(-3);
    assert.deepEqual(
      mine.map(({ event }) => event),
      ["wake", "begin", "termination"],
    );
    assert.equal(mine.at(-1)?.payload.reason, "stop");
  });

  it("12 keeps two rooms that speak at once apart, and publishes elsewhere than it listens", async () => {
    const flow = example("12", simulator, { [STT]: { silenceTimeout: 1 }, [MICROPHONE]: { autoStart: false } });
    const rooms = [
      ["kitchen", "ground/kitchen", "librivox_0880"],
      ["bedroom", "first/bedroom", "librivox_0930"],
    ].flatMap(([id = "", room = "", recording]) => player(flow, id, idOf(flow, STT), recording, `rooms/${room}/audio`));
    await nodeRed.deploy([...withoutBroker(flow, "of the rooms"), ...rooms]);
    await Promise.all([nodeRed.inject("kitchen"), nodeRed.inject("bedroom")]);
    const published = () => nodeRed.shown("of the rooms") as Published[];
    const events = () => published().filter(({ topic }) => topic.endsWith("/session"));
    await until("both terminations", () => events().filter(({ payload }) => eventOf(payload) === "termination").length === 2, 15_000);
    const texts = published().filter(({ topic }) => topic.endsWith("/turn"));
    assert.deepEqual(Object.fromEntries(texts.map(({ topic, payload }) => [topic, payload])), {
      "rooms/ground/kitchen/turn": SAID,
      "rooms/first/bedroom/turn": "He might even have been made amiable himself.",
    });
    for (const { topic, payload } of events()) {
      const { topic: room, sessionId, payload: what } = payload as { topic: string; sessionId: string; payload: object };
      assert.equal(`${room.slice(0, -"audio".length)}session`, topic);
      assert.ok(sessionId !== "" && typeof what === "object");
    }
    assert.ok(published().some(({ topic }) => topic.endsWith("/partial")));
    assert.equal(nodeRed.shown("cost").length, 2);
  });

  it("13 writes each turn with its time into the day's file", async () => {
    const flow = example("13", simulator, { [STT]: { silenceTimeout: 1 } });
    const players = ["librivox_0880", "librivox_0930"].flatMap((recording) => player(flow, recording, idOf(flow, STT), recording));
    await nodeRed.deploy([...flow, ...players]);
    for (const [i, recording] of ["librivox_0880", "librivox_0930"].entries()) {
      await nodeRed.inject(recording);
      await until("the line", () => nodeRed.shown("written line").length > i, 15_000);
    }
    const now = new Date();
    const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
    const lines = readFileSync(join(home, "dictation", `${date}.txt`), "utf8").split("\n");
    assert.match(lines[0] ?? "", /^\d\d:\d\d:\d\d {2}He was not an ill disposed young man\.$/);
    assert.match(lines[1] ?? "", /^\d\d:\d\d:\d\d {2}He might even have been made amiable himself\.$/);
    assert.deepEqual(lines.slice(2), [""]);
  });

  it("14 writes subtitles with the times of the words beside the recording", async () => {
    const recording = join(folder, "Talk.WAV");
    copyFileSync(join(samples, "librivox_0870.wav"), recording);
    const choose = { props: [{ p: "filename", v: recording, vt: "str" }] };
    const flow = example("14", simulator, { [STT]: { silenceTimeout: 1, reconnect: false }, "subtitle my recording": choose });
    await nodeRed.deploy(flow);
    await nodeRed.inject(idOf(flow, "subtitle my recording"));
    await until("the file", () => nodeRed.shown("written file").length > 0, 20_000);
    assert.deepEqual(nodeRed.shown("written file"), [join(folder, "Talk.srt")]);
    assert.equal(
      readFileSync(join(folder, "Talk.srt"), "utf8"),
      [
        "1",
        "00:00:00,160 --> 00:00:04,950",
        "And Mister John Dashwood had then leisure",
        "to consider how much there might be",
        "",
        "2",
        "00:00:04,950 --> 00:00:06,900",
        "prudently in his power to do for them.",
        "",
      ].join("\n"),
    );
  });

  it("14 shows each subtitle when it is said, though first words are placed a second too early", async () => {
    const { pcm, spans } = spoken({ recordings: ["librivox_0880", "librivox_0930"], leadMs: 2500, pauseMs: 2500 });
    const recording = join(folder, "talk.wav");
    writeFileSync(recording, wavFile({ audio: Buffer.from(pcm.buffer) }));
    const early = await startSimulator({ earlyStartMs: 990 });
    const written = () => nodeRed.shown("written file").includes(join(folder, "talk.srt"));
    try {
      const choose = { props: [{ p: "filename", v: recording, vt: "str" }] };
      const flow = example("14", early, { [STT]: { silenceTimeout: 4, reconnect: false }, "subtitle my recording": choose });
      await nodeRed.deploy(flow);
      await nodeRed.inject(idOf(flow, "subtitle my recording"));
      await until("the file", written, 30_000);
    } finally {
      await early.close();
    }
    const times = [...readFileSync(join(folder, "talk.srt"), "utf8").matchAll(/00:00:(\d\d),(\d\d\d)/g)];
    const [firstFrom = 0, firstTo = 0, secondFrom = 0] = times.map(([, s, ms]) => Number(s) * 1000 + Number(ms));
    const [first = 0, second = 0] = spans.map(({ begin }) => begin / 16);
    // The recordings have up to 300 ms before the first sound, and the first word's length is not known.
    assert.ok(firstFrom > first - 500 && firstFrom < first + 500, `the first one comes at ${firstFrom} ms, and is said from ${first} on`);
    assert.ok(secondFrom > second - 500 && secondFrom < second + 500, `the second at ${secondFrom} ms, said from ${second} on`);
    assert.ok(firstTo < secondFrom);
  });

  it("21 writes the text of each recording in its folder beside it, or what is wrong with it", async () => {
    const recordings = join(home, "recordings");
    rmSync(recordings, { recursive: true, force: true });
    mkdirSync(recordings);
    writeFileSync(join(recordings, "a song.wav"), Buffer.concat([Buffer.from("ID3\x03\0\0\0\0\0\0", "latin1"), Buffer.alloc(40_000)]));
    copyFileSync(join(samples, "librivox_0880.wav"), join(recordings, "talk.WAV"));
    await nodeRed.deploy(example("21", simulator, { [STT]: { silenceTimeout: 1 } }));
    const isWritten = (name: string) => existsSync(join(recordings, name)) && readFileSync(join(recordings, name), "utf8").endsWith("\n");
    await until("both texts", () => isWritten("a song.txt") && isWritten("talk.txt"), 40_000);
    assert.deepEqual(readdirSync(recordings), ["a song.txt", "a song.wav", "talk.WAV", "talk.txt"]);
    assert.match(readFileSync(join(recordings, "a song.txt"), "utf8"), /^\[Not a recording that can be used: .*MP3.*ffmpeg.*\]\n$/);
    assert.equal(readFileSync(join(recordings, "talk.txt"), "utf8"), `${SAID}\n`);
  });

  it("17 puts the translation of each sentence beside it", async () => {
    const flow = example("17", simulator, { [STT]: { silenceTimeout: 1 } });
    const options = JSON.parse(String(flow.find(({ type }) => type === STT)?.["options"])) as { llm_gateway: object };
    const players = ["librivox_0880", "librivox_0930"].flatMap((recording) => player(flow, recording, idOf(flow, STT), recording));
    await nodeRed.deploy([...flow, ...players]);
    const before = simulator.sessions.length;
    await nodeRed.inject("librivox_0880");
    const session = await simulator.session(before);
    assert.deepEqual(JSON.parse(session.record.query["llm_gateway"] ?? ""), options.llm_gateway);
    // The simulator has no language models: what they would answer is said for it.
    await until("the turn", () => session.record.sentOfType("Turn").some(({ end_of_turn: ends }) => ends), 15_000);
    const data = { choices: [{ message: { role: "assistant", content: "Er war kein übler junger Mann." } }] };
    session.send({ type: "LLMGatewayResponse", turn_order: 0, transcript: SAID, data });
    await until("the pair", () => nodeRed.shown("translated").length === 1, 15_000);
    await session.closed;
    await nodeRed.inject("librivox_0930");
    await until("the sentence without a translation", () => nodeRed.shown("translated").length === 2, 15_000);
    assert.deepEqual(nodeRed.shown("translated"), [
      { turn: 1, original: SAID, translation: "Er war kein übler junger Mann." },
      { turn: 2, original: "He might even have been made amiable himself.", translation: null },
    ]);
  });
});
