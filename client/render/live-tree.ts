/** The recursion tree while it runs: which node is at which turn, the cell it runs, and its calls in flight. */
import type { NodeView, RunView } from '../../protocol/view.ts';
import { countCalls } from '../view/totals.ts';
import { callRow } from './call-row.ts';
import { countsText, duration } from './format.ts';
import { hasTurns, isLive, iterationText, NodeTree } from './node-tree.ts';
import { safeLine } from './sanitize.ts';
import { glyph, type Paint } from './style.ts';
import { fit, widthOf } from './width.ts';

export interface TreeOptions {
  width: number;
  now: number;
  tick: number;
  paint: Paint;
}

interface Row {
  text: string;
  /** What gives way last when there is no room: 0. */
  rank: number;
}

const DEEPEST_INDENT = 12;

/** At most `room` lines: nodes at work first, then their calls in flight, then what is done, as numbers. */
export function liveTree(view: RunView, room: number, options: TreeOptions): string[] {
  const tree = new NodeTree(view);
  const { root } = tree;
  if (root === undefined || room <= 0) return [];
  // The rows of a script's own calls are shown by phase.
  const rows = root.kind === 'rlm' ? nodeRows(tree, root, 0, options) : childRows(tree, root, 0, options);
  if (rows.length <= room) return rows.map((row) => row.text);
  const kept = new Set(rows.toSorted((a, b) => a.rank - b.rank).slice(0, room - 1));
  const more = options.paint('dim', `… ${rows.length - kept.size} more lines`);
  return [...rows.flatMap((row) => (kept.has(row) ? [row.text] : [])), more];
}

function nodeRows(tree: NodeTree, node: NodeView, level: number, options: TreeOptions): Row[] {
  const leaves = tree.leaves(node);
  const indent = Math.min(DEEPEST_INDENT, level * 2);
  const { width, paint, now, tick } = options;
  const counts = countsText(countCalls(leaves));
  const told: Row[] =
    counts === '' ? [] : [{ text: paint('dim', fit(`${' '.repeat(indent + 2)}calls: ${counts}`, width)), rank: 2 }];
  const inFlight = leaves.filter(({ state }) => state === 'running' || state === 'waiting');
  const rows = inFlight.map((call): Row => ({
    text: callRow(call, { width, now, tick, paint, indent: indent + 2 }),
    rank: 3,
  }));
  return [
    { text: nodeLine(node, indent, options), rank: 0 },
    ...told,
    ...rows,
    ...childRows(tree, node, level + 1, options),
  ];
}

/** Nodes at work one by one; those that have ended are a number. */
function childRows(tree: NodeTree, node: NodeView, level: number, options: TreeOptions): Row[] {
  const children = tree.children(node);
  const over = children.filter((child) => !isLive(child));
  const rows = children.filter(isLive).flatMap((child) => nodeRows(tree, child, level, options));
  if (over.length === 0) return rows;
  const failed = over.filter((child) => child.state !== 'done' && child.state !== 'replayed').length;
  const blank = ' '.repeat(Math.min(DEEPEST_INDENT, level * 2));
  const text = `${blank}${over.length} ended${failed === 0 ? '' : `, ${failed} of them without a value`}`;
  return [...rows, { text: options.paint('dim', fit(text, options.width)), rank: 1 }];
}

function nodeLine(node: NodeView, indent: number, { width, now, tick, paint }: TreeOptions): string {
  const head = `${' '.repeat(indent)}${glyph(node.state, paint, tick)} `;
  const time = node.startedAt === null ? '' : duration((node.endedAt ?? now) - node.startedAt);
  const turn = hasTurns(node) ? `turn ${iterationText(node)}` : 'script';
  const facts = `${turn} · ${atWork(node)}`;
  const room = Math.max(0, width - indent - 2);
  const label = fit(safeLine(node.label) || node.address, Math.max(8, Math.floor(room / 3)));
  const rest = room - widthOf(label) - time.length - 4;
  return rest < 8 ? head + fit(label, room) : `${head}${label}  ${paint('dim', fit(facts, rest))}  ${time}`.trimEnd();
}

/** The cell being run, by the first line of its code that says something; else the model's turn. */
function atWork({ kind, cells, turns, state }: NodeView): string {
  if (kind !== 'rlm') return state;
  const cell = cells.findLast(({ endedAt }) => endedAt === null);
  if (cell !== undefined) {
    const doing = cell.state === 'waiting' ? 'waits for its calls' : 'runs';
    return `cell ${cell.cell} ${doing}: ${firstLine(cell.code)}`;
  }
  const turn = turns.at(-1);
  if (turn === undefined) return 'begins';
  if (turn.state === 'waiting') return 'the provider asked to slow down';
  return turn.endedAt === null ? 'the model writes' : 'between turns';
}

/** The first line of a cell that is code. */
export function firstLine(code: string): string {
  const lines = code.slice(0, 4_000).split('\n').map(safeLine);
  return lines.find((line) => line !== '' && !line.startsWith('//')) ?? lines.find((line) => line !== '') ?? '';
}
