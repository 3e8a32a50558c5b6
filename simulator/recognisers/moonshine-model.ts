/**
 * Moonshine tiny (English): turns audio at 16 kHz into words with capitals and punctuation.
 *
 *   audio ──encoder──▶ one state per 24 ms ──decoder, a token at a time──▶ tokens ──vocabulary──▶ words
 *
 * The decoder is asked for the likeliest next token, given all before it, until it ends the sentence. What it computed for
 * the tokens before, and for the audio, is handed back to it each time ("past key values"): only the first step computes all of it.
 * The files come from moonshine-install.ts. Everything here runs in the worker (moonshine-worker.ts).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { FILES } from "./moonshine-files";

export interface RecognisedWord {
  text: string;
  /** The least probability of its tokens, 0 to 1. */
  confidence: number;
}

/** Hz. */
export const MODEL_RATE = 16_000;

/** The decoder's layers, heads and values per head. */
const LAYERS = 6;
const HEADS = 8;
const HEAD_SIZE = 36;

const BEGIN_TOKEN = 1;
const END_TOKEN = 2;
/** The fastest speech; the limit stops a decoder that repeats itself. The model's authors: 6.5 tokens a second. */
const TOKENS_PER_SECOND = 6.5;
const LEAST_TOKENS = 4;

/** The part of onnxruntime-web that is used. */
interface Tensor {
  readonly data: Float32Array;
}
interface InferenceSession {
  run(inputs: Record<string, Tensor>): Promise<Record<string, Tensor>>;
}
interface OnnxRuntime {
  env: { wasm: { numThreads: number }; logLevel: string };
  Tensor: new (type: "float32" | "int64" | "bool", data: Float32Array | BigInt64Array | boolean[], dims: number[]) => Tensor;
  InferenceSession: { create(model: Uint8Array, options: { executionProviders: string[] }): Promise<InferenceSession> };
}

/** The part of llama-tokenizer-js that is used. */
interface Tokenizer {
  /** "▁" stands for a space. */
  vocabById: string[];
  /** Leaves the first token out, and the space that the text begins with. */
  decode(tokens: number[]): string;
}

interface Token {
  id: number;
  probability: number;
}

export class MoonshineModel {
  private constructor(
    private readonly runtime: OnnxRuntime,
    private readonly encoder: InferenceSession,
    private readonly decoder: InferenceSession,
    private readonly tokenizer: Tokenizer,
  ) {}

  /**
   * Takes some seconds, and some 400 MB.
   * @param folder as moonshine-install.ts leaves it
   * @throws Error where a file is missing or broken
   */
  static async load(folder: string): Promise<MoonshineModel> {
    const load = (file: string): Promise<unknown> => import(pathToFileURL(join(folder, file)).href);
    const runtime = (await load(FILES.runtime)) as OnnxRuntime;
    runtime.env.wasm.numThreads = 1;
    runtime.env.logLevel = "error";
    const session = (file: string): Promise<InferenceSession> =>
      runtime.InferenceSession.create(readFileSync(join(folder, file)), { executionProviders: ["wasm"] });
    const encoder = await session(FILES.encoder);
    const decoder = await session(FILES.decoder);
    const { default: tokenizer } = (await load(FILES.tokenizer)) as { default: Tokenizer };
    return new MoonshineModel(runtime, encoder, decoder, tokenizer);
  }

  /**
   * @param audio at MODEL_RATE, full scale ±1: at least a tenth of a second, at best a sentence, with little around it
   * @param abandoned is called after each token; the work ends where it returns true
   * @returns undefined where it was abandoned
   */
  async transcribe(audio: Float32Array, abandoned: () => boolean = () => false): Promise<RecognisedWord[] | undefined> {
    const tokens = await this.decode(await this.encode(audio), audio.length / MODEL_RATE, abandoned);
    return tokens && this.words(tokens);
  }

  private async encode(audio: Float32Array): Promise<Tensor> {
    const { last_hidden_state: states } = await this.encoder.run({
      input_values: new this.runtime.Tensor("float32", audio, [1, audio.length]),
    });
    if (!states) throw new Error("the encoder gave no states");
    return states;
  }

  private async decode(states: Tensor, seconds: number, abandoned: () => boolean): Promise<Token[] | undefined> {
    const { Tensor } = this.runtime;
    const past: Record<string, Tensor> = {};
    for (let layer = 0; layer < LAYERS; layer++) {
      for (const part of ["decoder.key", "decoder.value", "encoder.key", "encoder.value"]) {
        past[`past_key_values.${layer}.${part}`] = new Tensor("float32", new Float32Array(0), [0, HEADS, 1, HEAD_SIZE]);
      }
    }
    const tokens: Token[] = [];
    const most = Math.max(LEAST_TOKENS, Math.trunc(seconds * TOKENS_PER_SECOND));
    for (let last = BEGIN_TOKEN; tokens.length < most;) {
      if (abandoned()) return undefined;
      const first = tokens.length === 0;
      const output = await this.decoder.run({
        input_ids: new Tensor("int64", BigInt64Array.of(BigInt(last)), [1, 1]),
        encoder_hidden_states: states,
        use_cache_branch: new Tensor("bool", [!first], [1]),
        ...past,
      });
      const next = likeliest(output["logits"]?.data ?? new Float32Array(0));
      if (next.id === END_TOKEN) break;
      tokens.push(next);
      last = next.id;
      for (const name of Object.keys(past)) {
        const present = output[name.replace("past_key_values", "present")];
        // The values computed from the audio stay those of the first step.
        if (present && (first || name.includes(".decoder."))) past[name] = present;
      }
    }
    return tokens;
  }

  private words(tokens: readonly Token[]): RecognisedWord[] {
    const groups: Token[][] = [];
    for (const token of tokens) {
      if (groups.length === 0 || this.text(token).startsWith("▁")) groups.push([]);
      groups.at(-1)?.push(token);
    }
    return groups.flatMap((group) => {
      const text = tidy(this.tokenizer.decode([BEGIN_TOKEN, ...group.map((token) => token.id)]));
      const spoken = group.filter((token) => /[\p{L}\p{N}]/u.test(this.text(token)));
      if (spoken.length === 0) return [];
      return [{ text, confidence: Math.min(...spoken.map((token) => token.probability)) }];
    });
  }

  private text(token: Token): string {
    return this.tokenizer.vocabById[token.id] ?? "";
  }
}

function likeliest(logits: Float32Array): Token {
  let id = END_TOKEN;
  let highest = -Infinity;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i] ?? 0;
    if (logit > highest) [id, highest] = [i, logit];
  }
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] ?? 0) - highest);
  return { id, probability: 1 / sum };
}

/** "how,," → "how,": at the end of a piece that was cut off, the model may hesitate between two marks. */
function tidy(text: string): string {
  return text.trim().replace(/[,.?!]*([,.?!])$/, "$1");
}
