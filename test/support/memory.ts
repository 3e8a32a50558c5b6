import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What is in use after a collection of garbage: bytes of objects, and of Buffers. */
export function memoryInUse(): { heap: number; buffers: number } {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  // The memory of Buffers is freed in the background; the next collection waits for that.
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers };
}
