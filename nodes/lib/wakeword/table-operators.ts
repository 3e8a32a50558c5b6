/** Operators that give each element a value of its own: int8 and uint8 have 256, so each is a table. */
import { clamp, fixedScale, scaleHalvesAway } from "./fixed-point";
import { rangeOf } from "./convolutions";
import { bytes, demand, int8, type Step, type Tensor } from "./tensor";

/** 1 / (1 + e^-x), in float32 as TensorFlow Lite makes its table. */
export function logistic(input: Tensor, output: Tensor): Step {
  return lookUp(int8(input), int8(output), (element) => {
    const x = Math.fround(Math.fround(input.scale) * (element - input.zeroPoint));
    return clamp(Math.round(Math.fround(1 / (1 + Math.exp(-x))) / output.scale) + output.zeroPoint, -128, 127);
  });
}

/** To another scale, or between int8 and uint8. */
export function quantize(input: Tensor, output: Tensor): Step {
  const { multiplier, shift } = fixedScale(input.scale / output.scale);
  const [low, high] = rangeOf(0, output);
  return lookUp(bytes(input), bytes(output), (element) =>
    clamp(scaleHalvesAway(element - input.zeroPoint, multiplier, shift) + output.zeroPoint, low, high),
  );
}

function lookUp(from: Int8Array | Uint8Array, to: Int8Array | Uint8Array, value: (element: number) => number): Step {
  demand(from.length === to.length);
  const lowest = from instanceof Int8Array ? -128 : 0;
  const table = Int16Array.from({ length: 256 }, (_, i) => value(i + lowest));
  return () => {
    for (let i = 0; i < from.length; i++) to[i] = table[from[i]! - lowest]!;
  };
}
