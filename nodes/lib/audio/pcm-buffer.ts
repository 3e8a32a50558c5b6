/** Bytes of one sample: mono, signed 16-bit. */
export const SAMPLE_BYTES = 2;

/** 2 s at 16 kHz: enough for a stream of which little is kept. */
const SMALLEST_BYTES = 64 * 1024;
/** The memory beyond what is kept: a live stream, of which 4 s are kept, moves them once a second, which takes some 10 µs. */
const SPARE = 1.25;
/** Sizes are multiples of this. */
const STEP_BYTES = 32 * 1024;

/**
 * The samples from one position to another, in one piece of memory: a message's audio is copied in, a frame is a view of it. Nothing is
 * allocated for a message, since with many streams allocation is the greatest cost.
 */
export class PcmBuffer {
  private memory = Buffer.alloc(SMALLEST_BYTES);
  /** where in the memory the sample `start` lies, and where the last one ends: bytes */
  private first = 0;
  private last = 0;
  private startPosition = 0;

  /** its size in bytes */
  get size(): number {
    return this.memory.length;
  }

  /** position of the oldest sample */
  get start(): number {
    return this.startPosition;
  }

  /** the position that the next sample will have */
  get end(): number {
    return this.startPosition + (this.last - this.first) / SAMPLE_BYTES;
  }

  /** @param data whole samples; copied */
  append(data: Uint8Array): void {
    if (this.last + data.length > this.memory.length) this.makeRoom(data.length);
    this.memory.set(data, this.last);
    this.last += data.length;
  }

  /** A view of the samples `from` … `to`, which must lie within start … end. Valid until the next `append`. */
  read(from: number, to: number): Buffer {
    return this.memory.subarray(this.offset(from), this.offset(to));
  }

  /** The same as `read`, as numbers from -32768 to 32767. */
  readSamples(from: number, to: number): Int16Array {
    return new Int16Array(this.memory.buffer, this.memory.byteOffset + this.offset(from), to - from);
  }

  /** Drops everything before `position`, which must lie within start … end. */
  discardBefore(position: number): void {
    this.first = this.offset(position);
    this.startPosition = position;
    // The memory of a long file is released once the file has been sent.
    if (this.first === this.last && this.memory.length > SMALLEST_BYTES) this.resize(SMALLEST_BYTES);
  }

  /** Drops everything from `position` on, which must lie within start … end. */
  discardFrom(position: number): void {
    this.last = this.offset(position);
    // The memory of a long file whose rest is dropped is given back.
    this.makeRoom(0);
  }

  private offset(position: number): number {
    return this.first + (position - this.startPosition) * SAMPLE_BYTES;
  }

  /** Moves the kept samples to the front; shrinks the memory only where half of it would be enough. */
  private makeRoom(bytes: number): void {
    const needed = this.last - this.first + bytes;
    const size = Math.max(SMALLEST_BYTES, Math.ceil((needed * SPARE) / STEP_BYTES) * STEP_BYTES);
    const { length } = this.memory;
    this.resize(size <= length && size > length / 2 ? length : size);
  }

  private resize(size: number): void {
    const kept = this.memory.subarray(this.first, this.last);
    if (size === this.memory.length) {
      this.memory.copyWithin(0, this.first, this.last);
    } else {
      this.memory = Buffer.alloc(size);
      this.memory.set(kept);
    }
    this.last -= this.first;
    this.first = 0;
  }
}
