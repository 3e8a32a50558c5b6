import type { FlatTable } from "./flatbuffer";
import { ModelError } from "./model-error";

/** Fields of the schema that all convolutions have. */
export interface ConvolutionOptions {
  /** 0 = SAME, 1 = VALID */
  readonly padding: number;
  /** rows from one output to the next */
  readonly strideHeight: number;
  readonly dilationHeight: number;
  readonly activation: number;
}

/** What an operator does, with its options. */
type Work =
  | { readonly kind: "CALL_ONCE"; readonly graph: number }
  | { readonly kind: "VAR_HANDLE"; readonly variable: string }
  | { readonly kind: "READ_VARIABLE" | "ASSIGN_VARIABLE" | "RESHAPE" | "SPLIT_V" | "LOGISTIC" | "QUANTIZE" }
  | { readonly kind: "CONCATENATION"; readonly axis: number; readonly activation: number }
  | { readonly kind: "STRIDED_SLICE"; readonly beginMask: number; readonly endMask: number; readonly isPlain: boolean }
  | ({ readonly kind: "CONV_2D" } & ConvolutionOptions)
  | ({ readonly kind: "DEPTHWISE_CONV_2D"; readonly multiplier: number } & ConvolutionOptions)
  | { readonly kind: "FULLY_CONNECTED"; readonly activation: number; readonly weightsFormat: number };

/** An operator of a graph. Inputs and outputs are numbers of the graph's tensors; -1 stands for an optional tensor that is left out. */
export type Operator = Work & { readonly inputs: readonly number[]; readonly outputs: readonly number[] };

/** All that microWakeWord's models of version 2 are made of, by the schema's BuiltinOperator. */
const KINDS: Readonly<Record<number, Work["kind"]>> = {
  2: "CONCATENATION",
  3: "CONV_2D",
  4: "DEPTHWISE_CONV_2D",
  9: "FULLY_CONNECTED",
  14: "LOGISTIC",
  22: "RESHAPE",
  45: "STRIDED_SLICE",
  102: "SPLIT_V",
  114: "QUANTIZE",
  129: "CALL_ONCE",
  142: "VAR_HANDLE",
  143: "READ_VARIABLE",
  144: "ASSIGN_VARIABLE",
};

/** Names for the error text: what microWakeWord's trainer can make with options that are off by default, and models of version 1. */
const REFUSED: Readonly<Record<number, string>> = {
  0: "ADD",
  1: "AVERAGE_POOL_2D",
  6: "DEQUANTIZE",
  17: "MAX_POOL_2D",
  18: "MUL",
  19: "RELU",
  25: "SOFTMAX",
  34: "PAD",
  40: "MEAN",
  49: "SPLIT",
  83: "PACK",
};

/** @throws ModelError naming an operator that is not known here */
export function readOperator(table: FlatTable, { code, custom }: { code: number; custom: string }): Operator {
  const kind = KINDS[code];
  if (kind === undefined) throw new ModelError("AAI_WAKE_WORD/operator", { operator: (REFUSED[code] ?? custom) || code });
  return { ...readWork(kind, table.table(4)), inputs: table.int32s(1), outputs: table.int32s(2) };
}

function readWork(kind: Work["kind"], options: FlatTable | undefined): Work {
  switch (kind) {
    case "CALL_ONCE":
      return { kind, graph: options?.int32(0) ?? 0 };
    case "VAR_HANDLE":
      return { kind, variable: `${options?.text(0) ?? ""}/${options?.text(1) ?? ""}` };
    case "CONCATENATION":
      return { kind, axis: options?.int32(0) ?? 0, activation: options?.int8(1) ?? 0 };
    case "STRIDED_SLICE": {
      const [ellipsis, newAxis, shrink, offset] = [options?.int32(2), options?.int32(3), options?.int32(4), options?.uint8(5)];
      const isPlain = [ellipsis, newAxis, shrink, offset].every((mask) => (mask ?? 0) === 0);
      return { kind, beginMask: options?.int32(0) ?? 0, endMask: options?.int32(1) ?? 0, isPlain };
    }
    case "CONV_2D":
      return { kind, ...convolution(options, 3) };
    case "DEPTHWISE_CONV_2D":
      return { kind, multiplier: options?.int32(3) ?? 0, ...convolution(options, 4) };
    case "FULLY_CONNECTED":
      return { kind, activation: options?.int8(0) ?? 0, weightsFormat: options?.int8(1) ?? 0 };
    case "READ_VARIABLE":
    case "ASSIGN_VARIABLE":
    case "RESHAPE":
    case "SPLIT_V":
    case "LOGISTIC":
    case "QUANTIZE":
      return { kind };
  }
}

/** @param activation the number of the field of that name; the dilation of the width and of the height follow it */
function convolution(options: FlatTable | undefined, activation: number): ConvolutionOptions {
  return {
    padding: options?.int8(0) ?? 0,
    strideHeight: options?.int32(2) ?? 0,
    dilationHeight: options?.int32(activation + 2, 1) ?? 1,
    activation: options?.int8(activation) ?? 0,
  };
}
