import type { NodeAPI } from "node-red";
import { systemClock } from "./lib/common/clock";
import { listDevices, type DeviceList } from "./lib/microphone/devices";
import type { RecorderSystem } from "./lib/microphone/recorder";

/**
 * Serves the editor's list of microphones. Requests that arrive while a list is being made share its answer, so that they start no further
 * processes.
 */
export function serveDevices(RED: NodeAPI, system: RecorderSystem): void {
  let listing: Promise<DeviceList> | undefined;
  RED.httpAdmin.get("/assemblyai-microphone/devices", RED.auth.needsPermission("assemblyai-microphone.read"), (_request, response) => {
    listing ??= listDevices(system, systemClock).finally(() => (listing = undefined));
    listing.then(
      (list) => response.set("Cache-Control", "no-store").json(list),
      () => response.sendStatus(500),
    );
  });
}
