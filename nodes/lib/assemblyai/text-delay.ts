/** A text follows its voice within this time, in ms. Live: the first one 1.2 s after the onset, the last one 0.5 s after the end. */
export const TEXT_WITHIN_MS = 3_000;
