import { nodeRed4 } from "../support/node-red-process";
import { nodeRed5 } from "../support/packed";
import { describeSidebar } from "./sidebar-suite";

describe("the sidebar, on Node-RED 4.1", () => describeSidebar(() => nodeRed4, ["light"]));
describe("the sidebar, on Node-RED 5.0", () => describeSidebar(nodeRed5, ["light", "dark"]));
