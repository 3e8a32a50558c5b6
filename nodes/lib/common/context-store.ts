import { AaiError } from "./errors";

/** The part of a node's context that is used here. */
export interface Context {
  get(key: string, callback: (error: Error | undefined, value: unknown) => void): void;
  set(key: string, value: unknown, callback: (error: Error | undefined) => void): void;
}

/** Values on their way from a node to the one that a deploy puts in its place, by the node's id. */
const handedOver = new Map<string, unknown>();

/**
 * Keeps one value in a node's context, over redeploys too: where no `contextStorage` is configured, Node-RED 4 and 5 empty a
 * node's context whenever the node is redeployed, and a full deploy redeploys all. Whether values survive a restart depends on the context.
 *
 * All failures are AaiErrors AAI_CONTEXT. Values are handed out as they are stored: never change one.
 */
export class ContextStore {
  private inherited: unknown;

  /**
   * @param nodeId the same for a node and its successor
   * @param key the value's name in the context
   */
  constructor(
    private readonly context: Context,
    private readonly nodeId: string,
    private readonly key: string,
  ) {
    this.inherited = handedOver.get(nodeId);
    handedOver.delete(nodeId);
  }

  /** The value, undefined where there is none. */
  async load(): Promise<unknown> {
    const value = await this.read();
    const { inherited } = this;
    this.inherited = undefined;
    if (value !== undefined || inherited === undefined) return value;
    await this.save(inherited);
    return inherited;
  }

  save(value: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.context.set(this.key, value, (error) => (error ? reject(contextError(error)) : resolve()));
    });
  }

  /** To be called when the node closes, also where it is removed: one that is only disabled comes back. */
  async close(): Promise<void> {
    const value = (await this.read().catch(() => undefined)) ?? this.inherited;
    if (value !== undefined) handedOver.set(this.nodeId, value);
  }

  private read(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.context.get(this.key, (error, value) => (error ? reject(contextError(error)) : resolve(value)));
    });
  }
}

function contextError(error: Error): AaiError {
  return new AaiError("AAI_CONTEXT", { detail: error.message }, { cause: error });
}
