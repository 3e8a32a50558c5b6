/**
 * The operators that multiply by weights. A streaming model has time as its height and a width of 1, and pads nothing: then every output
 * is a product with one unbroken stretch of the input. Anything else is refused.
 */
import { clamp, fixedScale, scaleHalvesAway, scaleHalvesUp, scaleOnce } from "./fixed-point";
import type { ConvolutionOptions } from "./operator";
import { constantInt32, demand, int8, type Step, type Tensor } from "./tensor";

const VALID = 1;
/** Channels that the library's DEPTHWISE_CONV_2D computes side by side, with another rounding than those that are left over. */
const BLOCK = 8;

/** What an output channel is scaled and shifted by. */
interface Channels {
  readonly multipliers: Int32Array;
  readonly shifts: Int32Array;
  /** the sum for an input of zeros */
  readonly base: Int32Array;
}

export function convolution([input, filter, bias]: readonly Tensor[], output: Tensor, options: ConvolutionOptions): Step {
  demand(input !== undefined && filter !== undefined);
  const { rows, stride, reach, depth, channels } = slide(input, filter, output, options);
  demand(filter.shape[0] === channels && filter.shape[3] === depth);
  const { multipliers, shifts, base } = channelsOf(input, filter, bias, output, (weight) => Math.floor(weight / (reach * depth)));
  const [x, w, y, zero] = [int8(input), int8(filter), int8(output), output.zeroPoint];
  const [low, high] = rangeOf(options.activation, output);
  const length = reach * depth;
  return () => {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < channels; c++) {
        const sum = base[c]! + product(x, r * stride, w, c * length, length);
        y[r * channels + c] = clamp(scaleHalvesAway(sum, multipliers[c]!, shifts[c]!) + zero, low, high);
      }
    }
  };
}

export function depthwiseConvolution(
  [input, filter, bias]: readonly Tensor[],
  output: Tensor,
  options: ConvolutionOptions & { readonly multiplier: number },
): Step {
  demand(input !== undefined && filter !== undefined);
  const { rows, stride, reach, depth, channels } = slide(input, filter, output, options);
  demand(filter.shape[0] === 1 && options.multiplier === 1 && filter.shape[3] === channels && depth === channels);
  const { multipliers, shifts, base } = channelsOf(input, filter, bias, output, (weight) => weight % channels);
  const [x, w, y, zero] = [int8(input), int8(filter), int8(output), output.zeroPoint];
  const [low, high] = rangeOf(options.activation, output);
  const blocks = channels - (channels % BLOCK);
  const sums = new Int32Array(channels);
  return () => {
    for (let r = 0; r < rows; r++) {
      sums.set(base);
      for (let k = 0, at = r * stride, weight = 0; k < reach; k++) {
        for (let c = 0; c < channels; c++) sums[c] = sums[c]! + x[at++]! * w[weight++]!;
      }
      for (let c = 0; c < channels; c++) {
        const scaled =
          c < blocks ? scaleHalvesUp(sums[c]!, multipliers[c]!, shifts[c]!) : scaleHalvesAway(sums[c]!, multipliers[c]!, shifts[c]!);
        y[r * channels + c] = clamp(scaled + zero, low, high);
      }
    }
  };
}

export function fullyConnected(
  [input, filter, bias]: readonly Tensor[],
  output: Tensor,
  options: { readonly activation: number; readonly weightsFormat: number },
): Step {
  demand(input !== undefined && filter !== undefined);
  const [units, depth] = filter.shape;
  demand(units !== undefined && depth !== undefined && depth > 0 && filter.shape.length === 2 && options.weightsFormat === 0);
  const rows = input.size / depth;
  demand(Number.isInteger(rows) && output.size === rows * units && filter.zeroPoint === 0);
  const { multipliers, shifts, base } = channelsOf(input, filter, bias, output, (weight) => Math.floor(weight / depth), units);
  const [x, w, y, zero] = [int8(input), int8(filter), int8(output), output.zeroPoint];
  const [low, high] = rangeOf(options.activation, output);
  return () => {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < units; c++) {
        const sum = base[c]! + product(x, r * depth, w, c * depth, depth);
        y[r * units + c] = clamp(scaleOnce(sum, multipliers[c]!, shifts[c]!) + zero, low, high);
      }
    }
  };
}

/** The range that a fused activation leaves of an int8 output, as elements. */
export function rangeOf(activation: number, { type, scale, zeroPoint }: Tensor): [low: number, high: number] {
  const [low, high] = type === "uint8" ? [0, 255] : [-128, 127];
  const element = (value: number): number => zeroPoint + Math.round(value / scale);
  switch (activation) {
    case 0: // none
      return [low, high];
    case 1: // ReLU
      return [Math.max(low, element(0)), high];
    case 3: // ReLU6
      return [Math.max(low, element(0)), Math.min(high, element(6))];
    default:
      demand(false);
  }
}

/** How a filter moves over its input: `stride` and `depth` are elements, `rows` and `reach` points in time. */
function slide(input: Tensor, filter: Tensor, output: Tensor, { padding, strideHeight, dilationHeight }: ConvolutionOptions) {
  demand([input, filter, output].every(({ shape }) => shape.length === 4));
  const [one, height, width, depth] = input.shape as [number, number, number, number];
  const [oneOut, rows, widthOut, channels] = output.shape as [number, number, number, number];
  const [, reach, widthFilter] = filter.shape as [number, number, number, number];
  demand([one, oneOut, width, widthOut, widthFilter, dilationHeight].every((value) => value === 1));
  demand(strideHeight >= 1 && (padding === VALID || reach === 1) && rows === Math.ceil((height - reach + 1) / strideHeight));
  return { rows, stride: strideHeight * depth, reach, depth, channels };
}

/**
 * The sum of (x - zero) × w is the sum of x × w, less zero × the sum of w: the second part belongs to the bias, once and for all.
 * @param channelOf the output channel that a weight belongs to
 */
function channelsOf(
  input: Tensor,
  filter: Tensor,
  bias: Tensor | undefined,
  output: Tensor,
  channelOf: (weight: number) => number,
  channels = output.shape[3] ?? 0,
): Channels {
  const { scales } = filter;
  demand(filter.isConstant && (scales.length === 1 || scales.length === channels));
  const base = bias ? Int32Array.from(constantInt32(bias)) : new Int32Array(channels);
  demand(base.length === channels);
  const weights = int8(filter);
  for (let i = 0; i < weights.length; i++) {
    const channel = channelOf(i);
    base[channel] = base[channel]! - input.zeroPoint * weights[i]!;
  }
  const fixed = Array.from({ length: channels }, (_, c) => fixedScale((input.scale * (scales[c] ?? filter.scale)) / output.scale));
  return {
    multipliers: Int32Array.from(fixed, ({ multiplier }) => multiplier),
    shifts: Int32Array.from(fixed, ({ shift }) => shift),
    base,
  };
}

/** The sum of x[i] × w[i], in four sums side by side, so that none waits for another. */
function product(x: Int8Array, at: number, w: Int8Array, weight: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < length; i += 4) {
    s0 = (s0 + x[at + i]! * w[weight + i]!) | 0;
    s1 = (s1 + x[at + i + 1]! * w[weight + i + 1]!) | 0;
    s2 = (s2 + x[at + i + 2]! * w[weight + i + 2]!) | 0;
    s3 = (s3 + x[at + i + 3]! * w[weight + i + 3]!) | 0;
  }
  for (; i < length; i++) s0 = (s0 + x[at + i]! * w[weight + i]!) | 0;
  return (s0 + s1 + s2 + s3) | 0;
}
