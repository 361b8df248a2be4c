/** The tables for the terminal, and the page docs/performance-rlm.md around them. */
import type { MachineFacts } from '../machine.ts';
import { PEER_LATENCIES, type PeerRow } from './peers.ts';
import type { Row } from './rows.ts';

export interface Report {
  rows: readonly Row[];
  peers: readonly PeerRow[];
  facts: MachineFacts;
  rounds: number;
  heavyRounds: number;
}

export function rowTable(rows: readonly Row[]): string {
  const verdict = ({ met }: Row) => (met === null ? '' : met ? 'met' : 'missed');
  return table(
    ['', 'floor', 'Braid', 'Braid over floor', 'target', ''],
    rows.map((row) => [row.name, row.floor, row.braid, row.over, row.target, verdict(row)]),
  );
}

export function peerTable(peers: readonly PeerRow[]): string {
  return table(
    ['', ...PEER_LATENCIES.map((latency) => `model ${latency} ms`)],
    peers.map(({ name, version, times }) =>
      version === null
        ? [name, 'not installed here', ...PEER_LATENCIES.slice(1).map(() => '')]
        : [`${name} ${version}`, ...times],
    ),
  );
}

/** A Markdown table whose columns also line up in a terminal. */
function table(heads: string[], lines: string[][]): string {
  const widths = heads.map((head, column) =>
    Math.max(3, head.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const row = (parts: readonly string[]) =>
    `| ${parts.map((part, column) => part.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [row(heads), row(widths.map((width) => '-'.repeat(width))), ...lines.map(row)].join('\n');
}

export function pageOf({ rows, peers, facts, rounds, heavyRounds }: Report): string {
  return `# Performance of recursive language models

What Braid adds to the model calls of an RLM: the REPL, the record of every call, and the way back after a crash. \`npm run bench:rlm\`
writes this page; the numbers below are from its last run.

${rowTable(rows)}

## Other libraries on the same job

The common job (1 MB, 3 turns, 20 sub-calls), library call to answer, medians of ${rounds} rounds in one process after one that warms up.
None of them keeps a record that a killed run could go on from.

${peerTable(peers)}

## How it is measured

- **Floor**: a loop in one process that sends the same model calls over plain HTTP (\`bench/rlm/floor.ts\`). The provider counts
  requests, and the bench stops when both sides asked it for different work.
- **Braid**: \`Braid.rlm(…)\` to \`result()\` of the library in the bench's process, context and all; the worker is a built
  \`braid worker\` in a process of its own; the scripted model is a third process, the Temporal server a fourth.
- *Common job*: 1 MB of text, 3 turns of the root, one batch of 20 sub-calls that read 50 KB each. Its critical path is four
  model latencies. Batches of 100 and 500 are the same job with more and shorter slices.
- Every call is an activity of its own, so that none is paid twice: no batch can be faster here than this server runs activities. What it
  takes for 1,000 of them from a workflow written by hand stands in [performance.md](performance.md).
- Calls in flight: as many as the batch has, but where a window is named. Every run reads a text of its own, so that nothing of it is in the store.
- All rounds of a job ask one model, as a user's runs do: from the first, which is not counted, the worker knows how many requests it takes
  at once. Two dozen runs of the common job come before all others, so that the worker's code is compiled; its first run, cold, has a line
  of its own.
- The sides alternate and change places every round. ${rounds} rounds after one that warms up, ${heavyRounds} of those that need a worker of
  their own (50 MB, 400 MB, kill). Times are medians; a ratio is the median of the rounds' ratios, with the least and the
  greatest in brackets.
- *50 MB*: the text is a string of the caller. *Memory* is the sum of the kernel's peaks (VmHWM) of worker and client from the
  call to the answer, each fresh and warmed up with a small job; guests are threads of the worker.
- *400 MB*: a file that is in the page cache and not in the store. The first cell has run when the model is asked for the second turn.
  The run has 20 turns, each looks at 2,000 characters and makes a sub-call over 50 KB.
- *Kill*: SIGKILL when half of 100 sub-calls have reached the model, 25 at a time; a new worker is started at once, and its start
  counts. In flight is a call without an answer at the kill, or one answered less than 100 ms before it.
- *Snapshot*: on the code of a session's thread, outside it; sessions take them beside their turns, and only when replaying costs more.

## Machine

${facts.cores} × ${facts.processor}, ${facts.memoryGib} GiB; Node ${facts.node}, Temporal SDK ${facts.sdk}, server ${facts.server} (SQLite on disk, tuned as by
\`braid dev\`), ${facts.date}. Load of the machine before the run: ${facts.load.toFixed(1)}. All processes share the cores, so times are of this machine;
ratios carry over better, and where the model takes 0 ms they say more about the floor than about Braid.

## Repeat

\`\`\`
npm run bench:rlm                                  # 5 rounds, about 4 minutes
npm run bench:rlm -- --rounds 11 --strict          # exit 1 when a target is missed
npm run bench:rlm -- --only common,resume          # a part of it; this page is left as it is
npm run bench:rlm -- --python PATH --peers FOLDER  # a Python with rlms; a folder with ai-rlm and @ai-sdk/openai
\`\`\`
`;
}
