import { join } from "node:path";
import { root } from "./node-red-process";

type Json = Record<string, unknown>;
type FunctionNode = (
  msg: Json,
  node: object,
  context: Store,
  flow: Store,
  env: { get(name: string): unknown },
  ...modules: unknown[]
) => unknown;

class Store {
  readonly values: Json = {};
  get = (key: string): unknown => this.values[key];
  set = (key: string, value: unknown): void => void (this.values[key] = value);
}

/** The code of a function node of an example, with what Node-RED gives it. */
export class ExampleFunction {
  readonly context = new Store();
  readonly sent: unknown[] = [];
  /** what was reported by node.error */
  readonly errors: string[] = [];
  status = "";
  /** the colour of the status */
  fill: string | undefined;
  private readonly code: FunctionNode;

  /**
   * @param file in examples/functions
   * @param modules the modules that the node is set up with, in their order
   */
  constructor(
    file: string,
    private readonly env: Json,
    readonly flow = new Store(),
    private readonly modules: unknown[] = [],
  ) {
    this.code = require(join(root, "examples/functions", file)) as FunctionNode;
  }

  /** @returns what it sends: an array with a value for each output, null where nothing leaves */
  receive(msg: Json): unknown[] {
    this.sent.length = 0;
    const node = {
      send: (sent: unknown) => this.sent.push(sent),
      status: ({ text, fill }: { text: string; fill?: string }) => void Object.assign(this, { status: text, fill }),
      error: (text: string) => void this.errors.push(text),
    };
    const returned = this.code(msg, node, this.context, this.flow, { get: (name) => this.env[name] }, ...this.modules);
    if (returned !== undefined) this.sent.push(returned);
    return this.sent;
  }
}
