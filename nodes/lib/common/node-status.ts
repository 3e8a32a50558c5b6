/** A node's status: shape and colours as in Node-RED's own nodes. */
export interface NodeStatus {
  fill: "red" | "green" | "yellow" | "grey";
  shape: "ring" | "dot";
  text: string;
}
