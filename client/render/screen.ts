import type { RunView } from '../../protocol/view.ts';
import { isWorkerMissing } from '../view/events.ts';
import { callRow } from './call-row.ts';
import { fold, type PhaseRows } from './fold.ts';
import { liveTree } from './live-tree.ts';
import { countsText, duration, plural, usageText } from './format.ts';
import { liveGates, openGates } from './gates.ts';
import { pauseText } from './pause-text.ts';
import { safeLine } from './sanitize.ts';
import { painter, paintStatus, statusText, type Paint } from './style.ts';
import { fit, widthOf } from './width.ts';
import { hasTurns } from './node-tree.ts';

export interface ScreenOptions {
  width: number;
  height: number;
  color: boolean;
  /** Ms since 1970. */
  now: number;
  /** Counts redraws, for what turns. */
  tick: number;
  /** The run's page in Temporal's UI. */
  uiUrl?: string | null;
  /** What keys do, for example `Ctrl+C detaches`. */
  hint?: string | null;
}

const LOG_LINES = 3;
/** Below this many columns lines are cut by the terminal, not by us. */
const NARROWEST = 20;

/** A run as lines for a terminal: at most `height` of them, each at most `width` (at least 20) columns wide. Pure. */
export function renderView(view: RunView, options: ScreenOptions): string[] {
  const paint = painter(options.color);
  const width = Math.max(NARROWEST, options.width);
  const frame = { ...options, width };
  const top = [
    headLine(view, frame, paint),
    countLine(view, frame, paint),
    ...liveGates(view, frame, paint),
    ...warnings(view, frame, paint),
  ];
  const bottom = footer(view, frame, paint);
  const logs = logLines(view, width, paint);
  const phases = view.phases.length === 1 && view.phases[0]?.counts.total === 0 ? [] : view.phases;
  let room = options.height - top.length;
  // What gives way first on a small screen: log lines, then the footer, then calls.
  const withFooter = room > bottom.length + 2;
  if (withFooter) room -= bottom.length;
  const withLogs = withFooter && room - logs.length >= Math.min(6, phases.length + view.calls.length);
  if (withLogs) room -= logs.length;
  const body = bodyLines(view, phases, room, frame, paint);
  return [...top, ...body, ...(withLogs ? logs : []), ...(withFooter ? bottom : [])].slice(
    0,
    Math.max(1, options.height),
  );
}

function headLine(view: RunView, { width, now }: ScreenOptions, paint: Paint): string {
  const elapsed = view.startedAt === null ? '' : duration((view.endedAt ?? now) - view.startedAt);
  const [plainStatus, status] = standing(view, paint);
  const room = width - widthOf(plainStatus) - elapsed.length - 4;
  if (room < 4) return fit(plainStatus, width);
  const name = fit(safeLine(view.name), room);
  const id = view.run === view.name ? '' : fit(safeLine(view.run), room - widthOf(name) - 2);
  return `${paint('bold', name)}${id.length < 4 ? '' : `  ${paint('dim', id)}`}  ${status}  ${elapsed}`.trimEnd();
}

/** How the run stands, plain and painted. */
function standing(view: RunView, paint: Paint): [string, string] {
  if (view.cancelling && view.endedAt === null) return ['cancelling', paint('yellow', 'cancelling')];
  if (view.status === 'running' && openGates(view).length > 0) return ['waiting', paint('magenta', 'waiting')];
  return [statusText(view.status), paintStatus(view.status, paint)];
}

/** Never empty: between two phases nothing is in flight, and the run is at work all the same. */
function countLine(view: RunView, { width, now }: ScreenOptions, paint: Paint): string {
  const counts = countsText(view.counts);
  const live = view.counts.running + view.counts.waiting + view.counts.queued;
  const words = [counts === '' ? 'no calls yet' : counts];
  if (view.phase !== null && view.endedAt === null) words.unshift(safeLine(view.phase));
  if (live === 0 && view.endedAt === null && view.sleepingUntil !== null) {
    words.push(`sleeps ${duration(view.sleepingUntil - now)} more`);
  }
  return paint('dim', fit(words.join(' · '), width));
}

