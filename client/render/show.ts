import type { Note } from '../../protocol/model-call.ts';
import type { CallView, PhaseView, RunView } from '../../protocol/view.ts';
import { bytes, callMs, clock, compact, countsText, duration, money, plural, usageText } from './format.ts';
import { renderError } from './final.ts';
import { changeSection, fileLines } from './changes.ts';
import { closedText, gateSection, gateTitle } from './gates.ts';
import { hasTurns, iterationText } from './node-tree.ts';
import { pauseText } from './pause-text.ts';
import { originText, reuseText, savedText } from './reuse.ts';
import { safeLine } from './sanitize.ts';
import { treeSection } from './show-tree.ts';
import { glyph, painter, paintStatus, type Paint } from './style.ts';
import { fit, pad, widthOf, wrap } from './width.ts';

export interface ShowOptions {
  width: number;
  color: boolean;
  now: number;
  uiUrl?: string | null;
}

/** A run in full, for `braid show RUN`: what it is, then the tree of its calls by phase, none left out. */
export function renderShow(view: RunView, options: ShowOptions): string[] {
  const paint = painter(options.color);
  return [
    ...factLines(view, options, paint),
    // Commands are there to be copied: they are never cut.
    ...(view.pause === null ? [] : [paint('yellow', pauseText(view.run, view.pause))]),
    ...gateSection(view, options, paint),
    // The calls of an RLM may be thousands; its tree says what came of them, and --cells lists each.
    ...(view.kind === 'rlm' ? [] : view.phases.flatMap((phase) => phaseTree(phase, view.calls, options, paint))),
    ...(view.nodes.some(hasTurns) ? treeSection(view, options, paint) : []),
    ...(view.patch === undefined ? [] : ['', ...changeSection(view.run, view.patch, options, paint)]),
    ...(view.error === null ? [] : ['', ...renderError(view.error, options)]),
  ];
}

/** The run's story line by line, for `braid logs RUN`. */
export function renderLogs(view: RunView, options: { color: boolean }): string[] {
  const paint = painter(options.color);
  return view.notes.map((note) => {
    const { kind, at } = note;
    const text = logText(note);
    const line = kind === 'phase' ? paint('bold', `phase ${text}`) : text;
    return `${paint('dim', clock(at))}  ${kind === 'warning' ? paint('yellow', `warning: ${line}`) : line}`;
  });
}

function logText({ text, gate }: Note): string {
  if (gate === undefined) return safeLine(text);
  const { closed } = gate;
  if (closed === null) return gateTitle(gate);
  return `${safeLine(gate.gate)} ${closedText({ state: closed.how, value: closed.value, by: closed.by })}`;
}

function factLines(view: RunView, { width, now, uiUrl }: ShowOptions, paint: Paint): string[] {
  const elapsed = view.startedAt === null ? '' : `  ${duration((view.endedAt ?? now) - view.startedAt)}`;
  const facts: [string, string | null][] = [
    ['run', view.run],
    [
      'script',
      view.file === null ? null : `${view.file}${view.sourceHash === null ? '' : ` · ${view.sourceHash.slice(0, 12)}`}`,
    ],
    ...rlmFacts(view),
    ['model', view.model],
    ['workspace', workspaceText(view)],
    ['started', view.startedAt === null ? null : new Date(view.startedAt).toISOString()],
    [view.kind === 'batch' ? 'items' : 'calls', censusText(view)],
    ['reused', reuseText(view)?.replace(/^reused /, '') ?? null],
    ['usage', usageText(view.usage)],
    ['saved', savedText(view.saved) || null],
    ['history', plural(view.historyEvents, 'event')],
    ['ui', uiUrl ?? null],
    ...view.notices.map((notice): [string, string] => ['note', notice]),
  ];
  const told = facts.flatMap(([name, value]) =>
    value === null ? [] : [`${pad(name, 10)}${fit(safeLine(value), Math.max(20, width - 10))}`],
  );
  return [
    `${paint('bold', fit(safeLine(view.name), Math.max(8, width - 36)))}  ${paintStatus(view.status, paint)}${elapsed}`,
    ...told,
  ];
}

/** Calls that no history lists any more are in the usage of results. */
function censusText({ kind, counts, usage }: RunView): string {
  const more = kind === 'batch' ? 0 : Math.max(0, usage.calls - counts.total);
  if (counts.total + more === 0) return 'none';
  const listed = countsText(counts);
  return `${counts.total + more}: ${[listed, ...(more === 0 ? [] : [`${more} not listed`])].filter(Boolean).join(', ')}`;
}

