import { compile, declareVariables, type Variables } from "./compile";
import { ModelError } from "./model-error";
import type { Graph } from "./model-file";
import { runningTensor, type Step, type Tensor } from "./tensor";

/**
 * Runs a small streaming TensorFlow Lite model (int8; one input, one output) in plain TypeScript, bit for bit as TensorFlow Lite does.
 *
 * A graph of its own sets all variables to their zero points, once, before the first step. Nothing is fed back, so the state is a finite
 * history: what each layer keeps of its input.
 */
export class Interpreter {
  readonly input: Tensor;
  readonly output: Tensor;
  /** How many steps the variables reach back, all of them one after the other: their height is the time that they keep. */
  readonly memorySteps: number;
  private readonly variables: Variables = new Map();
  private readonly initial: readonly Step[];
  private readonly main: readonly Step[];

  /** @throws ModelError for a model that cannot be run here */
  constructor(graphs: readonly Graph[]) {
    const tensors = graphs.map((graph) => graph.tensors.map(runningTensor));
    const [input, output] = [only(graphs[0]?.inputs), only(graphs[0]?.outputs)].map((index) => tensors[0]?.[index]);
    if (input === undefined || output === undefined) throw new ModelError("AAI_WAKE_WORD/shape");
    this.input = input;
    this.output = output;
    this.memorySteps = 1 + graphs.reduce((rows, graph, i) => rows + declareVariables(graph, tensors[i]!, this.variables), 0);
    const plans = graphs.map((graph, i) => compile(graph, tensors[i]!, this.variables));
    this.main = plans[0]!;
    this.initial = graphs
      .flatMap(({ operators }) => operators)
      .flatMap((operator) => {
        if (operator.kind !== "CALL_ONCE") return [];
        const plan = plans[operator.graph];
        if (plan === undefined) throw new ModelError("AAI_WAKE_WORD/damaged");
        return plan;
      });
    this.reset();
  }

  /** Back to the state before the first step. */
  reset(): void {
    for (const variable of this.variables.values()) variable.fill(0);
    for (const step of this.initial) step();
  }

  /** One step of the stream: reads the elements of `input`, leaves the result in those of `output`. */
  step(): void {
    for (const step of this.main) step();
  }
}

function only(indices: readonly number[] | undefined): number {
  return indices?.length === 1 ? indices[0]! : -1;
}
