import { convolution, depthwiseConvolution, fullyConnected } from "./convolutions";
import { ModelError } from "./model-error";
import type { Graph } from "./model-file";
import { concatenation, copy, splitV, stridedSlice } from "./moving-operators";
import type { Operator } from "./operator";
import { logistic, quantize } from "./table-operators";
import { bytes, demand, int8, type Step, type Tensor } from "./tensor";

/** Multiplications in one step of the stream: some 60,000 in a wake word, of which 33 steps are run a second. */
const MOST_WORK = 4_000_000;

/** What operators keep from step to step, by name: the last rows of each layer's input. */
export type Variables = Map<string, Int8Array>;

/**
 * Compiles a graph's operators to steps on its tensors, in their order. CALL_ONCE is left to the interpreter.
 * @throws ModelError for an operator that is used in a way that is not known here
 */
export function compile({ operators }: Graph, tensors: readonly Tensor[], variables: Variables): Step[] {
  if (operators.reduce((sum, operator) => sum + workOf(operator, tensors), 0) > MOST_WORK) throw new ModelError("AAI_WAKE_WORD/damaged");
  const steps: Step[] = [];
  for (const operator of operators) {
    try {
      const step = compileOperator(operator, tensors, variables);
      if (step) steps.push(step);
    } catch (cause) {
      throw new ModelError("AAI_WAKE_WORD/unsupported", { operator: operator.kind }, { cause });
    }
  }
  return steps;
}

/**
 * Gives the handles of variables their names. A variable has the size of what is read from it or assigned to it.
 * @returns how many rows the variables keep that are new to `variables`
 */
export function declareVariables({ operators }: Graph, tensors: readonly Tensor[], variables: Variables): number {
  let rows = 0;
  for (const { kind, inputs, outputs, ...work } of operators) {
    if (kind === "VAR_HANDLE" && "variable" in work) {
      const handle = tensors[outputs[0] ?? -1];
      if (handle !== undefined) handle.variable = work.variable;
    }
    if (kind !== "READ_VARIABLE" && kind !== "ASSIGN_VARIABLE") continue;
    const name = tensors[inputs[0] ?? -1]?.variable;
    const value = tensors[(kind === "READ_VARIABLE" ? outputs[0] : inputs[1]) ?? -1];
    if (name === undefined || value?.type !== "int8") throw new ModelError("AAI_WAKE_WORD/unsupported", { operator: kind });
    if (variables.has(name)) continue;
    variables.set(name, new Int8Array(value.size));
    rows += value.shape[1] ?? 1;
  }
  return rows;
}

function compileOperator(operator: Operator, tensors: readonly Tensor[], variables: Variables): Step | undefined {
  // An optional tensor that is left out is a bias, the last one.
  const inputs = operator.inputs.filter((index) => index !== -1).map((index) => existing(tensors[index]));
  const outputs = operator.outputs.map((index) => existing(tensors[index]));
  const [input] = inputs;
  const [output] = outputs;
  const variable = variables.get(input?.variable ?? "");
  switch (operator.kind) {
    case "CALL_ONCE":
    case "VAR_HANDLE":
      return undefined;
    case "READ_VARIABLE":
      return copy(existing(variable), int8(output));
    case "ASSIGN_VARIABLE":
      return copy(int8(inputs[1]), existing(variable));
    case "RESHAPE":
      return copy(bytes(input), bytes(output));
    case "CONCATENATION":
      return concatenation(inputs, existing(output), operator.axis, operator.activation);
    case "STRIDED_SLICE":
      demand(operator.isPlain);
      return stridedSlice(inputs, existing(output), operator);
    case "SPLIT_V":
      return splitV(inputs, outputs);
    case "CONV_2D":
      return convolution(inputs, existing(output), operator);
    case "DEPTHWISE_CONV_2D":
      return depthwiseConvolution(inputs, existing(output), operator);
    case "FULLY_CONNECTED":
      return fullyConnected(inputs, existing(output), operator);
    case "LOGISTIC":
      return logistic(existing(input), existing(output));
    case "QUANTIZE":
      return quantize(existing(input), existing(output));
  }
}

function existing<Value>(value: Value | undefined): Value {
  demand(value !== undefined);
  return value;
}

/** Multiplications, or where an operator has none, elements. */
function workOf({ kind, inputs, outputs }: Operator, tensors: readonly Tensor[]): number {
  const written = outputs.reduce((sum, index) => sum + (tensors[index]?.size ?? 0), 0);
  const filter = tensors[inputs[1] ?? -1];
  if (filter === undefined) return written;
  if (kind === "CONV_2D") return written * (filter.size / Math.max(1, filter.shape[0] ?? 1));
  if (kind === "DEPTHWISE_CONV_2D" || kind === "FULLY_CONNECTED") return written * (filter.shape[1] ?? 1);
  return written;
}
