/** The local midnight at or before `date`; both in ms since the epoch. */
export function startOfDay(date: number): number {
  return new Date(date).setHours(0, 0, 0, 0);
}

/** The local midnight after `date`. Not 24 h later: days on which the clocks change are longer or shorter. */
export function startOfNextDay(date: number): number {
  return new Date(date).setHours(24, 0, 0, 0);
}
