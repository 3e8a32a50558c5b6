import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/**
 * A program named arecord (rec and sox too) that replaces the real one, first on this process's PATH: tests the node with a real child
 * process, but without a sound system.
 */
export class StubRecorder {
  readonly folder = mkdtempSync(join(tmpdir(), "stub-recorder-"));
  private readonly path = process.env["PATH"] ?? "";

  /** @param script shell commands, with $DIR for its own folder; each start writes its process id into the file "pids" there */
  install(script: string): void {
    for (const name of ["arecord", "rec", "sox"]) {
      const file = join(this.folder, name);
      writeFileSync(file, `#!/bin/sh\nDIR=${this.folder}\necho $$ >> $DIR/pids\n${script}\n`);
      chmodSync(file, 0o755);
    }
    process.env["PATH"] = `${this.folder}${delimiter}${this.path}`;
  }

  /** As on a machine without any recorder. */
  hide(): void {
    process.env["PATH"] = join(this.folder, "nowhere");
  }

  write(name: string, content: Buffer): void {
    writeFileSync(join(this.folder, name), content);
  }

  /** The process ids of all starts so far. */
  get pids(): number[] {
    const file = join(this.folder, "pids");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8").split("\n").filter(Boolean).map(Number);
  }

  remove(): void {
    process.env["PATH"] = this.path;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whether a process of this id exists, zombies included. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
