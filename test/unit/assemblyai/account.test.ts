import assert from "node:assert/strict";
import { resolveAccount, type AccountSettings } from "../../../nodes/lib/assemblyai/account";
import { addresseeOf } from "../../../nodes/lib/assemblyai/addressee";
import { AaiError, type ErrorKey } from "../../../nodes/lib/common/errors";

const KEY = "0123456789abcdef0123456789abcdef";
const settings: AccountSettings = { endpoint: "default", url: "", apiKey: KEY, environmentKey: undefined };

function refusal(changes: Partial<AccountSettings>): AaiError {
  try {
    resolveAccount({ ...settings, ...changes });
  } catch (thrown) {
    assert.ok(thrown instanceof AaiError, String(thrown));
    return thrown;
  }
  throw new Error("nothing was refused");
}

const key = (apiKey: string, environmentKey?: string) => resolveAccount({ ...settings, apiKey, environmentKey }).apiKey;
const at = (url: string, credential: string, environmentKey?: string): Partial<AccountSettings> => ({
  endpoint: "custom",
  url,
  apiKey: credential,
  environmentKey,
});
const custom = (url: string) => resolveAccount({ ...settings, ...at(url, `${addresseeOf(url)} ${KEY}`) }).url;

function assertUrlRefused(expected: ErrorKey, urls: string[]): void {
  for (const url of urls) assert.equal(refusal({ endpoint: "custom", url }).key, expected, url);
}

describe("account: the address", () => {
  it("has the service's own addresses", () => {
    const urls = ["default", "us", "eu"].map((endpoint) => resolveAccount({ ...settings, endpoint }).url);
    assert.deepEqual(urls, [
      "wss://streaming.assemblyai.com/v3/ws",
      "wss://streaming.us.assemblyai.com/v3/ws",
      "wss://streaming.eu.assemblyai.com/v3/ws",
    ]);
  });

  it("has the simulator's address, which needs no key and gets none", () => {
    for (const apiKey of ["", KEY, "${NOT_SET}"]) {
      const account = resolveAccount({ endpoint: "simulator", url: "nonsense", apiKey, environmentKey: KEY });
      assert.deepEqual(account, { url: "ws://127.0.0.1:8765/v3/ws", apiKey: "simulator" });
    }
  });

  it("refuses an unknown endpoint, and quotes nothing of it: it may be a key that was pasted there", () => {
    const error = refusal({ endpoint: KEY });
    assert.equal(error.code, "AAI_PROPERTY");
    assert.match(error.message, /endpoint must be one of default, us, eu, simulator, custom\.$/);
    assert.doesNotMatch(JSON.stringify(error) + error.stack, new RegExp(KEY));
  });

  it("does not look at the address of an account that uses the service's own", () => {
    assert.equal(resolveAccount({ ...settings, url: "nonsense" }).url, "wss://streaming.assemblyai.com/v3/ws");
  });

  it("takes any encrypted address up to /v3/ws", () => {
    for (const url of ["wss://speech.example.com/v3/ws", "wss://8.8.8.8:8443/v3/ws", "wss://proxy.example.com/assemblyai/v3/ws"]) {
      assert.equal(custom(url), url);
    }
    assert.equal(custom("  wss://speech.example.com/v3/ws\n"), "wss://speech.example.com/v3/ws");
  });

  it("takes an unencrypted address of a private host", () => {
    const hosts = ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "[::1]", "10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1"];
    hosts.push("[fc00::1]", "[fdff::1]", "[fe80::1]", "[febf::1]", "[::ffff:127.0.0.1]", "voice.local", "voice.local.", "2130706433");
    for (const host of hosts) assert.match(custom(`ws://${host}:8765/v3/ws`), /^ws:\/\/[^/]+:8765\/v3\/ws$/, host);
  });

  it("refuses an unencrypted address of any other host, and names it", () => {
    const hosts = ["streaming.assemblyai.com", "8.8.8.8", "126.255.255.255", "128.0.0.1", "11.0.0.1", "172.15.255.255", "172.32.0.1"];
    hosts.push("192.167.1.1", "192.169.1.1", "[2001:db8::1]", "[fbff::1]", "[fe00::1]", "[fec0::1]", "[::2]", "[::ffff:8.8.8.8]");
    hosts.push(
      "simulator",
      "my-server",
      "local",
      "local.example.com",
      "notlocal.example",
      "127.0.0.1.example.com",
      "localhost.example.com",
      "x.locality",
    );
    assertUrlRefused(
      "AAI_URL/public",
      hosts.map((host) => `ws://${host}/v3/ws`),
    );
    assert.match(refusal({ endpoint: "custom", url: "ws://streaming.assemblyai.com/v3/ws" }).message, /streaming\.assemblyai\.com/);
  });

  it("refuses what is not an address of the service", () => {
    const urls = ["", " ", "streaming.assemblyai.com", "streaming.assemblyai.com/v3/ws", "https://streaming.assemblyai.com/v3/ws"];
    urls.push("file:///v3/ws", "wss://", "wss://a b/v3/ws", "${URL}", "wss://example.com", "wss://example.com/", "wss://example.com/v2/ws");
    urls.push(
      "wss://example.com/v3/ws/",
      "wss://example.com/v3/ws/x",
      "wss://example.com/v3",
      "ws://localhost:8765",
      "ws://localhost:99999/v3/ws",
    );
    assertUrlRefused("AAI_URL/syntax", urls);
  });

  it("refuses an address with a secret in it, and quotes nothing of it", () => {
    const urls = [
      "user:hush@x.example/v3/ws",
      "hush@x.example/v3/ws",
      "x.example/v3/ws?token=hush",
      "x.example/v3/ws#hush",
      "x.example/v3/ws?",
    ];
    assertUrlRefused(
      "AAI_URL/secret",
      urls.map((url) => `wss://${url}`),
    );
    const broken = ["wss://user:hush@a b/v3/ws", "https://x.example/?token=hush", "hush", "wss://x.example/hush"];
    for (const url of [...urls.map((rest) => `wss://${rest}`), ...broken]) {
      assert.doesNotMatch(JSON.stringify(refusal({ endpoint: "custom", url })) + refusal({ endpoint: "custom", url }).stack, /hush/);
    }
  });
});

