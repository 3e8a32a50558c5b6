import { nodeRed4 } from "../support/node-red-process";
import { describeEditor } from "./editor-suite";
import { describeLayout } from "./layout-suite";
import { describePages } from "./pages-suite";
import { useRig } from "./rig";

describe("in a browser, on Node-RED 4.1", () => {
  const rig = useRig(() => nodeRed4);
  describeEditor(rig, ["light"]); // it has no dark theme of its own
  describeLayout(rig);
  describePages(rig);
});
