/** The table for the terminal, and the page docs/performance.md around it. */
import type { BenchOptions } from './main.ts';
import type { MachineFacts } from './machine.ts';
import type { Row } from './rows.ts';
import { WINDOW } from './script-input.ts';

const HEADS = ['', 'bare', 'script', 'script over bare', 'target', ''];

/** A Markdown table whose columns also line up in a terminal. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [row.name, row.bare, row.script, row.over, row.target, verdict(row)]);
  const widths = HEADS.map((head, column) =>
    Math.max(3, head.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const line = (parts: readonly string[]) =>
    `| ${parts.map((part, column) => part.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(HEADS), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

function verdict({ met }: Row): string {
  if (met === null) return '';
  return met ? 'met' : 'missed';
}

export function pageOf(rows: readonly Row[], facts: MachineFacts, options: BenchOptions): string {
  return `# Performance

What a script costs over the same work written by hand with Temporal's SDK. \`npm run bench\` writes this page; the numbers
below are from its last run.

${tableOf(rows)}

## How it is measured

- **Script**: a dynamic workflow in Braid's sandbox (\`bench/cases.ts\`). **Bare**: a workflow written by hand that schedules the
  same activities with the same inputs, options and window (\`bench/bare-workflow.ts\`). The bench compares the histories of both
  and stops when they asked the server for different work.
- One server; each side on a worker of its own, the bare one with the SDK's defaults, Braid's as \`braid worker\` makes it
  (without the SDK's stack trace for every promise, see \`workflows/quiet-stacks.ts\`); ${WINDOW} calls in flight at most. The sides alternate and change places every
  round. ${options.rounds} rounds after one that warms up. Times are medians; a ratio is the median of the rounds' ratios, with the least and
  the greatest in brackets. CPU is the CPU time of the worker's process, which also holds the client.
- ${activityLine(options)}
- *Cold replay*: the history of one fan-out on a worker that does not have it in its cache.
- *Isolate time*: replaying a script of one line over replaying an empty workflow, so neither server nor network is in it.
- *Memory*: growth of a worker process (RSS) per run that waits in its cache, from 200 of each, each kind in a process of its own.

## Machine

${facts.cores} × ${facts.processor}, ${facts.memoryGib} GiB; Node ${facts.node}, Temporal SDK ${facts.sdk}, server ${facts.server} (SQLite on disk, tuned as by
\`braid dev\`), ${facts.date}. Load of the machine before the run: ${facts.load.toFixed(1)}. Server, worker and client share the cores, so times are of this machine; ratios carry over better.

## Repeat

\`\`\`
npm run bench                                # 5 rounds, a stub that answers after 20 ms
npm run bench -- --rounds 11 --strict        # exit 1 when a target is missed
npm run bench -- --activity model            # Braid's real model activity over offline/echo
\`\`\`

\`node bench/cli-start.ts\` measures \`braid run\` of a trivial script from key press to result, against a running \`braid dev\`.
`;
}

function activityLine({ activity, latencyMs }: BenchOptions): string {
  return activity === 'stub'
    ? `Each call is a stub activity that answers after ${latencyMs} ms: nothing in it hides what a workflow costs.`
    : `Each call is Braid's model activity over \`offline/echo\`, which answers after ${latencyMs} ms, with its records in the store.`;
}
