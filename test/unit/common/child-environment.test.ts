import assert from "node:assert/strict";
import { childEnvironment } from "../../../nodes/lib/common/child-environment";

const SECRETS = {
  ASSEMBLYAI_API_KEY: "k",
  MY_KEY: "k",
  NODE_RED_CREDENTIAL_SECRET: "s",
  AWS_SECRET_ACCESS_KEY: "a",
  LD_PRELOAD: "/x.so",
  NODE_OPTIONS: "-r x",
};
const RECORDER = {
  PATH: "/usr/bin",
  HOME: "/home/pi",
  LANG: "de_DE.UTF-8",
  LC_CTYPE: "C.UTF-8",
  XDG_RUNTIME_DIR: "/run/user/1000",
  ALSA_CONFIG_PATH: "/etc/alsa.conf",
  ALSA_CARD: "1",
  PULSE_SERVER: "unix:/pulse",
  PIPEWIRE_REMOTE: "pipewire-0",
  AUDIODEV: "hw:1",
  AUDIODRIVER: "alsa",
  DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/user/1000/bus",
};
const WINDOWS = { Path: "C:\\Windows", SystemRoot: "C:\\Windows", TEMP: "C:\\Temp", USERPROFILE: "C:\\Users\\a" };
const NPM = {
  npm_config_registry: "http://127.0.0.1/",
  https_proxy: "http://proxy",
  NO_PROXY: "x",
  NODE_EXTRA_CA_CERTS: "/ca.pem",
  NPM_TOKEN: "t",
};

describe("environment of child processes", () => {
  it("is what a recorder needs, and no secret, whatever its name", () => {
    assert.deepEqual(childEnvironment({ ...SECRETS, ...RECORDER, ...WINDOWS, ...NPM }, "recorder"), { ...RECORDER, ...WINDOWS });
  });

  it("is what npm needs beside it", () => {
    assert.deepEqual(childEnvironment({ ...SECRETS, ...RECORDER, ...NPM }, "npm"), { ...RECORDER, ...NPM });
  });
});