function warnings(view: RunView, { width, now }: ScreenOptions, paint: Paint): string[] {
  const lines: string[] = [];
  if (view.connection === 'lost') lines.push('the server does not answer; the run is safe there, waiting for it');
  if (view.pause !== null) lines.push(pauseText(view.run, view.pause));
  if (isWorkerMissing(view, now)) lines.push(workerText(view, now));
  if (view.workspace?.error) lines.push(`the workspace could not be read: ${safeLine(view.workspace.error)}`);
  if (view.endedAt === null) lines.push(...view.notices.map(safeLine));
  return lines.slice(0, 3).map((line) => paint('yellow', fit(`! ${line}`, width)));
}

/** What to say when no worker takes the run's tasks. */
function workerText(view: RunView, now: number): string {
  const { lastSeen } = view.worker ?? { lastSeen: null };
  const since = lastSeen === null || view.startedAt === null || lastSeen < view.startedAt ? null : now - lastSeen;
  const what = since === null ? 'no worker is polling' : `the worker was lost ${duration(since)} ago`;
  return `${what}: start one with \`braid worker\``;
}

/** An RLM is its tree; of a script the tree takes at most a third of the lines. */
function bodyLines(
  view: RunView,
  phases: RunView['phases'],
  room: number,
  options: ScreenOptions,
  paint: Paint,
): string[] {
  const tree = { width: options.width, now: options.now, tick: options.tick, paint };
  if (view.kind === 'rlm') return liveTree(view, room, tree);
  const below = view.nodes.some(hasTurns) ? liveTree(view, Math.floor(room / 3), tree) : [];
  return [...phaseLines(view, phases, room - below.length, options, paint), ...below];
}

function phaseLines(
  view: RunView,
  phases: RunView['phases'],
  room: number,
  options: ScreenOptions,
  paint: Paint,
): string[] {
  if (room <= 0 || phases.length === 0) return [];
  const { phases: rows, hiddenPhases } = fold(phases, view.calls, room);
  const lines = rows.flatMap((phase) => onePhase(phase, options, paint));
  if (hiddenPhases > 0) lines.push(paint('dim', fit(`… ${plural(hiddenPhases, 'more phase')}`, options.width)));
  return lines;
}

function onePhase({ title, counts, shown, hidden }: PhaseRows, options: ScreenOptions, paint: Paint): string[] {
  const { width, now, tick } = options;
  const name = fit(title === null ? 'calls' : safeLine(title), width);
  const told = fit(counts.total === 0 ? 'not begun' : countsText(counts), width - widthOf(name) - 2);
  const head = paint('bold', name) + (told === '' ? '' : `  ${paint('dim', told)}`);
  const rows = shown.map((call) => callRow(call, { width, now, paint, tick, indent: 2 }));
  const rest = hidden.total === 0 ? [] : [paint('dim', fit(`  … ${countsText(hidden)}`, width))];
  return [head, ...rows, ...rest];
}

function logLines(view: RunView, width: number, paint: Paint): string[] {
  const lines = view.notes.filter((note) => note.kind !== 'phase' && note.kind !== 'gate').slice(-LOG_LINES);
  return lines.map(({ kind, text }) => paint(kind === 'log' ? 'dim' : 'yellow', fit(`› ${safeLine(text)}`, width)));
}

function footer(view: RunView, { width, uiUrl, hint }: ScreenOptions, paint: Paint): string[] {
  const links = [uiUrl, hint].filter((text) => text !== undefined && text !== null && text !== '').join(' · ');
  const lines = [fit(usageText(view.usage), width)];
  if (links !== '') lines.push(fit(links, width));
  return lines.map((line) => paint('dim', line));
}
