const SECONDS = 60;

/**
 * The bar of a minute, as the sidebar has one of the day: a character for each second.
 * @param nodes of the sidebar's answer
 * @param until the minute's end, ms since the epoch
 * @returns two lines
 */
export function minuteBar(nodes, until) {
  const streams = nodes.flatMap((node) => node.streams);
  const covers = (second) => (span) => span.from < second + 1000 && span.until > second;
  const seconds = Array.from({ length: SECONDS }, (_, index) => until - (SECONDS - index) * 1000);
  const paid = (second) => streams.some(({ sessions }) => sessions.some(covers(second)));
  const listened = (second) => streams.some((stream) => stream.listened.some(covers(second)));
  const bar = seconds.map((second) => (paid(second) ? "█" : listened(second) ? "░" : "·")).join("");
  return [bar, "this minute: █ session, paid   ░ listened, free   · no audio"];
}
