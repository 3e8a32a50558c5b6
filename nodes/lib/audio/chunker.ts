/** Cuts a stream of 16-bit mono samples, received in pieces of any length, into chunks of one length. */
export class Chunker {
  /** Bytes of every chunk: whole samples, as near as possible to `chunkMs`. */
  readonly chunkBytes: number;
  private chunk: Buffer;
  private filled = 0;

  /**
   * @param sampleRate Hz
   * @param chunkMs milliseconds of every chunk
   * @param emit takes each full chunk: a Buffer of its own, never reused
   */
  constructor(
    sampleRate: number,
    chunkMs: number,
    private readonly emit: (chunk: Buffer) => void,
  ) {
    this.chunkBytes = Math.max(1, Math.round((sampleRate * chunkMs) / 1000)) * 2;
    this.chunk = Buffer.alloc(this.chunkBytes);
  }

  /** Takes any number of bytes; the last ones wait for the next call where they do not fill a chunk. */
  push(pcm: Buffer): void {
    let read = 0;
    while (read < pcm.length) {
      const copied = pcm.copy(this.chunk, this.filled, read);
      read += copied;
      this.filled += copied;
      if (this.filled === this.chunkBytes) {
        const full = this.chunk;
        this.chunk = Buffer.alloc(this.chunkBytes);
        this.filled = 0;
        this.emit(full);
      }
    }
  }
}
