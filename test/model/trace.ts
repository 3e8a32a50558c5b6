import type { Came } from "./flow";
import type { Record } from "./run";

/** What happened in a schedule, line by line, for whoever looks for the cause of a failure. Times are s from its beginning. */
export function trace({ connections, came, words, marks }: Record): string {
  const lines: [number, string][] = [];
  for (const { connection } of connections) {
    const { number, stream, rate, connectAt, begunAt, terminateAt, letGoAt, closedAt, closed, terminationAt, texts } = connection.log;
    const name = `connection ${number}`;
    lines.push(
      [connectAt, `${name} is asked for by stream ${stream} at ${rate} Hz`],
      [begunAt, `${name} begins`],
      [terminateAt, `${name} is terminated`],
      [letGoAt, `${name} is let go of`],
      [terminationAt, `${name} gives Termination`],
      [closedAt, `${name} is closed: ${JSON.stringify(closed)}`],
    );
    for (const text of texts) lines.push([text.at, `${name} says ${span(text.words)}`]);
  }
  for (const each of came) lines.push([each.at, `  out: ${described(each)}`]);
  for (const { at, what, stream } of marks) lines.push([at, `in: ${what} for stream ${stream}`]);
  for (const { id, firstAt, lastAt, taken, length } of words.values()) {
    lines.push([firstAt, `in: w${id} until ${seconds(lastAt)} s${taken < length ? `, ${taken} of ${length} ms` : ""}`]);
  }
  const told = lines.filter(([at]) => Number.isFinite(at)).sort(([one], [other]) => one - other);
  return told.map(([at, text]) => `    ${seconds(at)} ${text}`).join("\n");
}

function described(each: Came): string {
  switch (each.what) {
    case "final":
    case "partial":
      return `${each.what} no. ${each.number} of ${each.turn}: ${span(each.words)}`;
    case "error":
    case "warning":
      return `${each.what} ${each.code} ${each.message}`;
    case "begin":
      return `begin of ${each.sessionId}`;
    case "termination":
      return `termination of ${each.sessionId}, ${each.reason}, ${each.costUsd} USD`;
    case "budget":
      return `budget: ${each.usedUsd} of ${each.budgetUsd} USD`;
    case "reconnecting":
    case "failed":
    case "other":
      return each.what;
  }
}

function span(words: number[]): string {
  return words.length > 2 ? `w${words[0]} to w${words.at(-1)} (${words.length})` : words.map((word) => `w${word}`).join(" ");
}

function seconds(at: number): string {
  return ((at - 1000) / 1000).toFixed(3).padStart(8);
}
