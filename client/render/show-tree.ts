/** The tree of a run's programs in full, for `braid show RUN`: turns, calls, tokens, cost and state of each. */
import type { CallView, NodeView, RunView } from '../../protocol/view.ts';
import { countCalls } from '../view/totals.ts';
import { compact, countsText, duration, money, plural } from './format.ts';
import { hasTurns, iterationText, NodeTree } from './node-tree.ts';
import { whyText } from './reuse.ts';
import { safeLine } from './sanitize.ts';
import type { ShowOptions } from './show.ts';
import { glyph, type Paint } from './style.ts';
import { fit, pad, widthOf, wrap } from './width.ts';

export function treeSection(view: RunView, options: ShowOptions, paint: Paint): string[] {
  const tree = new NodeTree(view);
  const { root } = tree;
  if (root === undefined) return [];
  const title = `${paint('bold', 'tree')}  ${paint('dim', plural(tree.nodes.length, 'node'))}`;
  return ['', title, ...nodeLines(tree, root, 1, options, paint)];
}

function nodeLines(tree: NodeTree, node: NodeView, level: number, options: ShowOptions, paint: Paint): string[] {
  const blank = ' '.repeat(level * 2);
  const leaves = tree.leaves(node);
  const counts = countsText(countCalls(leaves));
  const width = Math.max(20, options.width - level * 2 - 2);
  const below: string[] = [];
  if (node.parent !== null && node.question !== null && safeLine(node.question) !== safeLine(node.label)) {
    below.push(paint('dim', fit(`“${safeLine(node.question)}”`, width)));
  }
  if (node.parent !== null && node.context !== null)
    below.push(paint('dim', fit(`over ${safeLine(node.context)}`, width)));
  if (counts !== '') below.push(fit(`calls: ${kindsText(leaves)}: ${counts}`, width));
  const why = whyText(leaves);
  if (why !== '') below.push(paint('dim', fit(`live: ${why}`, width)));
  for (const call of leaves) if (call.error !== null) below.push(...failure(call, width, paint));
  if (node.partial !== null) below.push(paint('yellow', fit(`partial: ${safeLine(node.partial)}`, width)));
  return [
    nodeLine(node, blank, options, paint),
    ...below.map((line) => `${blank}  ${line}`),
    ...tree.children(node).flatMap((child) => nodeLines(tree, child, level + 1, options, paint)),
  ];
}

function nodeLine(node: NodeView, blank: string, { width, now }: ShowOptions, paint: Paint): string {
  const { usage } = node;
  const tokens = usage.inputTokens + usage.outputTokens;
  const facts = [
    pad(node.state, 9),
    pad(hasTurns(node) ? `turn ${iterationText(node)}` : node.kind, 11),
    pad(plural(node.cells.length, 'cell'), 8, 'right'),
    pad(plural(usage.calls, 'call'), 9, 'right'),
    pad(tokens === 0 ? '' : `${compact(tokens)} tok`, 8, 'right'),
    pad(tokens === 0 ? '' : usage.usd === null ? '$?' : money(usage.usd), 8, 'right'),
    pad(node.startedAt === null ? '' : duration((node.endedAt ?? now) - node.startedAt), 7, 'right'),
  ].join(' ');
  const name =
    node.parent === null
      ? 'root'
      : `${node.address} ${safeLine(node.label) === node.address ? '' : safeLine(node.label)}`;
  const label = pad(name.trimEnd(), Math.max(12, width - blank.length - 3 - widthOf(facts)));
  return `${blank}${glyph(node.state, paint)} ${label} ${paint('dim', facts.trimEnd())}`;
}

/** `20 llm, 2 agent`. */
function kindsText(calls: readonly CallView[]): string {
  const counts = Map.groupBy(calls, (call) => call.kind);
  return [...counts].map(([kind, some]) => `${some.length} ${kind}`).join(', ');
}

function failure(call: CallView, width: number, paint: Paint): string[] {
  const { error, state } = call;
  if (error === null) return [];
  const why = `${call.address} ${safeLine(call.label)}: ${error.reason}: ${error.code}: ${error.message}`;
  const lines = wrap(safeLine(why), Math.max(18, width - 2));
  return lines.map((line, i) => `${i === 0 ? `${glyph(state, paint)} ` : '  '}${paint('red', fit(line, width - 2))}`);
}
