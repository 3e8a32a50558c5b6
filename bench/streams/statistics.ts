/** p50 / p99 of each round, and their medians. */
export function delays(rounds: number[][]): string {
  const at = (share: number) => median(rounds.map((values) => quantile(values, share))).toFixed(1);
  return `${at(0.5)} / ${at(0.99)}`;
}

export function median(values: number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
