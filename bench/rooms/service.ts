/** The service's side, in a process of its own: the simulator, which records how old the audio is that it gets. */
import { startSimulator } from "../../simulator";
import { ageOf } from "./stamp";

let ages: number[] = [];

function note(data: Buffer): void {
  const samples = new Int16Array(data.length >> 1);
  data.copy(Buffer.from(samples.buffer));
  const age = ageOf(samples);
  if (age !== undefined) ages.push(age);
}

void main();

async function main(): Promise<void> {
  const simulator = await startSimulator({
    keepMessages: false,
    maxConnections: 2000,
    // It recognises nothing: that would be the service's time.
    detector: (sampleRate) => ({ frameSamples: sampleRate, learn: () => undefined, process: () => 0 }),
    onSession({ record }) {
      const noteAudio = record.noteAudio.bind(record);
      record.noteAudio = (at, data, ms) => {
        note(data);
        noteAudio(at, data, ms);
      };
    },
  });
  process.on("message", (order) => {
    if (order === "begin") ages = [];
    else process.send?.({ ages, open: simulator.ledger.state.open });
  });
  process.send?.(simulator.url);
}
