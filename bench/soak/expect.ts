/** Reports a finding; a finding that fails makes the command exit with 1 at its end. */
export function expect(holds: boolean, what: string): void {
  console.log(`${holds ? "ok" : "NOT SO"}: ${what}`);
  if (!holds) process.exitCode = 1;
}
