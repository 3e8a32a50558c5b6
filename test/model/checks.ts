import { deadlines, longestWait, PUNCTUAL_MS, reasonOf, stallMs, timeoutOf, WITNESS_ERROR_MS, WITNESSED_MS } from "./deadlines";
import { goneAt, isBrokenByStall, occasionsOf, owedWords } from "./occasions";
import { UNDERSTOOD, WORD_TIME_ERROR_MS } from "./recogniser";
import type { GivenWord, Record, Violation } from "./run";
import type { ConnectionLog } from "./service";
import { spending } from "./spending";

/** A voice that goes on for more than half a second past the newest text's last word is uncovered. */
const UNCOVERED_MS = 500;
/** A voice that lasts so long is surely heard. */
const SURE_VOICE_MS = 250;

type Check = (record: Record) => Violation[];

/** Everything that must hold of what happened in a schedule. */
export function judge(record: Record): Violation[] {
  const checks: Check[] = [pairs, opened, finals, errors, delivered, kept, doubles, silences, deadlines, spending];
  return [...record.violations, ...checks.flatMap((check) => check(record))];
}

/** One termination for each begin; over a crash at least one. */
function pairs({ came, marks, connections }: Record): Violation[] {
  const violations: Violation[] = [];
  const hasCrashed = marks.some(({ what }) => what === "crash");
  const begun = came.flatMap((each) => (each.what === "begin" ? [each.sessionId] : []));
  const ended = came.flatMap((each) => (each.what === "termination" ? [each.sessionId] : []));
  for (const id of new Set([...begun, ...ended])) {
    const [begins, ends] = [begun, ended].map((ids) => ids.filter((each) => each === id).length) as [number, number];
    // A begin that comes while the node closes is sent to nobody; what it costs still counts.
    const log = connections.find(({ connection }) => connection.log.id === id)?.connection.log;
    const isLate = marks.some(({ what, at }) => what === "close" && at <= (log?.begunAt ?? 0));
    const fits = hasCrashed ? ends >= 1 && begins <= 1 : ends === 1 && (begins === 1 || (begins === 0 && isLate));
    if (!fits) violations.push({ kind: "terminations", text: `${id} has ${begins} begin and ${ends} termination` });
  }
  return violations;
}

/** Nothing is opened after close. A stream that waits in line may get its turn as the others leave it, and lets go at once. */
function opened({ connections, marks }: Record): Violation[] {
  const isLate = (each: Record["connections"][number]) => {
    const { connectAt, letGoAt, closedAt } = each.connection.log;
    const isClosed = marks.some(({ what, generation, at }) => what === "close" && generation === each.generation && at <= connectAt);
    return isClosed && letGoAt > connectAt && closedAt > connectAt;
  };
  return connections.filter(isLate).map(({ connection }) => ({ kind: "opened after close", text: `connection ${connection.log.number}` }));
}

/** Each turn has one final at most, which says something; finals count up. */
function finals({ came }: Record): Violation[] {
  const violations: Violation[] = [];
  const seen = new Set<string>();
  const numbers = new Map<string, number>();
  for (const each of came) {
    if (each.what !== "final") continue;
    const { turn, text, stream, generation, number } = each;
    if (seen.has(turn)) violations.push({ kind: "finals", text: `turn ${turn} has two` });
    seen.add(turn);
    if (text.replaceAll(/\[[^\]]*\]/g, "").trim() === "") violations.push({ kind: "finals", text: `"${text}" says nothing` });
    const key = `${generation} ${stream}`;
    const last = numbers.get(key) ?? 0;
    if (number !== last + 1 && number !== 1) violations.push({ kind: "finals", text: `no. ${number} comes after no. ${last}` });
    numbers.set(key, number);
  }
  return violations;
}

function errors({ came }: Record): Violation[] {
  return came.flatMap((each) =>
    (each.what === "error" || each.what === "warning") && each.code === "AAI_INTERNAL" ? [{ kind: "internal", text: each.message }] : [],
  );
}

/** What the engine got as a text, it gives out as a final. */
function delivered(record: Record): Violation[] {
  const said = new Set(record.came.flatMap((each) => (each.what === "final" ? each.words : [])));
  const hasCrashed = record.marks.some(({ what }) => what === "crash");
  if (hasCrashed) return [];
  const lost = new Map<number, number>();
  for (const { connection, generation } of record.connections) {
    const { log } = connection;
    if (isBrokenByStall(record, log.stream)) continue;
    // A session that goes on answering pings, and nothing else, counts as one that has heard what it was sent again.
    if (record.connections.some(({ connection: each }) => each.log.stream === log.stream && isMute(each.log))) continue;
    for (const { at, words } of log.texts) {
      // After it was let go of, another session may tell what it says.
      if (at >= log.letGoAt && takesOver(record, log, generation)) continue;
      for (const word of words) if (!said.has(word) && !isHardlyHeard(record.words.get(word))) lost.set(word, log.number);
    }
  }
  // Where the audio before a session was lost, the loss was told, and a word may be cut in two by its beginning.
  const isToldLost = record.came.some((each) => each.what === "warning" && each.code === "AAI_AUDIO_LOST");
  if (isToldLost && lost.size === 1) return [];
  return listed(
    "text lost",
    [...lost].map(([word, number]) => `w${word} of connection ${number}`),
  );
}

/** A word that is cut, and only just understood: another session, which begins where the turn before it ended, may miss some ms of it. */
function isHardlyHeard(word: GivenWord | undefined): boolean {
  return word !== undefined && word.taken < UNDERSTOOD * word.length + WORD_TIME_ERROR_MS;
}

function isMute({ isEndedByService, terminationAt }: ConnectionLog): boolean {
  return isEndedByService && terminationAt === Infinity;
}

