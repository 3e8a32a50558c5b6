/** A node's status: shape and colours as in Node-RED's own nodes. */
export interface NodeStatus {
  fill: "red" | "green" | "yellow" | "blue" | "grey";
  shape: "ring" | "dot";
  text: string;
}
