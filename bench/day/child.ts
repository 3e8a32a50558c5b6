/** A process for one client's day: reads the job from the command line, and sends the result to its parent. */
import { runDay, type Job } from "./run";

process.once("disconnect", () => process.exit()); // the parent has the result, or has ended
void main();

async function main(): Promise<void> {
  const result = await runDay(JSON.parse(process.argv[2] ?? "") as Job);
  process.send?.(result, () => process.disconnect());
}
