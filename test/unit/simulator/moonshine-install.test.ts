import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { installMoonshine, isInstalled, moonshineFolder } from "../../../simulator/recognisers/moonshine-install";
import { checkMoonshine } from "../../../simulator/recognisers/moonshine-check";
import { FILE_HASHES, PACKAGES, type Package } from "../../../simulator/recognisers/moonshine-files";
import { MoonshineThread } from "../../../simulator/recognisers/moonshine-thread";
import { runNpm, type Npm } from "../../../simulator/recognisers/npm";
import { extract } from "../../../simulator/recognisers/tar";

/** A package's tarball as npm makes it. */
function tarball(files: Record<string, Buffer>): Buffer {
  const blocks = Object.entries(files).flatMap(([path, content]) => {
    const header = Buffer.alloc(512);
    const slash = path.lastIndexOf("/");
    const [prefix, name] = path.length > 100 ? [path.slice(0, slash), path.slice(slash + 1)] : ["", path];
    header.write(name, 0);
    header.write("0000644\0", 100);
    header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("0", 156);
    header.write("ustar\u000000", 257);
    header.write(prefix, 345);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const WEIGHTS = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * i) % 251));
const LONG = `package/${"long/".repeat(22)}file.txt`;
const ARCHIVES: Record<string, Buffer> = {
  model: tarball({
    "package/install.js": Buffer.from("throw 1"),
    "package/model/weights": WEIGHTS,
    "package/empty": Buffer.alloc(0),
    "package/block": Buffer.alloc(512, 7),
  }),
  runtime: tarball({ "package/run.mjs": Buffer.from("export {}"), [LONG]: Buffer.from("far down") }),
};

function wanted(name: string, files: Record<string, string>): Package {
  const integrity = `sha512-${createHash("sha512")
    .update(ARCHIVES[name] ?? "")
    .digest("base64")}`;
  return { name, version: "1.2.3", integrity, megabytes: 1, files };
}

const packages = [
  wanted("model", { "package/model/weights": "weights", "package/empty": "empty", "package/block": "block" }),
  wanted("runtime", { "package/run.mjs": "run.mjs", [LONG]: "far.txt" }),
];

