import type { NodeAPI } from "node-red";
import { systemClock } from "./lib/common/clock";
import { listDevices, type DeviceList } from "./lib/microphone/devices";
import type { RecorderSystem } from "./lib/microphone/recorder";

/** How long a list is given again (ms): two dialogs that are opened one after the other start no further processes. */
const FRESH_MS = 5000;

/**
 * Serves the editor's list of microphones to users who may deploy: it starts programs, and describes the machine. Requests that arrive
 * while a list is being made, or soon afterwards, share its answer.
 */
export function serveDevices(RED: NodeAPI, system: RecorderSystem): void {
  let listing: Promise<DeviceList> | undefined;
  let listedAt = 0;
  RED.httpAdmin.get("/assemblyai-microphone/devices", RED.auth.needsPermission("flows.write"), (_request, response) => {
    if (listedAt !== 0 && systemClock.now() - listedAt > FRESH_MS) listing = undefined;
    if (!listing) {
      listedAt = 0;
      listing = listDevices(system, systemClock).finally(() => (listedAt = systemClock.now()));
    }
    listing.then(
      (list) => response.set("Cache-Control", "no-store").json(list),
      () => response.sendStatus(500),
    );
  });
}
