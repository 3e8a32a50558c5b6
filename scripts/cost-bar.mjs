// Draws what a day costs, to scale, from what `npm run bench:day` has measured (docs/day.json). The picture has its own background and colours
// for light and dark pages. With --check, as in npm run lint: only says whether the picture is up to date.
// Usage: node scripts/cost-bar.mjs [--check]
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const picture = join(root, "screenshots/cost.svg");
/** The day of the README's table: people pause for up to 8 s, and no television talks. */
const LONGEST_PAUSE_MS = 8000;
const ROWS = [
  ["sdk", "open", "official SDK, left open"],
  ["speech", "ours", "this package, open: speech"],
];
const [WIDTH, HEIGHT, MARGIN, BAR] = [760, 240, 24, 26];

const days = JSON.parse(readFileSync(join(root, "docs/day.json"), "utf8"));
const day = days.find(({ longestPauseMs, television }) => longestPauseMs === LONGEST_PAUSE_MS && !television);
const usd = (client) => `$${day.rows[client].costUsd.toFixed(2)}`;
const seconds = (client) => `${day.rows[client].billedSeconds.toLocaleString("en-US")} s`;
const title = `24 hours: ${usd("speech")} against ${usd("sdk")}`;

const most = Math.max(...ROWS.map(([client]) => day.rows[client].costUsd));
const bars = ROWS.map(([client, colour, name], i) => {
  const y = 72 + 64 * i;
  const width = Math.max(1, ((WIDTH - 2 * MARGIN) * day.rows[client].costUsd) / most).toFixed(1);
  return `  <text x="${MARGIN}" y="${y}">${name}: <tspan class="figure">${usd(client)}</tspan>, ${seconds(client)} billed</text>
  <rect class="${colour}" x="${MARGIN}" y="${y + 9}" width="${width}" height="${BAR}" rx="1"/>`;
});
const dates = [...new Set(ROWS.map(([client]) => day.rows[client].date))].toSorted((a, b) => a.localeCompare(b));
const notes = [
  `A simulated day: ${day.sentences} sentences with pauses of up to ${LONGEST_PAUSE_MS / 1000} s, the rest quiet or music.`,
  `npm run bench:day, ${day.machine}, ${dates.join(" and ")}.`,
];
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title">
  <title id="title">${title}</title>
  <style>
    text { font: 15px system-ui, sans-serif; fill: #1f2328 }
    .title { font-size: 20px; font-weight: 600 }
    .figure { font-weight: 600 }
    .small { font-size: 12px; fill: #59636e }
    .page { fill: #fff }
    .open { fill: #cf5b44 }
    .ours { fill: #1a7f4b }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .small { fill: #9198a1 }
      .page { fill: #151b23 }
      .open { fill: #d9705a }
      .ours { fill: #3fb973 }
    }
  </style>
  <rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="6"/>
  <text class="title" x="${MARGIN}" y="36">${title}</text>
${bars.join("\n")}
${notes.map((note, i) => `  <text class="small" x="${MARGIN}" y="${206 + 17 * i}">${note}</text>`).join("\n")}
</svg>
`;

if (!process.argv.includes("--check")) writeFileSync(picture, svg);
else if (readFileSync(picture, "utf8") !== svg) {
  console.error("screenshots/cost.svg is not what docs/day.json says: node scripts/cost-bar.mjs");
  process.exitCode = 1;
}
