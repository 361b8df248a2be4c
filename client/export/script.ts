/**
 * The code that an RLM wrote, as one script for `braid run` (issue "Recursive language models", part 6).
 *
 *  E1  What comes out passes the check of scripts, whatever the cells were: a cell that cannot stand in a script is a comment.
 *  E2  Nothing of a cell, of a question or of an error can end the comment it stands in.
 *  E3  Cells run in their order, a failing one does not end the script, and the first final answer does: as in the session.
 */
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { CellView, NodeView, RunView } from '../../protocol/view.ts';
import { prepareCell } from '../../sandbox/cells/index.ts';
import { checkScript } from '../../sandbox/check/index.ts';
import { PREAMBLE } from './script-preamble.ts';

/** The script of one node, with a name in its meta. Throws BRAID_USAGE when it is no RLM, or has run no cell. */
export function scriptOfCells(view: RunView, address: string, called = `${view.run}-cells`): string {
  const node = view.nodes.find((one) => one.address === address && one.kind === 'rlm');
  if (node === undefined || node.cells.length === 0) {
    throw new BraidError('BRAID_USAGE', `The node ${address} of ${view.run} has run no cell, so there is no code.`);
  }
  const cells = node.cells.map(written);
  const names = new Set(cells.flatMap((cell) => cell.names).filter((name) => !HOOKS.has(name)));
  const script = [
    ...head(view, node, called),
    PREAMBLE,
    `var question = ${literal(node.question ?? '')};`,
    ...(names.size === 0 ? [] : [`var ${[...names].join(', ')};`]),
    `var variables = { ${[...names].map((name) => `${JSON.stringify(name)}: () => ${name}`).join(', ')} };`,
    ...cells.flatMap((cell) => ['', ...cell.lines]),
    '',
    'return final.given ? final.value : answer.content;',
    '',
  ].join('\n');
  checkScript(script, { file: `${view.run}.js` });
  return script;
}

/** Names of the dialect: a cell that declares one assigns it instead. */
const HOOKS: ReadonlySet<string> = new Set([
  ...[
    'agent',
    'agentResult',
    'parallel',
    'pipeline',
    'workflow',
    'rlm',
    'file',
    'files',
    'phase',
    'log',
    'args',
    'budget',
    'call',
    'ask',
    'approve',
    'tools',
  ],
  ...['console', 'question', 'context', 'answer', 'final', 'variables', 'print', 'cell', 'outcomes', 'sleep', 'now'],
]);

interface Written {
  lines: string[];
  names: string[];
}

function head(view: RunView, node: NodeView, name: string): string[] {
  const description = `The code that a recursive language model wrote in the run ${view.run}`;
  const answer = node.partial === null ? [] : [`Its answer was partial: ${node.partial}`];
  return [
    `export const meta = { name: ${literal(name)}, description: ${literal(description)} };`,
    ...comment([
      `${description}, node ${node.address}: ${node.cells.length} cells in their order.`,
      `Question: ${node.question ?? ''}`,
      `Context: ${node.context ?? 'none'}. The script takes it as args.context: a text, or a list of {name, text}.`,
      ...answer,
      '',
      'Run it without the model that wrote it; calls of models in the code are made again:',
      `  braid run FILE.js --model ${node.model ?? 'provider/model'} --args @context.json    # {"context": "…"}`,
    ]),
    '',
  ];
}

function written(cell: CellView): Written {
  const title = `---------------------------------------------------------------- cell ${cell.cell}, turn ${cell.iteration}`;
  const failed = cell.error === null ? [] : [`It failed: ${cell.error.name}: ${cell.error.message}`];
  try {
    const { source, declared, functions } = prepareCell(cell.code);
    const lines = [
      ...comment([title, ...failed]),
      `await cell(${cell.cell}, ${source});`,
      'if (final.given) return final.value;',
    ];
    // By itself first: what cannot stand in a script must not spoil the others (E1).
    checkScript(lines.join('\n'), { file: `cell ${cell.cell}` });
    return { lines, names: [...declared, ...functions] };
  } catch (error) {
    if (!isBraidError(error)) throw error;
    const why = `It cannot stand in a script (${error.message}), so it is only shown:`;
    return { lines: comment([title, why, ...cell.code.split('\n')]), names: [] };
  }
}

/** E2: every kind of line end begins a new comment line, and controls are gone. */
function comment(lines: readonly string[]): string[] {
  return lines
    .flatMap((line) => line.split(/\r\n|[\n\r\u2028\u2029]/))
    .map((line) => `// ${line.replace(/[\p{Control}]/gu, ' ')}`.trimEnd());
}

function literal(text: string): string {
  return JSON.stringify(text.replace(/\p{Control}/gu, ' ')).replace(/[\u2028\u2029]/g, ' ');
}
