import type { NodeAPI } from "node-red";
import { serveSidebar } from "./sidebar-route";

/** The runtime's part of the plugin; its tab is in assemblyai-sidebar.html. */
export = function register(RED: NodeAPI): void {
  serveSidebar(RED);
};
