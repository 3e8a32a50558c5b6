import { ModelError } from "./model-error";

/** Entries of a table's vector of tables, texts and numbers: a wake word model has some dozens, and a damaged length must not cost memory. */
const MOST_ENTRIES = 4096;

/**
 * One table of a FlatBuffer (flatbuffers.dev, "FlatBuffer Internals"): fields by their number in the schema, each with the schema's
 * default where the writer has left it out. An offset that leads out of the file is a RangeError of DataView's.
 */
export class FlatTable {
  private readonly vtable: number;
  private readonly vtableBytes: number;

  constructor(
    private readonly view: DataView,
    private readonly position: number,
  ) {
    this.vtable = position - view.getInt32(position, true);
    this.vtableBytes = view.getUint16(this.vtable, true);
  }

  int8(field: number, fallback = 0): number {
    const at = this.at(field);
    return at === undefined ? fallback : this.view.getInt8(at);
  }

  uint8(field: number, fallback = 0): number {
    const at = this.at(field);
    return at === undefined ? fallback : this.view.getUint8(at);
  }

  int32(field: number, fallback = 0): number {
    const at = this.at(field);
    return at === undefined ? fallback : this.view.getInt32(at, true);
  }

  uint32(field: number, fallback = 0): number {
    const at = this.at(field);
    return at === undefined ? fallback : this.view.getUint32(at, true);
  }

  table(field: number): FlatTable | undefined {
    const at = this.at(field);
    return at === undefined ? undefined : this.tableAt(at);
  }

  tables(field: number): FlatTable[] {
    return this.entries(field, 4, (at) => this.tableAt(at));
  }

  int32s(field: number): number[] {
    return this.entries(field, 4, (at) => this.view.getInt32(at, true));
  }

  float32s(field: number): number[] {
    return this.entries(field, 4, (at) => this.view.getFloat32(at, true));
  }

  int64s(field: number): number[] {
    return this.entries(field, 8, (at) => Number(this.view.getBigInt64(at, true)));
  }

  text(field: number): string {
    return Buffer.from(this.entries(field, 1, (at) => this.view.getUint8(at))).toString("utf8");
  }

  /** The bytes themselves, not a copy; empty where there are none. */
  bytes(field: number): Uint8Array {
    const { start, length } = this.vector(field, 1);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + start, length);
  }

  private entries<Entry>(field: number, size: number, read: (at: number) => Entry): Entry[] {
    const { start, length } = this.vector(field, size);
    if (length > MOST_ENTRIES) throw new ModelError("AAI_WAKE_WORD/damaged");
    return Array.from({ length }, (_, i) => read(start + i * size));
  }

  private vector(field: number, size: number): { start: number; length: number } {
    const at = this.at(field);
    if (at === undefined) return { start: 0, length: 0 };
    const start = at + this.view.getUint32(at, true);
    const length = this.view.getUint32(start, true);
    if (start + 4 + length * size > this.view.byteLength) throw new ModelError("AAI_WAKE_WORD/damaged");
    return { start: start + 4, length };
  }

  private tableAt(at: number): FlatTable {
    return new FlatTable(this.view, at + this.view.getUint32(at, true));
  }

  /** Where a field lies; undefined where it was left out. */
  private at(field: number): number | undefined {
    const slot = 4 + 2 * field;
    if (slot + 2 > this.vtableBytes) return undefined;
    const offset = this.view.getUint16(this.vtable + slot, true);
    return offset === 0 ? undefined : this.position + offset;
  }
}
