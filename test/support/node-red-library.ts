import helper from "node-red-node-test-helper";

/** For the flow tests on another Node-RED than the one in node_modules: scripts/test-matrix.mjs says where it is. */
const library = process.env["NODE_RED_LIB"];
if (library !== undefined) helper.init(library);
