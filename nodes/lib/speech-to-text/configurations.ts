import { changedConfiguration, checkCount, isEmptyConfiguration } from "../assemblyai/configuration";
import { AaiError } from "../common/errors";
import type { JsonObject } from "../common/json";

/** As many as a node can have streams for. */
const MOST_TOPICS = 1000;

/**
 * What `configure` has changed of the node's settings, for each topic, until `{}` or a deploy. It is kept apart from the streams, because
 * an idle stream is forgotten and the configuration of its next session is not.
 */
export class Configurations {
  /** of topics that have none of their own */
  private common: JsonObject = {};
  private readonly own = new Map<string, JsonObject>();

  of(topic: string): JsonObject {
    return this.own.get(topic) ?? this.common;
  }

  /**
   * @param topic undefined: all
   * @param fields checked; `{}` goes back to the node's settings
   * @throws AaiError AAI_CONFIGURE for one topic too many, or too many parameters; nothing was changed then
   */
  change(topic: string | undefined, fields: JsonObject): void {
    if (topic === undefined) {
      const common = changed(this.common, fields);
      const own = [...this.own].map(([each, present]) => [each, changed(present, fields)] as const);
      this.common = common;
      for (const [each, configuration] of own) this.own.set(each, configuration);
      if (isEmptyConfiguration(fields)) this.own.clear();
      return;
    }
    const next = changed(this.of(topic), fields);
    if (isEmptyConfiguration(next) && isEmptyConfiguration(this.common)) return void this.own.delete(topic);
    if (!this.own.has(topic) && this.own.size >= MOST_TOPICS) throw new AaiError("AAI_CONFIGURE/topics", { max: MOST_TOPICS });
    this.own.set(topic, next);
  }
}

function changed(present: JsonObject, fields: JsonObject): JsonObject {
  const configuration = changedConfiguration(present, fields);
  checkCount(configuration);
  return configuration;
}
