/** What is shown under a node: shape and colours as Node-RED's own nodes use them. */
export interface NodeStatus {
  fill: "red" | "green" | "yellow" | "grey";
  shape: "ring" | "dot";
  text: string;
}
