// npm run fetch:moonshine: fetches the simulator's speech recogniser into the user's cache, for tests that need it.
import { installMoonshine, moonshineFolder } from "../dist/simulator/index.js";

try {
  const started = performance.now();
  console.log(`Moonshine, from npm's registry, 56 MB: ${moonshineFolder()}`);
  await installMoonshine({ say: console.log });
  console.log(`There after ${((performance.now() - started) / 1000).toFixed(1)} s`);
} catch (error) {
  console.error(`Moonshine cannot be had: ${error.message}.`);
  process.exitCode = 1;
}
