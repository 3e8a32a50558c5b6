import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

interface Entry {
  integrity?: string;
  resolved?: string;
  inBundle?: boolean;
  dev?: boolean;
  devOptional?: boolean;
}

const root = resolve(__dirname, "../../../..");
const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Record<string, Entry> };
const entries = Object.entries(packages).filter(([path]) => path !== "");

describe("package-lock.json", () => {
  it("has a SHA-512 for each package, but for those inside of another one's tarball", () => {
    assert.ok(entries.length > 300);
    for (const [path, { integrity = "", inBundle }] of entries) {
      if (inBundle) assert.ok(path.includes("/node_modules/npm/node_modules/") || path.startsWith("node_modules/npm/node_modules/"), path);
      else assert.match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/, path);
    }
  });

  it("takes nothing from elsewhere than the registry", () => {
    for (const [path, { resolved }] of entries) {
      if (resolved !== undefined) assert.match(resolved, /^https:\/\/registry\.npmjs\.org\//, path);
    }
  });

  it("installs ws and mic for users, and nothing else", () => {
    const installed = entries.filter(([, { dev, devOptional }]) => !dev && !devOptional).map(([path]) => path);
    assert.deepEqual(installed, ["node_modules/mic", "node_modules/ws"]);
  });
});
