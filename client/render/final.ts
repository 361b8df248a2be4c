import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import type { ErrorInfo, Outcome } from '../../protocol/outcome.ts';
import type { RunView } from '../../protocol/view.ts';
import { changeSection } from './changes.ts';
import { countsText, duration, plural, usageText } from './format.ts';
import { reuseText, savedText } from './reuse.ts';
import { safeLine, safeText } from './sanitize.ts';
import { painter, paintStatus, type Paint } from './style.ts';
import { fit, wrap } from './width.ts';

export interface FinalOptions {
  width: number;
  color: boolean;
  uiUrl?: string | null;
}

/** Failed calls told one by one; the rest is a command away. */
const TOLD = 10;
const MESSAGE_LINES = 3;

/** What a person should know after a run: how it ended, what it cost, what went wrong and why, what to type next. */
export function renderFinal(view: RunView, options: FinalOptions): string[] {
  const paint = painter(options.color);
  return [
    ...headLines(view, options.width, paint),
    ...partialLines(view, options.width, paint),
    ...(view.error === null ? [] : renderError(view.error, options)),
    ...outcomeLines(view.outcomes, options.width, paint),
    ...(view.patch === undefined ? [] : changeSection(view.run, view.patch, options, paint)),
    ...view.notices.map((notice) => paint('yellow', fit(`! ${safeLine(notice)}`, options.width))),
    ...nextLines(view, options, paint),
  ];
}

function headLines(view: RunView, width: number, paint: Paint): string[] {
  const time = view.startedAt === null || view.endedAt === null ? '' : ` in ${duration(view.endedAt - view.startedAt)}`;
  const census =
    view.counts.total === 0 ? 'no calls' : `${plural(view.counts.total, 'call')}: ${countsText(view.counts)}`;
  return [
    `${paint('bold', fit(safeLine(view.name), Math.max(8, width - 40)))} ${paintStatus(view.status, paint)}${time}`,
    fit(`  ${census}`, width),
    fit(`  ${usageText(view.usage)}`, width),
    ...reuseLines(view, width),
  ];
}

function reuseLines(view: RunView, width: number): string[] {
  const reuse = reuseText(view);
  const saved = savedText(view.saved);
  return reuse === null
    ? []
    : wrap(saved === '' ? reuse : `${reuse} (saved ${saved})`, width - 2).map((line) => `  ${line}`);
}

/** An answer that was cut short, or is no regular one, must not be taken for one. */
function partialLines({ nodes }: RunView, width: number, paint: Paint): string[] {
  const partial = nodes[0]?.partial ?? null;
  return partial === null
    ? []
    : wrap(`partial answer: ${safeLine(partial)}`, width).map((line) => paint('yellow', line));
}

/** An error as message, place and fix. Also for errors before a run. */
export function renderError(error: ErrorInfo, { width, color }: Pick<FinalOptions, 'width' | 'color'>): string[] {
  const paint = painter(color);
  const place = error.line === undefined ? '' : ` (line ${error.line}, column ${error.column ?? 1})`;
  const lines = wrap(`${error.code}: ${safeText(error.message)}${place}`, width).map((line) => paint('red', line));
  if (error.frame !== undefined)
    lines.push(
      ...safeText(error.frame)
        .split('\n')
        .map((line) => fit(line, width)),
    );
  if (error.fix !== undefined) lines.push(...wrap(`fix: ${safeText(error.fix)}`, width));
  return lines;
}

/** Failures with the same code share their fix, which is told once. */
function outcomeLines(outcomes: readonly Outcome[], width: number, paint: Paint): string[] {
  if (outcomes.length === 0) return [];
  const lines = [`${plural(outcomes.length, 'call')} gave no value:`];
  for (const [code, group] of Map.groupBy(outcomes.slice(0, TOLD), (outcome) => outcome.code)) {
    for (const outcome of group) lines.push(...outcomeText(outcome, width, paint));
    if (isErrorCode(code))
      lines.push(...wrap(`${code}: ${ERRORS[code].fix}`, width - 4).map((line) => paint('dim', `    ${line}`)));
  }
  if (outcomes.length > TOLD) lines.push(paint('dim', `  … and ${outcomes.length - TOLD} more`));
  return lines;
}

function outcomeText({ phase, label, reason, message, attempts }: Outcome, width: number, paint: Paint): string[] {
  const who = safeLine(phase === null ? label : `${phase} › ${label}`);
  const why = attempts > 1 ? `${reason} after ${attempts} requests` : reason;
  const text = wrap(safeLine(message), width - 4);
  const told =
    text.length > MESSAGE_LINES ? [...text.slice(0, MESSAGE_LINES - 1), `${text[MESSAGE_LINES - 1]} …`] : text;
  return [
    `  ${paint('red', '✗')} ${fit(who, Math.max(8, width - 6 - why.length))}: ${why}`,
    ...told.map((line) => `    ${fit(line, width - 4)}`),
  ];
}

/** Commands and addresses are there to be copied: they are never cut. */
function nextLines(view: RunView, { uiUrl }: FinalOptions, paint: Paint): string[] {
  const second = view.kind === 'rlm' ? 'show --cells' : view.status === 'failed' ? 'logs' : 'result';
  const lines = [`next: braid show ${safeLine(view.run)} · braid ${second} ${safeLine(view.run)}`];
  if (uiUrl !== undefined && uiUrl !== null) lines.push(`ui:   ${uiUrl}`);
  return lines.map((line) => paint('dim', line));
}
