// Compares the list of files that npm would publish with the files that the package needs, and with those that may be in it.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const BELONGS = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|THIRD-PARTY-NOTICES)$/,
  /^dist\/nodes\/assemblyai-[a-z-]+\.html$/,
  /^dist\/nodes\/icons\/[a-z-]+\.svg$/,
  /^dist\/nodes\/locales\/[a-z]{2}(-[A-Z]{2})?\/assemblyai-[a-z-]+\.(json|html)$/,
  /^dist\/nodes\/lib\/voice\/weights\//,
  /^dist\/nodes\/lib\/wakeword\/models\/(\w+\.(json|tflite)|LICENSE-micro-wake-word-models)$/,
  /^dist\/simulator\/samples\/\w+\.(wav|json)$/,
  /^dist\/simulator\/samples\/README\.md$/,
  /^examples\/(\d\d - [^/]+\.json|nats\.conf)$/,
  /^satellite\/satellite\.py$/,
];

const tarball = pack();
const packed = new Set(tarball.files.map(({ path }) => path));
const compiled = compiledFiles();

const problems = [
  ...(pack().integrity === tarball.integrity ? [] : ["packed twice, the tarball has other bytes"]),
  ...unnamedPieces(),
  ...[...neededFiles()].filter((file) => !packed.has(file)).map((file) => `missing: ${file}`),
  ...[...packed].filter((file) => !belongs(file)).map((file) => `does not belong: ${file}`),
  ...[...packed].filter((file) => file.endsWith(".js")).flatMap(missingModules),
];
for (const problem of problems) console.error(problem);
console.log(
  `${tarball.filename}: ${packed.size} files, ${Math.round(tarball.size / 1024)} kB, unpacked ${Math.round(tarball.unpackedSize / 1024)} kB`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

/** What npm would publish. The build is up to date: npm need not build again (npm 10 does all the same). */
function pack() {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [made] = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  return made;
}

/** Weights and recordings are not ours: THIRD-PARTY-NOTICES names each of them, and holds its licence or the path of its text. */
function unnamedPieces() {
  const notices = readFileSync(join(root, "THIRD-PARTY-NOTICES"), "utf8");
  const pieces = [...packed].filter((file) => /\.(f16|tflite|wav|onnx|bin)$/.test(file));
  const isNamed = (file) => notices.includes(posix.basename(file)) || notices.includes(`${posix.dirname(file)}/*${posix.extname(file)}`);
  const licences = [...new Set(Array.from(notices.matchAll(/dist\/[\w./-]*LICENSE[\w-]*/g), ([path]) => path))];
  return [
    ...pieces.filter((file) => !isNamed(file)).map((file) => `not named in THIRD-PARTY-NOTICES: ${file}`),
    ...licences.filter((file) => !packed.has(file)).map((file) => `named in THIRD-PARTY-NOTICES, but not in the package: ${file}`),
  ];
}

function belongs(file) {
  return compiled.has(file) || BELONGS.some((pattern) => pattern.test(file));
}

/** The compiled files of the nodes, the simulator and the check; editor scripts become a part of the .html. */
function compiledFiles() {
  const sources = ["nodes", "simulator", "check"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((file) => posix.join("dist", folder, file.replaceAll("\\", "/"))),
  );
  return new Set(sources.filter((file) => /(?<!\.d|\.editor)\.ts$/.test(file)).map((file) => file.replace(/\.ts$/, ".js")));
}

function* neededFiles() {
  yield* ["README.md", "LICENSE", "CHANGELOG.md", "THIRD-PARTY-NOTICES"];
  yield* compiled;
  yield* Object.values(manifest.bin);
  const languages = readdirSync(join(root, "nodes/locales"));
  for (const [type, file] of Object.entries(manifest["node-red"].nodes)) {
    const html = file.replace(/\.js$/, ".html");
    yield* [file, html];
    const icon = /icon: "([\w.-]+)"/.exec(readFileSync(join(root, html), "utf8"))?.[1];
    if (icon !== undefined) yield posix.join(posix.dirname(file), "icons", icon);
    for (const language of languages) {
      for (const kind of ["json", "html"]) yield posix.join(posix.dirname(file), "locales", language, `${type}.${kind}`);
    }
  }
  for (const [id, file] of Object.entries(manifest["node-red"].plugins)) {
    yield* [file, file.replace(/\.js$/, ".html")];
    for (const language of languages) yield posix.join(posix.dirname(file), "locales", language, `${id}.json`);
  }
  for (const file of readdirSync(join(root, "nodes/lib/voice/weights"))) yield `dist/nodes/lib/voice/weights/${file}`;
  for (const file of readdirSync(join(root, "nodes/lib/wakeword/models"))) yield `dist/nodes/lib/wakeword/models/${file}`;
  for (const sample of readdirSync(join(root, "simulator/samples"))) yield `dist/simulator/samples/${sample}`;
  yield "satellite/satellite.py";
  // A folder in examples is an entry of the Import menu, also one without flows.
  for (const example of readdirSync(join(root, "examples"), { withFileTypes: true })) {
    if (example.isFile()) yield `examples/${example.name}`;
  }
}

/** Modules that a packed file requires and that an installation would not have. */
function missingModules(file) {
  const code = readFileSync(join(root, file), "utf8");
  const names = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map((match) => match[1]);
  return names.filter((name) => !isThere(name, file)).map((name) => `${file} requires ${name}, which is not in the package`);
}

function isThere(name, file) {
  if (!name.startsWith(".")) return name.startsWith("node:") || builtinModules.includes(name) || name in manifest.dependencies;
  const path = posix.join(posix.dirname(file), name);
  return [path, `${path}.js`, `${path}.json`, `${path}/index.js`].some(
    (candidate) => packed.has(candidate) && existsSync(join(root, candidate)),
  );
}