function rlmFacts({ kind, nodes, rlm }: RunView): [string, string | null][] {
  const root = nodes[0];
  if (kind !== 'rlm' || root === undefined) return [];
  return [
    ['question', root.question],
    ['context', root.context ?? 'none'],
    ['turns', iterationText(root)],
    ['sub-model', rlm?.subModel ?? null],
    ['partial', root.partial],
  ];
}

function workspaceText({ workspace }: RunView): string | null {
  if (workspace === null) return null;
  const { root, snapshot, error } = workspace;
  if (error !== null) return `${root} (not read: ${error})`;
  return snapshot === null
    ? `${root} (not read yet)`
    : `${root} (${plural(snapshot.files, 'file')}, ${bytes(snapshot.bytes)})`;
}

/** Calls of a phase; those of a script that a script called stand below its address. */
function phaseTree(phase: PhaseView, calls: readonly CallView[], options: ShowOptions, paint: Paint): string[] {
  const title = phase.title === null ? 'calls' : safeLine(phase.title);
  const told = phase.counts.total === 0 ? 'no calls' : countsText(phase.counts);
  const lines = ['', `${paint('bold', fit(title, options.width))}  ${paint('dim', told)}`];
  let branch = '';
  for (const call of calls) {
    if (call.phase !== phase.title) continue;
    const parent = call.address.split('/').slice(0, -1);
    if (parent.join('/') !== branch) {
      branch = parent.join('/');
      if (branch !== '')
        lines.push(paint('dim', fit(`${'  '.repeat(parent.length)}${safeLine(branch)}`, options.width)));
    }
    lines.push(...callLines(call, 2 + parent.length * 2, options, paint));
  }
  return lines;
}

function callLines(call: CallView, indent: number, options: ShowOptions, paint: Paint): string[] {
  const { width } = options;
  const facts = factColumns(call, options);
  const blank = ' '.repeat(indent);
  const label = pad(safeLine(call.label) || call.address, Math.max(12, width - indent - 3 - widthOf(facts)));
  const lines = [`${blank}${glyph(call.state, paint)} ${label} ${paint('dim', facts.trimEnd())}`];
  if (call.state === 'replayed') return lines;
  if (call.requests > call.turns && call.turns > 0) {
    // Tries that failed or were told to wait.
    lines.push(paint('dim', `${blank}  ${plural(call.requests, 'request')} for ${plural(call.turns, 'turn')}`));
  }
  const origin = originText(call);
  if (origin !== null) lines.push(paint('dim', `${blank}  ${fit(origin, Math.max(20, width - indent - 2))}`));
  for (const line of fileLines(call.patch?.files ?? []))
    lines.push(paint('dim', `${blank}  ${fit(line, Math.max(20, width - indent - 2))}`));
  const told = call.error === null ? call.hint : `${call.error.reason}: ${call.error.code}: ${call.error.message}`;
  if (told === null || (call.error === null && call.endedAt !== null)) return lines;
  const format = call.error === null ? 'yellow' : 'red';
  const text = wrap(safeLine(told), Math.max(20, width - indent - 2));
  return [...lines, ...text.map((line) => `${blank}  ${paint(format, fit(line, width - indent - 2))}`)];
}

/** What a call was, as columns of fixed width; the model has one where there is room. */
function factColumns(call: CallView, { width, now }: ShowOptions): string {
  if (call.state === 'replayed') return fit(`replayed ${originText(call) ?? ''}`, Math.max(20, Math.floor(width / 2)));
  const tokens = call.inputTokens + call.outputTokens;
  const begun = call.state !== 'queued' && call.state !== 'refused';
  const columns = [
    pad(call.state, 9),
    ...(width >= 100 ? [pad(safeLine(call.model ?? ''), 18)] : []),
    pad(call.turns > 1 ? plural(call.turns, 'turn') : '', 8, 'right'),
    pad(tokens === 0 ? '' : `${compact(tokens)} tok`, 8, 'right'),
    pad(tokens === 0 ? '' : call.usd === null ? '$?' : money(call.usd), 8, 'right'),
    pad(begun ? duration(callMs(call, now)) : '', 7, 'right'),
  ];
  return columns.join(' ');
}
