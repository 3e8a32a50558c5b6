/** Operators that only move elements: each compiles to a step on fixed tensors. */
import { clamp } from "./fixed-point";
import { bytes, constantInt32, demand, sizeOf, type Step, type Tensor } from "./tensor";

/** READ_VARIABLE, ASSIGN_VARIABLE and RESHAPE: all elements as they are. */
export function copy(from: Int8Array | Uint8Array, to: Int8Array | Uint8Array): Step {
  demand(from.length === to.length && from.constructor === to.constructor);
  return () => to.set(from);
}

export function concatenation(inputs: readonly Tensor[], output: Tensor, axis: number, activation: number): Step {
  const { shape, type, scale, zeroPoint } = output;
  const place = axis < 0 ? axis + shape.length : axis;
  const rowOf = (tensor: Tensor): number => sizeOf(tensor.shape.slice(place));
  const alike = (tensor: Tensor): boolean =>
    tensor.type === type && tensor.shape.length === shape.length && tensor.scale === scale && tensor.zeroPoint === zeroPoint;
  demand(activation === 0 && inputs.every(alike));

  const to = bytes(output);
  const rows = sizeOf(shape.slice(0, place));
  const row = rowOf(output);
  let filled = 0;
  const steps: Step[] = [];
  for (const input of inputs) {
    const from = bytes(input);
    const length = rowOf(input);
    demand(from.length === rows * length);
    const start = filled;
    filled += length;
    for (let r = 0; r < rows; r++) {
      const part = from.subarray(r * length, (r + 1) * length);
      steps.push(() => to.set(part, r * row + start));
    }
  }
  demand(filled === row);
  return inTurn(steps);
}

/** @param masks bits of the dimensions that are taken from their beginning, and to their end */
export function stridedSlice(
  [input, begin, end, stride]: readonly Tensor[],
  output: Tensor,
  masks: { readonly beginMask: number; readonly endMask: number },
): Step {
  demand(input !== undefined);
  const [begins, ends, strides] = [constantInt32(begin), constantInt32(end), constantInt32(stride)];
  const rank = input.shape.length;
  demand([begins, ends, strides].every(({ length }) => length === rank));
  let index = [0];
  input.shape.forEach((length, d) => {
    const place = (x: number): number => clamp(x < 0 ? x + length : x, 0, length);
    const by = strides[d]!;
    demand(by >= 1);
    const from = masks.beginMask & (1 << d) ? 0 : place(begins[d]!);
    const to = masks.endMask & (1 << d) ? length : place(ends[d]!);
    const taken: number[] = [];
    for (let i = from; i < to; i += by) taken.push(i);
    index = index.flatMap((base) => taken.map((i) => base * length + i));
  });
  return gather(input, output, index);
}

export function splitV([input, sizes, axis]: readonly Tensor[], outputs: readonly Tensor[]): Step {
  demand(input !== undefined);
  const [widths, place] = [constantInt32(sizes), constantInt32(axis)[0]];
  demand(widths.length === outputs.length && place !== undefined);
  const d = place < 0 ? place + input.shape.length : place;
  const whole = input.shape[d];
  demand(whole !== undefined);
  const inner = sizeOf(input.shape.slice(d + 1));
  const rows = sizeOf(input.shape.slice(0, d));
  let start = 0;
  const steps = outputs.map((output, i) => {
    const width = widths[i]! < 0 ? (output.shape[d] ?? 0) : widths[i]!;
    demand(width <= whole);
    const index: number[] = [];
    for (let r = 0; r < rows; r++) for (let k = 0; k < width * inner; k++) index.push((r * whole + start) * inner + k);
    start += width;
    return gather(input, output, index);
  });
  demand(start === whole);
  return inTurn(steps);
}

/** output[i] = input[index[i]]: all slicing is that, and mostly an unbroken stretch. */
function gather(input: Tensor, output: Tensor, index: readonly number[]): Step {
  const [from, to] = [bytes(input), bytes(output)];
  demand(index.length === to.length && input.type === output.type);
  const first = index[0] ?? 0;
  if (index.every((x, i) => x === first + i)) return copy(from.subarray(first, first + index.length), to);
  const places = Int32Array.from(index);
  return () => {
    for (let i = 0; i < places.length; i++) to[i] = from[places[i]!]!;
  };
}

function inTurn(steps: readonly Step[]): Step {
  return () => {
    for (const step of steps) step();
  };
}
