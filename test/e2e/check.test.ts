import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocketServer } from "ws";
import type { Report } from "../../check/report";
import { REALISTIC_LATENCY, sampleRecordings, startSimulator, type Simulator, type SimulatorOptions } from "../../simulator";
import { until } from "../support/until";

const cli = join(__dirname, "../../check/cli.js");
const KEY = "3f9c1d7be20a48d5a1c06e4f92b7d853";

interface Run {
  code: number | null;
  output: string;
}

/** `assemblyai-check` as a process without a terminal, with a key in its environment. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = { ASSEMBLYAI_API_KEY: KEY }) {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  const ended = once(child, "close").then(([code]): Run => ({ code: code as number | null, output }));
  return { child, ended };
}

describe("assemblyai-check", () => {
  const folder = mkdtempSync(join(tmpdir(), "check-"));
  const simulators: Simulator[] = [];
  let runs = 0;

  async function service(options: SimulatorOptions = {}): Promise<Simulator> {
    const simulator = await startSimulator({ processing: "realtime", latency: REALISTIC_LATENCY, ...options });
    simulators.push(simulator);
    return simulator;
  }

  async function check(simulator: Simulator): Promise<Run & { report: Report; json: string }> {
    const file = join(folder, `${++runs}.json`);
    const { code, output } = await start(["--url", simulator.url, "--json", file]).ended;
    const json = readFileSync(file, "utf8");
    return { code, output, json, report: JSON.parse(json) as Report };
  }

  const idsOf = (report: Report, result: string) => report.findings.filter((finding) => finding.result === result).map(({ id }) => id);

  after(async () => {
    for (const simulator of simulators) await simulator.close();
    rmSync(folder, { recursive: true });
  });

  /** Each takes a quarter of a minute, which passes for all of them at once. */
  describe("against the simulator", () => {
    let usual: Promise<Awaited<ReturnType<typeof check>>>;
    let three: typeof usual;
    let two: typeof usual;
    let cut: typeof usual;
    let mute: typeof usual;
    let strict: typeof usual;
    let usualService: Simulator;

    before(async () => {
      usualService = await service();
      usual = check(usualService);
      three = check(await service({ deviations: ["turns-in-silence", "short-messages", "billed-from-open"] }));
      two = check(await service({ deviations: ["bare-close", "pings-count"] }));
      cut = check(await service({ faults: [{ kind: "drop", at: { afterAudioMs: 1000 } }] }));
      mute = check(await service({ faults: () => ({ kind: "no-termination", close: false }) }));
      strict = check(await service({ deviations: ["unknown-fields"] }));
      await Promise.all([usual, three, two, cut, mute, strict]);
    });

    it("finds that all assumptions hold", async () => {
      const { code, output, report } = await usual;
      assert.equal(code, 0, output);
      assert.ok(report.findings.length > 25);
      assert.deepEqual(
        idsOf(report, "equal"),
        report.findings.map(({ id }) => id),
        output,
      );
      assert.deepEqual(report.problems, []);
      for (const { what, assumed } of report.findings) assert.ok(output.includes(what) && output.includes(assumed));
    });

    it("costs what it says, far below its limit, and leaves no session open", async () => {
      const { report } = await usual;
      const billed = usualService.ledger.state;
      assert.equal(billed.open, 0);
      assert.equal(report.sessions, billed.sessions);
      assert.ok(Math.abs(report.seconds - billed.billedSeconds) <= 3, `${report.seconds} s, billed ${billed.billedSeconds} s`);
      assert.ok(report.costUsd > 0.002 && report.costUsd < 0.03, String(report.costUsd));
    });

    it("writes a report without key, session ids and words", async () => {
      const { json, output } = await usual;
      const spoken = sampleRecordings().flatMap(({ words }) => words.map(({ text }) => text.replace(/\W/g, "")));
      const said = new Set(`${json}${output}`.split(/\W+/));
      for (const word of ["ill", "disposed", "forward", "meters"]) assert.ok(spoken.includes(word) && !said.has(word), word);
      for (const { id } of usualService.sessions) assert.ok(id === "" || !json.includes(id));
      assert.ok(!`${json}${output}`.includes(KEY));
      assert.match(json, /"version": "\d+\.\d+\.\d+/);
    });

    it("names just those that a changed service does not keep: three", async () => {
      const { code, output, report } = await three;
      assert.deepEqual(idsOf(report, "different").toSorted(), ["49-ms", "nothing-in-silence", "seconds-from"], output);
      assert.deepEqual(idsOf(report, "not measured"), []);
      assert.equal(code, 1);
      assert.match(output, /Different: nothing-in-silence, 49-ms, seconds-from/);
    });

    it("names just those that a changed service does not keep: two others", async () => {
      const { code, report, output } = await two;
      assert.deepEqual(idsOf(report, "different").toSorted(), ["error-close", "pings"], output);
      assert.deepEqual(idsOf(report, "not measured"), []);
      assert.equal(code, 1);
    });

    it("names a service that ends a session for an unknown field, and does not measure what comes after it", async () => {
      const { code, report, output } = await strict;
      assert.deepEqual(idsOf(report, "different"), ["unknown-field"], output);
      assert.deepEqual(idsOf(report, "not measured"), ["unknown-message"]);
      assert.equal(code, 1);
    });

    it("distinguishes a service that does not answer from a line that is broken", async () => {
      const { output, report } = await mute;
      assert.deepEqual(idsOf(report, "different"), ["terminate"], output);
      const afterTermination = ["audio-before-begin", "terminate-turn", "normal-close", "audio-seconds", "seconds-from"];
      assert.deepEqual(idsOf(report, "not measured").toSorted(), afterTermination.toSorted());
      assert.deepEqual(report.problems, []);
    });

    it("calls nothing different because the network has cut a session", async () => {
      const { code, output, report } = await cut;
      assert.deepEqual(idsOf(report, "different"), [], output);
      assert.ok(idsOf(report, "not measured").length >= 5, "what the cut session would have measured");
      assert.ok(idsOf(report, "equal").length >= 10, "the others went on");
      assert.equal(report.problems.length, 1);
      assert.equal(code, 1);
    });
  });

  it("ends at once where the key is refused, and quotes nothing of it", async () => {
    const file = join(folder, "refused.json");
    const { code, output } = await start(["--url", (await service({ keys: ["another"] })).url, "--json", file]).ended;
    assert.equal(code, 2);
    assert.ok(!existsSync(file), "no report, as nothing was measured");
    assert.match(output, /refused the API key/i);
    assert.ok(!output.includes(KEY));
  });

  it("quotes a refusal without what a terminal would obey", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    server.on("connection", (socket) => {
      socket.send(JSON.stringify({ type: "Error", error_code: 1008, error: "\x1b[2Jno funds" }));
      socket.close(1008);
    });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { code, output } = await start(["--url", `ws://127.0.0.1:${port}/v3/ws`]).ended;
    server.close();
    assert.equal(code, 2);
    assert.match(output, /·\[2Jno funds/);
    assert.ok(!output.includes("\x1b"));
  });

  it("ends at once where there is no network", async () => {
    const simulator = await startSimulator();
    await simulator.close();
    const { code, output } = await start(["--url", simulator.url]).ended;
    assert.equal(code, 2);
    assert.match(output, /ECONNREFUSED/);
  });

  it("terminates its sessions on Ctrl-C", async () => {
    const simulator = await service();
    const { child, ended } = start(["--url", simulator.url]);
    await until(
      "sessions",
      () => simulator.sessions.filter(({ isOpen, record }) => isOpen && record.begunAt !== undefined).length >= 4,
      15_000,
    );
    child.kill("SIGINT");
    const { code, output } = await ended;
    assert.equal(code, 130, output);
    assert.equal(simulator.ledger.openSessions.length, 0);
    for (const { record } of simulator.sessions.filter(({ record: { closeCode } }) => closeCode === 1000))
      assert.ok(record.terminateAt !== undefined);
    assert.ok(simulator.sessions.filter(({ record }) => record.closeCode === 1000).length >= 4, "hung up in order");
  });

  it("terminates sessions that have not begun on Ctrl-C", async () => {
    const simulator = await service({ latency: { ...REALISTIC_LATENCY, begin: 3000 } });
    const { child, ended } = start(["--url", simulator.url]);
    await until("open sockets", () => simulator.sessions.filter(({ isOpen }) => isOpen).length >= 4, 15_000);
    await pause(500);
    assert.ok(simulator.sessions.every(({ record }) => record.begunAt === undefined));
    child.kill("SIGINT");
    const { code, output } = await ended;
    assert.equal(code, 130, output);
    assert.equal(simulator.ledger.openSessions.length, 0);
    const terminated = simulator.sessions.filter(({ record }) => record.terminateAt !== undefined);
    assert.ok(terminated.length >= 4, `${terminated.length} of ${simulator.sessions.length} sessions were terminated`);
  });

  it("spends nothing without a key, without an answer, or at an address that the key is not for", async () => {
    for (const [args, env, reason] of [
      [["--yes"], {}, /key/i],
      [[], undefined, /--yes/],
      [["--yes", "--url", "wss://example.com/v3/ws"], undefined, /example\.com/],
      [["--yes", "--url", "ws://example.com/v3/ws"], undefined, /example\.com/],
      [["--region", "moon"], undefined, /must be one of default, us, eu/],
      [["--region", "eu", "--url", "ws://127.0.0.1:9/v3/ws"], undefined, /--region and --url/],
      [["--per-minute", "0"], undefined, /--per-minute/],
      [["--json", join(folder, "no", "such", "folder.json"), "--url", "ws://127.0.0.1:9/v3/ws"], undefined, /no such file/],
      [["--nonsense"], undefined, /nonsense/],
    ] as [string[], NodeJS.ProcessEnv | undefined, RegExp][]) {
      const { code, output } = await start(args, env).ended;
      assert.equal(code, 2, output);
      assert.match(output, reason);
      assert.ok(!output.includes(KEY) && !output.includes("Measuring") && !/^\s+at /m.test(output), output);
    }
  });

  it("explains itself with --help", async () => {
    const { code, output } = await start(["--help"]).ended;
    assert.equal(code, 0);
    assert.match(output, /ASSEMBLYAI_API_KEY/);
  });
});
