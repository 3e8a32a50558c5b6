/**
 * The layers of Silero VAD. Each keeps its output buffer, so that a frame allocates nothing.
 * Activations and weights are float32; sums are made in double precision, as JavaScript does.
 *
 * `noUncheckedIndexedAccess` and typed arrays: the loops below stay inside their arrays by construction, hence the `!`.
 */
import { KERNEL, LSTM_UNITS, type Affine } from "./weights";

/** Rows that `addProduct` sums side by side. */
const BLOCK = 8;

/**
 * output[o] += the dot product of row o of a matrix with the input. Nearly all of the detector's time is spent here.
 * Eight rows at a time, so that an input value is loaded and widened once for eight products and the eight sums do not wait for one
 * another: 0.24 ms a frame, against 0.50 ms for a row at a time.
 * @param row values per row of the matrix
 * @param skip values to leave out at the start of each row
 * @param length values to use of each row
 */
function addProduct(
  weight: Float32Array,
  row: number,
  skip: number,
  length: number,
  input: Float32Array,
  from: number,
  output: Float32Array,
  to: number,
  rows: number,
): void {
  for (let o = 0; o < rows; o += BLOCK) {
    const r0 = o * row + skip;
    const r1 = r0 + row;
    const r2 = r1 + row;
    const r3 = r2 + row;
    const r4 = r3 + row;
    const r5 = r4 + row;
    const r6 = r5 + row;
    const r7 = r6 + row;
    let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < length; i++) {
      const x = input[from + i]!;
      s0 += x * weight[r0 + i]!;
      s1 += x * weight[r1 + i]!;
      s2 += x * weight[r2 + i]!;
      s3 += x * weight[r3 + i]!;
      s4 += x * weight[r4 + i]!;
      s5 += x * weight[r5 + i]!;
      s6 += x * weight[r6 + i]!;
      s7 += x * weight[r7 + i]!;
    }
    const at = to + o;
    output[at] = output[at]! + s0;
    output[at + 1] = output[at + 1]! + s1;
    output[at + 2] = output[at + 2]! + s2;
    output[at + 3] = output[at + 3]! + s3;
    output[at + 4] = output[at + 4]! + s4;
    output[at + 5] = output[at + 5]! + s5;
    output[at + 6] = output[at + 6]! + s6;
    output[at + 7] = output[at + 7]! + s7;
  }
}

/** A one-dimensional convolution over time with three taps, one frame of zeros as padding at either end, and ReLU. */
export class Convolution {
  /** [time][channel] */
  readonly output: Float32Array;
  private readonly outputChannels: number;
  private readonly inputChannels: number;
  private readonly outputTimes: number;

  /**
   * @param inputTimes how many points in time its input has
   * @param stride points in time from one output to the next
   */
  constructor(
    private readonly weights: Affine,
    private readonly inputTimes: number,
    private readonly stride: number,
  ) {
    this.outputChannels = weights.bias.length;
    this.inputChannels = weights.weight.length / this.outputChannels / KERNEL;
    this.outputTimes = Math.floor((inputTimes - 1) / stride) + 1;
    this.output = new Float32Array(this.outputTimes * this.outputChannels);
  }

  /** @param input [time][channel] */
  process(input: Float32Array): Float32Array {
    const { weights, inputTimes, inputChannels, outputChannels, output } = this;
    for (let time = 0; time < this.outputTimes; time++) {
      const first = time * this.stride - 1; // where the kernel's first tap lies; the padding adds nothing and is left out
      const begin = Math.max(first, 0);
      const end = Math.min(first + KERNEL, inputTimes);
      const skip = (begin - first) * inputChannels;
      const length = (end - begin) * inputChannels;
      const to = time * outputChannels;
      output.set(weights.bias, to);
      addProduct(weights.weight, KERNEL * inputChannels, skip, length, input, begin * inputChannels, output, to, outputChannels);
    }
    relu(output);
    return output;
  }
}

/** A long short-term memory cell. Its state depends on all earlier input. */
export class Lstm {
  /** The hidden state: the cell's output, which is also an input of its next step. */
  readonly output = new Float32Array(LSTM_UNITS);
  private readonly cell = new Float32Array(LSTM_UNITS);
  private readonly gates: Float32Array;
  private readonly bias: Float32Array;

  constructor(
    private readonly input: Affine,
    private readonly recurrent: Affine,
  ) {
    this.bias = input.bias.map((value, i) => value + recurrent.bias[i]!);
    this.gates = new Float32Array(this.bias.length);
  }

  process(input: Float32Array): Float32Array {
    const { gates, cell, output } = this;
    gates.set(this.bias);
    addProduct(this.input.weight, LSTM_UNITS, 0, LSTM_UNITS, input, 0, gates, 0, gates.length);
    addProduct(this.recurrent.weight, LSTM_UNITS, 0, LSTM_UNITS, output, 0, gates, 0, gates.length);
    for (let i = 0; i < LSTM_UNITS; i++) {
      const write = sigmoid(gates[i]!);
      const keep = sigmoid(gates[LSTM_UNITS + i]!);
      const candidate = Math.tanh(gates[2 * LSTM_UNITS + i]!);
      const read = sigmoid(gates[3 * LSTM_UNITS + i]!);
      cell[i] = keep * cell[i]! + write * candidate;
      output[i] = read * Math.tanh(cell[i]!);
    }
    return output;
  }

  reset(): void {
    this.output.fill(0);
    this.cell.fill(0);
  }
}

/** ReLU, then one linear output through a sigmoid: a probability. */
export function readout({ weight, bias }: Affine, input: Float32Array): number {
  let sum = bias[0]!;
  for (let i = 0; i < weight.length; i++) sum += Math.max(0, input[i]!) * weight[i]!;
  return sigmoid(sum);
}

function relu(values: Float32Array): void {
  for (let i = 0; i < values.length; i++) if (values[i]! < 0) values[i] = 0;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