describe("account: the key", () => {
  it("is the account's own, without pasted white space", () => {
    assert.equal(key(KEY, "another"), KEY);
    assert.equal(key(` \t${KEY}\r\n`), KEY);
  });

  it("falls back to the environment variable", () => {
    assert.equal(key("", KEY), KEY);
    assert.equal(key("  ", `${KEY}\n`), KEY);
  });

  it("is missed where there is none", () => {
    for (const environmentKey of [undefined, "", " \n"]) assert.equal(refusal({ apiKey: "", environmentKey }).code, "AAI_KEY_MISSING");
  });

  it("is refused while it is the name of a variable that is not set; nothing of it is quoted, as it may be a key", () => {
    for (const apiKey of [
      "${VOICE_KEY}",
      " ${VOICE_KEY} ",
      "x${VOICE_KEY}y",
      "${ VOICE_KEY }",
      "$(VOICE_KEY)",
      "example.com ${VOICE_KEY}",
    ]) {
      const error = refusal({ apiKey });
      assert.equal(error.code, "AAI_KEY_UNRESOLVED");
      assert.doesNotMatch(JSON.stringify(error) + error.stack, /VOICE_KEY|example\.com/);
    }
    assert.equal(refusal({ apiKey: "", environmentKey: "${OTHER}" }).code, "AAI_KEY_UNRESOLVED");
    assert.equal(refusal({ apiKey: "${}" }).code, "AAI_KEY_UNRESOLVED");
  });

  it("is refused with characters that an HTTP header cannot hold, and never quoted", () => {
    for (const apiKey of ["hush hush hush", "h\u00fcsh hush hush", "hush\u0000", "hüsh", "“hush”", "hush\u200b"]) {
      const error = refusal({ apiKey });
      assert.equal(error.code, "AAI_KEY_INVALID");
      assert.doesNotMatch(JSON.stringify(error) + error.stack, /h[uü]\n?sh/);
    }
  });

  it("is in no error about the address", () => {
    for (const changes of [{ endpoint: "mars" }, { endpoint: "custom", url: "ws://8.8.8.8/v3/ws" }]) {
      assert.doesNotMatch(JSON.stringify(refusal(changes)) + refusal(changes).message, new RegExp(KEY));
    }
  });
});