function takesOver({ connections }: Record, { stream, letGoAt, number }: ConnectionLog, generation: number): boolean {
  return connections.some(
    ({ connection: { log }, generation: of }) =>
      of === generation && log.stream === stream && log.number > number && log.connectAt <= letGoAt && goneAt(log) >= letGoAt,
  );
}

/** No word is lost that was given while somebody should listen. */
function kept(record: Record): Violation[] {
  const said = new Set(record.came.flatMap((each) => (each.what === "final" ? each.words : [])));
  const lost = owedWords(record).filter(({ id }) => !said.has(id));
  return listed(
    "word lost",
    lost.map(({ id, firstAt }) => `w${id} of ${(firstAt - 1000) / 1000} s`),
  );
}

function doubles({ came, words, marks }: Record): Violation[] {
  // The session that a stop ends, and the one that the voice opens, both hear a word that is being said at the moment of the stop.
  const isStoppedIn = ({ firstAt, lastAt, stream }: GivenWord) =>
    marks.some(({ what, at, stream: of }) => what === "stop" && at >= firstAt && at < lastAt && (of === stream || of === -1));
  const counts = new Map<number, number>();
  for (const each of came) if (each.what === "final") for (const word of each.words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const isDoubled = ([id, count]: [number, number]) => {
    const word = words.get(id);
    return count > 1 && !(count === 2 && word && isStoppedIn(word));
  };
  const twice = [...counts].filter(isDoubled).map(([word]) => `w${word}`);
  return listed("word doubled", twice);
}

/** Nobody is cut off who is heard: a hang-up for silence waits for the text of an uncovered voice. */
function silences(record: Record): Violation[] {
  return record.connections.flatMap(({ connection: { log }, generation }) => {
    const { terminateAt: at, number } = log;
    // One that is ended as it begins only hears again what another one owes.
    if (at === Infinity || at === log.begunAt || reasonOf(record, log) !== "silence") return [];
    if (record.marks.some((mark) => mark.what === "close" && mark.at === at)) return [];
    const deadline = silentSince(record, log, at) + timeoutOf(record);
    if (at < deadline - 1) return [{ kind: "silence too early", text: `connection ${number}: ${Math.round(deadline - at)} ms` }];
    const voicedMs = uncoveredVoice(record, log, generation, at);
    if (voicedMs === 0 || at >= deadline + longestWait(record)) return [];
    const text = `connection ${number} was hung up at ${(at - 1000) / 1000} s though ${voicedMs} ms of words might still get a text`;
    return [{ kind: "cut off", text }];
  });
}

/** When the silence began that a hang-up ends: for one who is silent, a change of sessions does not matter. */
function silentSince(record: Record, log: ConnectionLog, at: number): number {
  const { connections } = occasionsOf(record).find((each) => each.connections.includes(log)) ?? { connections: [log] };
  const texts = connections.flatMap(({ texts: all }) => all.filter((text) => text.at < at && !text.isLate).map((text) => text.at));
  return Math.max(Math.min(...connections.map(({ begunAt }) => begunAt)), ...texts);
}

/** How many ms of the last 3 s of audio, and of what a session that is behind has not worked off, are a voice that goes on past the newest text. */
function uncoveredVoice(record: Record, log: ConnectionLog, generation: number, at: number): number {
  const { stream } = log;
  const { words, connections, marks, schedule } = record;
  // A message that is refused for one stream too many may hold half a sample.
  if (Number(schedule.properties["maxStreams"] ?? Infinity) < schedule.streams) return 0;
  // What is queued, behind a file or as late audio, is not spoken yet, and another rate is another timeline.
  if (schedule.steps.some((step) => step.do === "hold audio" && step.stream === stream)) return 0;
  if (marks.some(({ what, stream: of }) => what === "file" && of === stream)) return 0;
  const rates = new Set(schedule.steps.map((step) => (step.do === "microphone" && step.stream === stream ? step.rate : 0)));
  if (rates.size > 2) return 0;
  let newest = -1;
  for (const { connection } of connections) {
    if (connection.log.stream !== stream) continue;
    for (const text of connection.log.texts) if (text.at <= at) newest = Math.max(newest, ...text.words);
  }
  const covered = words.get(newest)?.soundedAt ?? -Infinity;
  const listenedFrom = occasionsOf(record).find((each) => each.connections.includes(log))?.start ?? log.connectAt;
  const ahead = stallMs(record, log) > 0 ? [] : log.aheadAtEnd;
  let voiced = 0;
  let until = -Infinity;
  for (const word of words.values()) {
    const isWhole = word.lastAt - word.firstAt < 2 * word.length && word.taken > word.length - 5;
    const isAhead = ahead.includes(word.id);
    const isRecent = word.soundedAt > at - WITNESSED_MS + WITNESS_ERROR_MS;
    const isJudged = word.lastAt < at - PUNCTUAL_MS;
    if (word.stream !== stream || word.generation !== generation || word.id <= newest || !isWhole || !isJudged) continue;
    if (!isRecent && !isAhead) continue;
    // What is said before a start, or before the audio that opens, is nobody's business.
    if (schedule.properties["open"] !== "speech" && word.firstAt < listenedFrom) continue;
    voiced += isAhead ? word.length : Math.min(word.length, word.soundedAt - (at - WITNESSED_MS));
    until = Math.max(until, word.soundedAt);
  }
  return voiced >= SURE_VOICE_MS && until > covered + UNCOVERED_MS + WITNESS_ERROR_MS ? voiced : 0;
}

function listed(kind: string, items: string[]): Violation[] {
  return items.length === 0 ? [] : [{ kind, text: items.join(", ") }];
}
