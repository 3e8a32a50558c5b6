import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root, type NodeRedProgram } from "./node-red-process";

function npm(args: string[], cwd: string): string {
  return execFileSync("npm", [...args, "--ignore-scripts", "--no-audit", "--no-fund"], { cwd, encoding: "utf8", stdio: "pipe" });
}

/**
 * A user directory of Node-RED with this package installed from its tarball, as from the registry.
 * @param others packages to install beside it
 */
export function installPacked(others: string[] = []): { userDir: string; remove: () => void } {
  const userDir = mkdtempSync(join(tmpdir(), "node-red-packed-"));
  const remove = () => rmSync(userDir, { recursive: true, force: true });
  try {
    npm(["install", "--prefer-offline", "--prefix", userDir, pack(userDir), ...others], userDir);
  } catch (error) {
    remove();
    throw error;
  }
  return { userDir, remove };
}

/**
 * Packs the build, from a copy without scripts: npm 10 builds anew before it packs, also with --ignore-scripts, and for a moment this and
 * other tests would have no files to run.
 * @returns the tarball
 */
function pack(destination: string): string {
  const copy = mkdtempSync(join(tmpdir(), "packing-"));
  try {
    const left = /^(node_modules|\.git|dist\/(test|bench))$/;
    cpSync(root, copy, { recursive: true, filter: (source) => !left.test(relative(root, source)) });
    const { scripts: _, ...manifest } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    writeFileSync(join(copy, "package.json"), JSON.stringify(manifest));
    const [packed] = JSON.parse(npm(["pack", "--json", "--pack-destination", destination], copy)) as { filename: string }[];
    return join(destination, packed?.filename ?? "");
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * Node-RED 5 and the Node.js that it needs, from npx's cache; npx fetches them (in about 20 s) the first time. As devDependencies, both are
 * too large, and `node` would take the place of the system's Node.js in every npm script.
 */
export function nodeRed5(): NodeRedProgram {
  const packages = ["node@22.23.3", "node-red@5.0.7"].flatMap((name) => ["-p", name]);
  const script = 'command -v node; readlink -f "$(command -v node-red)"';
  // No local package of that name may come first: outside of the repository there is none.
  const found = execFileSync("npx", ["-y", ...packages, "-c", script], { cwd: tmpdir(), encoding: "utf8", stdio: "pipe" });
  const [node = "", red = ""] = found.trim().split("\n").slice(-2);
  return { node, red };
}
