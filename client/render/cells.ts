/** Every cell that a run's RLMs ran, for `braid show RUN --cells`: its code, what it printed, the calls it made and their cost. */
import type { CallView, CellView, NodeView, RunView } from '../../protocol/view.ts';
import { callMs, compact, duration, money, plural } from './format.ts';
import { originText } from './reuse.ts';
import { safeLine, safeText } from './sanitize.ts';
import { glyph, painter, type Paint } from './style.ts';
import { fit } from './width.ts';

export interface CellOptions {
  width: number;
  color: boolean;
  now: number;
}

export interface RunCell {
  node: NodeView;
  cell: CellView;
  /** The calls it made, in order. */
  calls: CallView[];
}

/** Cells of all nodes in the order in which they were begun, or those of the node at `address`. */
export function cellsOf(view: RunView, address: string | null): RunCell[] {
  const calls = new Map(view.calls.map((call) => [call.address, call]));
  return view.nodes
    .filter((node) => address === null || node.address === address)
    .flatMap((node) =>
      node.cells.map((cell) => ({ node, cell, calls: cell.calls.flatMap((name) => calls.get(name) ?? []) })),
    )
    .toSorted((a, b) => a.cell.startedAt - b.cell.startedAt);
}

export function renderCells(view: RunView, cells: readonly RunCell[], options: CellOptions): string[] {
  if (cells.length === 0) return [`no cells in ${safeLine(view.run)}`];
  const paint = painter(options.color);
  const nodes = new Map(view.nodes.map((node) => [node.address, node]));
  return cells.flatMap((one, i) => [...(i === 0 ? [] : ['']), ...cellLines(one, nodes, options, paint)]);
}

type Nodes = ReadonlyMap<string, NodeView>;

function cellLines({ node, cell, calls }: RunCell, nodes: Nodes, options: CellOptions, paint: Paint): string[] {
  const facts = [
    cell.state,
    `${Math.round(cell.ms)} ms of computing`,
    `${compact(cell.gas)} gas`,
    ...(cell.usage.calls === 0 ? [] : [plural(cell.usage.calls, 'call'), costText(cell.usage)]),
  ].join(' · ');
  const title = `${node.address} · cell ${cell.cell} · turn ${cell.iteration}`;
  const error = cell.error;
  return [
    `${paint('bold', title)}  ${paint('dim', facts)}`,
    ...block(cell.code).map((line) => `  ${paint('cyan', line)}`),
    ...cell.hints.map((hint) => `  ${paint('yellow', `hint: ${safeLine(hint)}`)}`),
    ...output(cell).map((line) => `  ${line}`),
    ...(error === null ? [] : errorLines(error).map((line) => `  ${paint('red', line)}`)),
    ...(cell.final ? [`  ${paint('green', 'gave the final answer')}`] : []),
    ...calls.map((call) => callLine(call, nodes.get(call.address), options, paint)),
  ];
}

/** Code and output are printed whole: they are there to be copied. */
function block(text: string): string[] {
  return safeText(text).replace(/\n+$/, '').split('\n');
}

function output({ output: text, outputChars }: CellView): string[] {
  if (text === '') return [];
  const lines = block(text).map((line) => `│ ${line}`);
  return outputChars > text.length ? [...lines, `│ (${outputChars.toLocaleString('en')} characters in all)`] : lines;
}

function errorLines({ name, message, line, frame }: NonNullable<CellView['error']>): string[] {
  const place = line === null ? '' : ` (line ${line})`;
  return [...block(`${name}: ${message}${place}`), ...(frame === '' ? [] : block(frame))];
}

/** A call that a program answered costs what that program and everything below it cost. */
function callLine(call: CallView, node: NodeView | undefined, { width, now }: CellOptions, paint: Paint): string {
  const cost = node?.usage ?? call;
  const label = safeLine(call.label);
  const origin = originText(call);
  const facts = [
    call.state,
    ...(call.kind === 'tool' ? [] : [costText(cost)]),
    ...(node === undefined || node.usage.calls === 0 ? [] : [`${plural(node.usage.calls, 'call')} below`]),
    duration(callMs(call, now)),
    ...(origin === null ? [] : [origin]),
    ...(call.error === null ? [] : [`${call.error.code}: ${safeLine(call.error.message)}`]),
  ].join(' · ');
  const name = label === call.address ? call.address : `${call.address} ${label}`;
  return `  ${glyph(call.state, paint)} ${fit(`${name}  ${facts}`, Math.max(20, width - 4))}`;
}

function costText({
  inputTokens,
  outputTokens,
  usd,
}: {
  inputTokens: number;
  outputTokens: number;
  usd: number | null;
}): string {
  const tokens = inputTokens + outputTokens;
  return tokens === 0 ? 'no tokens' : `${compact(tokens)} tok · ${money(usd)}`;
}