describe("moonshine's installation", () => {
  let cache: string;
  let folder: string;
  let commands: string[];

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "moonshine-test-"));
    folder = join(cache, "deep", "moonshine-1");
    commands = [];
  });
  afterEach(() => rmSync(cache, { recursive: true }));

  const npm: Npm = (args, into) => {
    commands.push(args.join(" "));
    const name = /^pack (\w+)@/.exec(args.join(" "))?.[1];
    if (name !== undefined) writeFileSync(join(into, `${name}-1.2.3.tgz`), ARCHIVES[name] ?? "");
    return Promise.resolve();
  };
  const install = (changes: Partial<Parameters<typeof installMoonshine>[0]> = {}): Promise<string> =>
    installMoonshine({ folder, packages, npm, ...changes });
  const failing =
    (reason: string, at: string): Npm =>
    (args, ...rest) =>
      args.join(" ").startsWith(at) ? Promise.reject(new Error(reason)) : npm(args, ...rest);

  it("keeps the files that are needed, and nothing else", async () => {
    const lines: string[] = [];
    ok(!isInstalled(folder, packages));
    equal(await install({ say: (line) => lines.push(line) }), folder);
    ok(isInstalled(folder, packages));
    deepEqual(readdirSync(folder).sort(), ["block", "empty", "far.txt", "run.mjs", "weights"]);
    deepEqual(readFileSync(join(folder, "weights")), WEIGHTS);
    deepEqual(readFileSync(join(folder, "block")), Buffer.alloc(512, 7));
    equal(readFileSync(join(folder, "far.txt"), "utf8"), "far down");
    deepEqual(readdirSync(dirname(folder)), ["moonshine-1"]);
    deepEqual(lines, ["  1 of 2: model 1.2.3, 1 MB", "  2 of 2: runtime 1.2.3, 1 MB"]);
  });

  it("asks npm first whether its registry answers, then for each package, without scripts", async () => {
    await install();
    deepEqual(commands, [
      "view model@1.2.3 dist.integrity --fetch-retries=0",
      "pack model@1.2.3 --ignore-scripts",
      "pack runtime@1.2.3 --ignore-scripts",
    ]);
    await install();
    equal(commands.length, 3, "once");
  });

  it("leaves nothing behind where the registry does not answer, or a download breaks off", async () => {
    for (const at of ["view", "pack model", "pack runtime"]) {
      await rejects(install({ npm: failing("npm: ECONNRESET", at) }), /^Error: npm: ECONNRESET$/);
      deepEqual(readdirSync(dirname(folder)), []);
    }
  });

  it("refuses a tarball that is not the published one", async () => {
    const [model, runtime] = packages as [Package, Package];
    const other = { ...runtime, integrity: model.integrity };
    await rejects(install({ packages: [model, other] }), /the tarball of runtime 1\.2\.3 is not the one that was published/);
    deepEqual(readdirSync(dirname(folder)), []);
  });

  it("refuses a tarball without a file that is needed", async () => {
    await rejects(install({ packages: [wanted("model", { "package/more": "more" })] }), /lacks package\/more/);
    deepEqual(readdirSync(dirname(folder)), []);
  });

  it("does no harm where two processes fetch at once", async () => {
    deepEqual(await Promise.all([install(), install(), install()]), [folder, folder, folder]);
    ok(isInstalled(folder, packages));
    deepEqual(readdirSync(dirname(folder)), ["moonshine-1"]);
  });

  it("repairs a folder from which a file was deleted", async () => {
    await install();
    rmSync(join(folder, "weights"));
    await install();
    deepEqual(readFileSync(join(folder, "weights")), WEIGHTS);
  });

  it("removes the files of a process that was killed, but not those of one that is fetching", async () => {
    const [old, young] = [`${folder}.tmp-old`, `${folder}.tmp-young`];
    for (const path of [old, young]) mkdirSync(path, { recursive: true });
    utimesSync(old, new Date(Date.now() - 7200_000), new Date(Date.now() - 7200_000));
    await install();
    deepEqual([existsSync(old), existsSync(young)], [false, true]);
  });

  it("reads no archive that is cut off", async () => {
    const broken = join(cache, "broken.tgz");
    mkdirSync(folder, { recursive: true });
    writeFileSync(broken, (ARCHIVES["model"] ?? Buffer.alloc(0)).subarray(0, 300));
    await rejects(extract(broken, { "package/model/weights": "weights" }, folder), /unexpected end/);
    const short = join(cache, "short.tgz");
    writeFileSync(
      short,
      gzipSync(Buffer.concat([Buffer.from("package/a".padEnd(124, "\0") + "00000001000\0".padEnd(388, "\0")), Buffer.alloc(5)])),
    );
    await rejects(extract(short, { "package/a": "a" }, folder), /lacks its end/);
  });

  it("is in the user's cache, at the system's usual place, with its versions in its name", () => {
    const name = "node-red-contrib-assemblyai/moonshine-0.1.29-onnxruntime-1.30.0";
    equal(moonshineFolder({ XDG_CACHE_HOME: "/var/cache/me" }, "linux"), join("/var/cache/me", name));
    equal(moonshineFolder({}, "darwin"), join(homedir(), ".cache", name));
    equal(moonshineFolder({ LOCALAPPDATA: "C:/Local" }, "win32"), join("C:/Local", name));
    equal(moonshineFolder({}, "win32"), join(homedir(), "AppData/Local", name));
  });

  it("is checked at each load: a file that was changed, and a folder that others can write to, are refused @posix", async () => {
    await install();
    const hashes = { weights: createHash("sha256").update(WEIGHTS).digest("hex"), empty: createHash("sha256").digest("hex") };
    await checkMoonshine(folder, hashes);
    for (const path of [folder, dirname(folder)]) {
      const { mode } = statSync(path);
      chmodSync(path, 0o777);
      await rejects(checkMoonshine(folder, hashes), /other users can write to/);
      chmodSync(path, mode);
    }
    for (const [path, mode] of [
      [cache, 0o777],
      [join(folder, "weights"), 0o666],
    ] as const) {
      const before = statSync(path).mode;
      chmodSync(path, mode);
      await rejects(checkMoonshine(folder, hashes), /other users can write to/);
      chmodSync(path, before);
    }
    chmodSync(cache, 0o1777); // as /tmp: only its owner can rename what is in it
    await checkMoonshine(folder, hashes);
    writeFileSync(join(folder, "empty"), "x");
    await rejects(checkMoonshine(folder, hashes), /empty is not the file that was published: delete the folder/);
    rmSync(join(folder, "empty"));
    await rejects(checkMoonshine(folder, hashes), { code: "ENOENT" });
    const thread = new MoonshineThread(folder);
    await rejects(thread.ready, /ENOENT/);
    await thread.close();
  });

  it("has a hash for each of its files", () => {
    deepEqual(Object.keys(FILE_HASHES).sort(), PACKAGES.flatMap(({ files }) => Object.values(files)).sort());
  });

  it("names each package by an exact version and its published hash", () => {
    for (const { version, integrity } of PACKAGES) {
      match(version, /^\d+\.\d+\.\d+$/);
      equal(Buffer.from(integrity.replace(/^sha512-/, ""), "base64").length, 64);
    }
  });
});

const view = (limit: number, signal?: AbortSignal): Promise<void> =>
  runNpm(["view", "some-package", "--fetch-retries=0"], tmpdir(), limit, signal);

describe("npm", () => {
  const [name, value] = ["npm_config_registry", process.env["npm_config_registry"]];
  afterEach(() => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  });

  it("reports by its code why a registry cannot be reached", async () => {
    process.env[name] = "http://127.0.0.1:9/";
    await rejects(view(10_000), /^Error: npm: ECONNREFUSED$/);
  });

  it("is ended where the registry does not answer, or where the caller aborts", async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const address = mute.address();
    process.env[name] = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
    try {
      const began = performance.now();
      await rejects(view(700), /registry did not answer within 0\.7 s/);
      await rejects(view(60_000, AbortSignal.timeout(300)), /given up/);
      await rejects(view(60_000, AbortSignal.abort()), /given up/);
      ok(performance.now() - began < 5000);
    } finally {
      mute.close();
    }
  });
});