describe("account: the host that a key is for", () => {
  const url = "wss://speech.example.com:8443/v3/ws";
  const hostRefused = (changes: Partial<AccountSettings>) => assert.equal(refusal(changes).code, "AAI_KEY_HOST", JSON.stringify(changes));

  it("is the service's own where the credential names none", () => {
    for (const host of ["streaming.assemblyai.com", "streaming.us.assemblyai.com", "streaming.eu.assemblyai.com"]) {
      assert.equal(resolveAccount({ ...settings, ...at(`wss://${host}/v3/ws`, KEY) }).apiKey, KEY);
    }
  });

  it("is the one that the credential names, with its port", () => {
    for (const credential of [`speech.example.com:8443 ${KEY}`, `SPEECH.example.com:8443\t${KEY}\n`]) {
      assert.deepEqual(resolveAccount({ ...settings, ...at(url, credential) }), { url, apiKey: KEY });
    }
    assert.equal(resolveAccount({ ...settings, ...at("wss://speech.example.com/v3/ws", `speech.example.com:443 ${KEY}`) }).apiKey, KEY);
    assert.equal(resolveAccount({ ...settings, ...at("ws://[::1]:8765/v3/ws", `[::1]:8765 ${KEY}`) }).apiKey, KEY);
  });

  it("is no other: neither a stored key nor the environment's follows a change of the address", () => {
    hostRefused(at(url, KEY));
    hostRefused(at(url, "", KEY));
    hostRefused(at(url, ""));
    for (const host of ["speech.example.com", "speech.example.com:443", "example.com:8443", "evil.example", "streaming.assemblyai.com"]) {
      hostRefused(at(url, `${host} ${KEY}`));
    }
    for (const host of ["x@speech.example.com:8443", "speech.example.com:8443/", "speech.example.com:8443?", "//speech.example.com:8443"]) {
      hostRefused(at(url, `${host} ${KEY}`));
    }
    hostRefused({ endpoint: "default", apiKey: `speech.example.com:8443 ${KEY}` });
    hostRefused({ endpoint: "eu", apiKey: `streaming.assemblyai.com ${KEY}` });
    hostRefused(at("wss://streaming.assemblyai.com:8443/v3/ws", KEY));
    hostRefused(at("wss://streaming.assemblyai.com.evil.example/v3/ws", KEY));
    hostRefused(at("wss://assemblyai.com/v3/ws", KEY));
  });

  it("is named with ws:// where the address is not encrypted: nobody takes the encryption away without the key", () => {
    const plain = "ws://hub.local:443/v3/ws";
    for (const credential of ["hub.local:443", "wss://hub.local:443", "http://hub.local:443", "ws://hub.local"]) {
      hostRefused(at(plain, `${credential} ${KEY}`));
    }
    hostRefused(at("wss://hub.local:443/v3/ws", `ws://hub.local:443 ${KEY}`));
    hostRefused(at("ws://192.168.1.1:8765/v3/ws", `192.168.1.1:8765 ${KEY}`));
    assert.equal(resolveAccount({ ...settings, ...at(plain, `ws://hub.local:443 ${KEY}`) }).apiKey, KEY);
    assert.equal(resolveAccount({ ...settings, ...at("wss://hub.local/v3/ws", `wss://hub.local ${KEY}`) }).apiKey, KEY);
    assert.match(refusal(at(plain, `hub.local:443 ${KEY}`)).message, /no key for ws:\/\/hub\.local:443:/);
  });

  it("is this machine with ws:// or without it, as nothing leaves the machine", () => {
    for (const host of ["127.0.0.1:8765", "localhost:8765", "[::1]:8765"]) {
      for (const credential of [host, `ws://${host}`]) {
        assert.equal(resolveAccount({ ...settings, ...at(`ws://${host}/v3/ws`, `${credential} ${KEY}`) }).apiKey, KEY, credential);
      }
    }
  });

  it("is named in the error, and the key is not", () => {
    const error = refusal(at(url, `evil.example ${KEY}`));
    assert.match(error.message, /speech\.example\.com:8443/);
    assert.doesNotMatch(JSON.stringify(error) + error.stack, new RegExp(`${KEY}|evil`));
  });
});
