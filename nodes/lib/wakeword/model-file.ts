/**
 * Reads a TensorFlow Lite model file (a FlatBuffer, schema version 3) as far as microWakeWord's models use it. The field numbers below are
 * those of tensorflow/lite/schema/schema.fbs.
 */
import { FlatTable } from "./flatbuffer";
import { ModelError } from "./model-error";
import { readOperator, type Operator } from "./operator";

const IDENTIFIER = "TFL3";
const SCHEMA_VERSION = 3;
/** Elements of all tensors of a model; a wake word has some 70,000. */
const MOST_ELEMENTS = 1 << 20;

export type Elements = Int8Array | Uint8Array | Int32Array;
/** A type that no operator here computes with keeps its tensor without elements; whatever uses one is refused. */
export type ElementType = "int8" | "uint8" | "int32" | "other";

export interface TensorSpec {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** the product of its shape */
  readonly size: number;
  /** real value = scale × (element - zeroPoint); one scale for all, or one for each output channel */
  readonly scales: readonly number[];
  readonly zeroPoint: number;
  /** of a constant, such as weights */
  readonly elements: Elements | undefined;
}

export interface Graph {
  readonly tensors: readonly TensorSpec[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly operators: readonly Operator[];
}

const ELEMENT_TYPES: Readonly<Record<number, ElementType>> = { 2: "int32", 3: "uint8", 9: "int8" };

/**
 * The graphs of a model, the first of which is the main one.
 * @param file the whole file; constants are copied out of it
 * @throws ModelError for a file that is damaged or of another kind; RangeError for an offset outside the file
 */
export function readModelFile(file: Uint8Array): Graph[] {
  if (Buffer.from(file.subarray(4, 8)).toString("latin1") !== IDENTIFIER) throw new ModelError("AAI_WAKE_WORD/damaged");
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const model = new FlatTable(view, view.getUint32(0, true));
  const version = model.uint32(0);
  if (version !== SCHEMA_VERSION) throw new ModelError("AAI_WAKE_WORD/schema", { version });
  const codes = model.tables(1).map((code) => ({
    // The first field stops at 127: codes above are in the second one only.
    code: Math.max(code.int8(0), code.int32(3)),
    custom: code.text(1),
  }));
  const buffers = model.tables(4).map((buffer) => buffer.bytes(0));
  const graphs = model.tables(2).map((graph) => ({
    tensors: graph.tables(0).map((tensor) => readTensor(tensor, buffers)),
    inputs: graph.int32s(1),
    outputs: graph.int32s(2),
    operators: graph.tables(3).map((operator) => {
      const code = codes[operator.uint32(0)];
      if (code === undefined) throw new ModelError("AAI_WAKE_WORD/damaged");
      return readOperator(operator, code);
    }),
  }));
  const elements = graphs.flatMap(({ tensors }) => tensors).reduce((sum, { size }) => sum + size, 0);
  if (elements > MOST_ELEMENTS) throw new ModelError("AAI_WAKE_WORD/damaged");
  return graphs;
}

function readTensor(table: FlatTable, buffers: readonly Uint8Array[]): TensorSpec {
  const type = ELEMENT_TYPES[table.int8(1)] ?? "other";
  const shape = table.int32s(0);
  const size = shape.reduce((product, length) => product * length, 1);
  if (shape.some((length) => length < 0) || size > MOST_ELEMENTS) throw new ModelError("AAI_WAKE_WORD/damaged");
  const quantization = table.table(4);
  const data = buffers[table.uint32(2)];
  return {
    type,
    shape,
    size,
    scales: quantization?.float32s(2) ?? [],
    zeroPoint: quantization?.int64s(3)[0] ?? 0,
    elements: data === undefined || data.length === 0 ? undefined : elementsOf(type, data, size),
  };
}

function elementsOf(type: ElementType, data: Uint8Array, size: number): Elements | undefined {
  if (type === "other") return undefined;
  const bytes = type === "int32" ? 4 * size : size;
  if (data.length < bytes) throw new ModelError("AAI_WAKE_WORD/damaged");
  const copy = data.slice(0, bytes).buffer;
  if (type === "int32") return new Int32Array(copy);
  return type === "int8" ? new Int8Array(copy) : new Uint8Array(copy);
}
