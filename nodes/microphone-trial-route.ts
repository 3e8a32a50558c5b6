import type { Node, NodeAPI } from "node-red";
import { wavFile } from "./lib/audio/wav";
import type { ErrorKey } from "./lib/common/errors";
import type { TextValues } from "./lib/common/texts";
import type { MicrophoneSettings } from "./lib/microphone/settings";
import { TRIAL_SECONDS, type MicrophoneTrial } from "./lib/microphone/trial";

/** A node whose microphone can be tried. */
export interface MicrophoneNode {
  trial: MicrophoneTrial;
  settings: MicrophoneSettings;
}

/** A line of the answer: levels while it is recorded, then one of the others. */
export type TrialLine =
  | { type: "level"; dbfs: number; secondsLeft: number }
  /** a WAV file in base64 */
  | { type: "recorded"; wav: string }
  | { type: "failed"; error: { key: ErrorKey; values: TextValues } }
  /** another one runs */
  | { type: "busy" }
  /** no deployed node has this device and sample rate */
  | { type: "undeployed" }
  /** the node was deployed anew, or removed */
  | { type: "closed" };

/**
 * Serves the dialog's "Test microphone". The audio goes to whoever has asked, as a part of the answer, and is kept nowhere. Without the
 * connection the trial ends, so that a dialog which is closed lets the recorder go. One trial runs at a time.
 */
export function serveMicrophoneTrials(RED: NodeAPI): void {
  let isBusy = false;
  RED.httpAdmin.post("/assemblyai-microphone/:id/trial", RED.auth.needsPermission("flows.write"), (request, response) => {
    // A web page of another origin can send a form to a Node-RED without a password, but not JSON.
    if (!request.is("application/json")) return void response.sendStatus(415);
    // A proxy that collects the answer would show all levels at once.
    response.set({ "Cache-Control": "no-store", "X-Accel-Buffering": "no" }).type("application/x-ndjson");
    const tell = (line: TrialLine) => void response.write(`${JSON.stringify(line)}\n`);
    const end = (line: TrialLine) => {
      tell(line);
      response.end();
    };
    // The check of permissions may take time. A client that left meanwhile emits no further "close", which would end the trial.
    if (response.destroyed) return;
    const node = deployed(RED, request.params["id"], request.body);
    if (!node) return end({ type: "undeployed" });
    if (isBusy) return end({ type: "busy" });
    isBusy = true;
    let giveUp = (): void => undefined;
    response.on("close", () => {
      isBusy = false;
      giveUp();
    });
    const { trial, settings } = node;
    giveUp = trial.begin({
      level: (dbfs, seconds) => tell({ type: "level", dbfs, secondsLeft: TRIAL_SECONDS - seconds }),
      recorded: (pcm) => end({ type: "recorded", wav: wavFile(pcm, settings.sampleRate).toString("base64") }),
      failed: ({ key, values }) => end({ type: "failed", error: { key, values } }),
      closed: () => end({ type: "closed" }),
    });
  });
}

/** @param typed what the dialog shows; a variable has its value at run time only */
function deployed(RED: NodeAPI, id: unknown, typed: unknown): MicrophoneNode | undefined {
  const node = typeof id === "string" ? (RED.nodes.getNode(id) as (Node & Partial<MicrophoneNode>) | null) : null;
  if (!node?.trial || !node.settings || typeof typed !== "object" || typed === null) return undefined;
  const { trial, settings } = node;
  const isSame = (name: "device" | "sampleRate") => {
    const value = String(Reflect.get(typed, name) ?? "").trim();
    return /^\$\{[^}]+\}$/.test(value) || value === String(settings[name]);
  };
  return isSame("device") && isSame("sampleRate") ? { trial, settings } : undefined;
}
