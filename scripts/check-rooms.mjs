// Keeps the arrows between the rooms going one way, and the files free of import circles. Reads the imports from the source text.
// Usage: node scripts/check-rooms.mjs [root of the tree]
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";

/** From top to bottom: a room imports from itself and from what is below it. */
const ROOMS = [
  "bench",
  "check",
  "simulator",
  "nodes",
  "nodes/lib/speech-to-text",
  "nodes/lib/stream",
  "nodes/lib/billing",
  "nodes/lib/session",
  "nodes/lib/microphone",
  "nodes/lib/voice",
  "nodes/lib/wakeword",
  "nodes/lib/assemblyai",
  "nodes/lib/audio",
  "nodes/lib/common",
  "nodes/locales",
];
const ENGINE = "nodes/lib/";

const root = resolve(process.argv[2] ?? join(import.meta.dirname, ".."));

function* sources(folder) {
  if (!existsSync(join(root, folder))) return;
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (path.endsWith(".ts") && !path.endsWith(".d.ts")) yield path;
  }
}

/** Undefined for a file of the engine that lies in none of its rooms. */
function roomOf(path) {
  const room = ROOMS.findLast((name) => path.startsWith(`${name}/`));
  return room === "nodes" && path.startsWith(ENGINE) ? undefined : room;
}

const DECLARATION = /^(?:import|export)\s+(?<type>type\s)?(?:[^"';]*?\bfrom\s+)?"(?<from>[^"]+)"/gm;
const CALL = /\b(?:import|require)\("(?<from>[^"]+)"\)/g;

function* importsOf(path) {
  const code = readFileSync(join(root, path), "utf8").replace(/^\s*(?:\/\*|\*|\/\/).*$/gm, "");
  for (const { groups } of [...code.matchAll(DECLARATION), ...code.matchAll(CALL)]) {
    yield { from: groups.from, isType: groups.type !== undefined };
  }
}

/** The file that a relative import means. */
function fileOf(importer, from) {
  const path = posix.join(dirname(importer), from);
  return [path, `${path}.ts`, `${path}/index.ts`].find((file) => /\.(ts|json)$/.test(file) && existsSync(join(root, file)));
}

const complaints = [];
const graph = new Map();

function checkImport(path, room, { from, isType }) {
  const isEngine = path.startsWith(ENGINE);
  if (!from.startsWith(".")) {
    if (isEngine && /^(@?node-red)(\/|$)/.test(from)) complaints.push(`${path}: the engine must not know Node-RED, but imports ${from}`);
    return;
  }
  const target = fileOf(path, from);
  if (target === undefined) return; // tsc complains
  graph.get(path).push(target);
  const below = roomOf(target);
  if (below === undefined) return; // a complaint of its own
  const isUpward = ROOMS.indexOf(below) < ROOMS.indexOf(room);
  if (isUpward) complaints.push(`${path}: ${room} lies below ${below}, but imports ${target}`);
  if (below === "nodes" && room !== "nodes" && !isUpward) complaints.push(`${path}: only Node-RED loads ${target}`);
  // The English texts of all errors are common's; the other rooms only know which texts there are.
  if (below === "nodes/locales" && isEngine && room !== "nodes/lib/common" && !isType) {
    complaints.push(`${path}: import type from ${target}`);
  }
}

for (const path of ["bench", "check", "simulator", "nodes"].flatMap((folder) => [...sources(folder)])) {
  graph.set(path, []);
  const room = roomOf(path);
  if (room === undefined) complaints.push(`${path}: lies in no room`);
  else for (const found of importsOf(path)) checkImport(path, room, found);
}

/** Depth first: an import of a file that is still on the way down closes a circle. */
function findCircles() {
  const done = new Set();
  const way = [];
  const visit = (path) => {
    if (way.includes(path)) {
      complaints.push(`circle: ${[...way.slice(way.indexOf(path)), path].join(" → ")}`);
      return;
    }
    if (done.has(path)) return;
    done.add(path);
    way.push(path);
    for (const next of graph.get(path) ?? []) visit(next);
    way.pop();
  };
  for (const path of graph.keys()) visit(path);
}

findCircles();
for (const complaint of complaints) console.error(complaint);
if (graph.size === 0) console.error(`no sources below ${root}`);
process.exit(complaints.length > 0 || graph.size === 0 ? 1 : 0);
