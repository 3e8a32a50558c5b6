import assert from "node:assert/strict";
import helper from "node-red-node-test-helper";
import configNode from "../../nodes/assemblyai-config";
import type { AccountNode } from "../../nodes/lib/assemblyai/account";
import { AaiError } from "../../nodes/lib/common/errors";

const KEY = "0123456789abcdef0123456789abcdef";
const savedKey = process.env["ASSEMBLYAI_API_KEY"];

async function load(properties: Record<string, unknown>, credentials: Record<string, string> = {}) {
  const flow = [{ id: "account", type: "assemblyai-config", name: "", ...properties }];
  await helper.load(configNode, flow, { account: credentials });
  return helper.getNode("account") as ReturnType<typeof helper.getNode> & AccountNode;
}

function codeOf(node: AccountNode): string {
  try {
    node.account();
  } catch (thrown) {
    if (thrown instanceof AaiError) return thrown.code;
    throw thrown;
  }
  return "none";
}

describe("assemblyai-config", () => {
  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(() => delete process.env["ASSEMBLYAI_API_KEY"]);
  afterEach(() => helper.unload());
  after(() => {
    if (savedKey === undefined) delete process.env["ASSEMBLYAI_API_KEY"];
    else process.env["ASSEMBLYAI_API_KEY"] = savedKey;
  });

  it("returns the address and the key from the credentials", async () => {
    const node = await load({ endpoint: "eu", url: "" }, { apiKey: KEY });
    const { url, apiKey, line } = node.account();
    assert.deepEqual([url, apiKey], ["wss://streaming.eu.assemblyai.com/v3/ws", KEY]);
    assert.equal(line, node.account().line, "all nodes of the account wait in one line");
  });

  it("returns a custom address", async () => {
    const node = await load({ endpoint: "custom", url: "ws://127.0.0.1:8765/v3/ws" }, { apiKey: `127.0.0.1:8765 ${KEY}` });
    assert.equal(node.account().url, "ws://127.0.0.1:8765/v3/ws");
  });

  it("returns the simulator's address without a key", async () => {
    const node = await load({ endpoint: "simulator" });
    const { url, apiKey } = node.account();
    assert.deepEqual([url, apiKey], ["ws://127.0.0.1:8765/v3/ws", "simulator"]);
  });

  it("takes the environment's key when a session opens, not when it is deployed", async () => {
    const node = await load({ endpoint: "default" });
    assert.equal(codeOf(node), "AAI_KEY_MISSING");
    process.env["ASSEMBLYAI_API_KEY"] = KEY;
    assert.equal(node.account().apiKey, KEY);
  });

  it("takes a key from an environment variable that Node-RED resolves, and refuses one that is not set", async () => {
    process.env["AAI_TEST_KEY"] = KEY;
    try {
      assert.equal((await load({ endpoint: "default" }, { apiKey: "${AAI_TEST_KEY}" })).account().apiKey, KEY);
    } finally {
      delete process.env["AAI_TEST_KEY"];
    }
    await helper.unload();
    assert.equal(codeOf(await load({ endpoint: "default" }, { apiKey: "${AAI_TEST_KEY}" })), "AAI_KEY_UNRESOLVED");
  });

  it("survives settings of any type, as an imported flow may hold them", async () => {
    const node = await load({ endpoint: "custom", url: 42 }, { apiKey: KEY });
    assert.equal(codeOf(node), "AAI_URL");
    await helper.unload();
    assert.equal((await load({}, { apiKey: KEY })).account().url, "wss://streaming.assemblyai.com/v3/ws");
  });

  it("reports nothing by itself: no log, no status, no error, and nowhere the key", async () => {
    const node = await load({ endpoint: "custom", url: "nonsense" }, { apiKey: KEY });
    assert.equal(codeOf(node), "AAI_URL");
    const said = JSON.stringify(helper.log().args);
    assert.doesNotMatch(said, new RegExp(KEY));
    assert.doesNotMatch(said, /"id":"account"/);
  });
});
