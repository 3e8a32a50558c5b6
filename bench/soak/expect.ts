/** Reports a finding; one that does not hold makes the command fail when it is through. */
export function expect(holds: boolean, what: string): void {
  console.log(`${holds ? "ok" : "NOT SO"}: ${what}`);
  if (!holds) process.exitCode = 1;
}
