/**
 * What the simulator's recogniser costs and how well it recognises: loads Moonshine, then recognises each sample recording, several times.
 * Prints the table of simulator/README.md. Times are CPU time of this process, its threads included.
 *
 *   npm run bench:moonshine [-- --rounds 5]    after npm run fetch:moonshine
 */
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { moonshineFolder } from "../simulator";
import { MoonshineThread } from "../simulator/recognisers/moonshine-thread";
import { sampleSentences } from "../test/support/spoken";
import { wordErrors } from "../test/support/word-errors";
import { median } from "./streams/statistics";

void main();

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
  const thread = new MoonshineThread(moonshineFolder());
  await thread.ready;
  const loadS = cpuSeconds();

  const perSecond: number[] = [];
  let [errors, words] = [0, 0];
  for (let round = 0; round < Number(values.rounds); round++) {
    [errors, words] = [0, 0];
    const before = cpuSeconds();
    let speechS = 0;
    for (const recording of sampleSentences()) {
      const recognised = (await thread.transcribe(recording.pcm.slice(), recording.sampleRate, "final")) ?? [];
      speechS += recording.pcm.length / recording.sampleRate;
      const text = (list: readonly { text: string }[]) => list.map((word) => word.text).join(" ");
      const compared = wordErrors(text(recording.words), text(recognised));
      errors += compared.errors;
      words += compared.words;
    }
    perSecond.push((cpuSeconds() - before) / speechS);
  }
  const memoryMB = process.memoryUsage.rss() / 1e6;
  await thread.close();

  const date = new Date().toISOString().slice(0, 10);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  console.log(`${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores (load ${load}), Node.js ${process.version}, ${date}\n`);
  console.log(`| Moonshine tiny | |\n| --- | --- |`);
  console.log(`| word errors | ${errors} of ${words} words of the sample recordings |`);
  console.log(`| time | ${median(perSecond).toFixed(2)} s of CPU for a second of speech; ${loadS.toFixed(1)} s of CPU to load |`);
  console.log(`| memory | ${memoryMB.toFixed(0)} MB, the whole process |`);
}
