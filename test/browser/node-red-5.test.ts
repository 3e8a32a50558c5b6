import { nodeRed5 } from "../support/packed";
import { describeEditor } from "./editor-suite";
import { describePages } from "./pages-suite";
import { useRig } from "./rig";

describe("in a browser, on Node-RED 5.0", () => {
  const rig = useRig(nodeRed5);
  describeEditor(rig, ["light", "dark"]);
  describePages(rig);
});
