import type { Elements, TensorSpec } from "./model-file";
import { ModelError } from "./model-error";

/** A tensor of a running model: a constant shares the model's elements, any other has its own. */
export interface Tensor extends TensorSpec {
  readonly isConstant: boolean;
  /** of the whole tensor: its first scale */
  readonly scale: number;
  /** The name of the variable that a handle stands for: set when the model is compiled. */
  variable?: string;
}

/** One operator's work of one step, on tensors that are fixed. */
export type Step = () => void;

export function runningTensor(spec: TensorSpec): Tensor {
  return { ...spec, elements: spec.elements ?? newElements(spec), isConstant: spec.elements !== undefined, scale: spec.scales[0] ?? NaN };
}

function newElements({ type, size }: TensorSpec): Elements | undefined {
  switch (type) {
    case "int8":
      return new Int8Array(size);
    case "uint8":
      return new Uint8Array(size);
    case "int32":
      return new Int32Array(size);
    case "other":
      return undefined;
  }
}

/** @throws ModelError where a tensor is not as an operator here can use it; the compiler adds the operator's name */
export function demand(isSo: boolean): asserts isSo {
  if (!isSo) throw new ModelError("AAI_WAKE_WORD/unsupported");
}

export function int8(tensor: Tensor | undefined): Int8Array {
  demand(tensor?.elements instanceof Int8Array);
  return tensor.elements;
}

/** int8 or uint8 */
export function bytes(tensor: Tensor | undefined): Int8Array | Uint8Array {
  demand(tensor?.elements instanceof Int8Array || tensor?.elements instanceof Uint8Array);
  return tensor.elements;
}

export function constantInt32(tensor: Tensor | undefined): Int32Array {
  demand(tensor?.elements instanceof Int32Array && tensor.isConstant);
  return tensor.elements;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
