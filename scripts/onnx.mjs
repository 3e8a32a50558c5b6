// Just enough of a reader for ONNX files (protocol buffers, onnx.proto3) to take the float32 weights out of one, by name.

/** The fields of a protobuf message: [field number, value]; a value is a BigInt (varint) or a Buffer that shares the file's memory. */
function* fields(message) {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new Error("not an ONNX file: it ends in the middle of a number");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const bytes = (length) => message.subarray(at, (at += length));
  while (at < message.length) {
    const key = varint();
    const field = Number(key >> 3n);
    switch (Number(key & 7n)) {
      case 0:
        yield [field, varint()];
        break;
      case 1:
        yield [field, bytes(8)];
        break;
      case 2:
        yield [field, bytes(Number(varint()))];
        break;
      case 5:
        yield [field, bytes(4)];
        break;
      default:
        throw new Error("not an ONNX file: unknown wire type");
    }
  }
}

// Field numbers of onnx.proto3
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR = { dataType: 2, name: 8, rawData: 9 };
const FLOAT32 = 1n;

/** The float32 initializers of a model: name → Buffer of little-endian float32, which shares the memory of `file`. */
export function float32Weights(file) {
  const weights = new Map();
  for (const [field, graph] of fields(file)) {
    if (field !== MODEL_GRAPH) continue;
    for (const [inGraph, tensor] of fields(graph)) {
      if (inGraph !== GRAPH_INITIALIZER) continue;
      const parts = new Map(fields(tensor));
      const raw = parts.get(TENSOR.rawData);
      if (parts.get(TENSOR.dataType) === FLOAT32 && raw) weights.set(parts.get(TENSOR.name).toString(), raw);
    }
  }
  return weights;
}
