/** docs/reliability.md */
import type { MachineFacts } from '../bench/machine.ts';
import { SHORTER } from './bundle.ts';
import { FAULT_KINDS } from './kinds.ts';
import type { FaultsOptions } from './options.ts';
import { faultTable, markdownTable, workloadTable } from './table.ts';
import type { Tally } from './tally.ts';
import type { Workload } from './workloads/workload.ts';

export interface PageFacts {
  machine: MachineFacts;
  options: FaultsOptions;
  minutes: number;
  /** Of the failed runs: what happened, and the command that does it again. */
  failures: readonly string[];
  /** Seed of the last run. */
  lastSeed: number;
}

export function pageOf(tally: Tally, workloads: readonly Workload[], facts: PageFacts): string {
  const { machine, options, minutes, lastSeed } = facts;
  const { runs, faults, requests } = tally.totals;
  return `# Reliability

What is left of runs whose workers, server, provider and store fail in the middle of them. \`npm run faults\` writes this page with
\`--write\`; what follows is from its last such run: ${faults} faults in ${runs} runs with ${requests} requests, seeds ${options.seed} to ${lastSeed},
${machine.date}, ${minutes.toFixed(0)} minutes.

${faultTable(tally)}

${workloadTable(tally)}

${failuresText(facts.failures)}
## What the columns say

- Each run has an undisturbed twin: the same input, the same seed, and a provider whose answers depend on nothing but the request.
  Values are compared exactly, counts of calls too, and every request by the hash of its body.
- **Lost**: the run did not end, ended otherwise than its twin, or a call of it gave no value. **Wrong**: another value, other counts, a
  request that the twin never made or one that is missing, a worker that ended by itself, or histories that do not replay.
- **Repeats in flight**: requests that were made again because a fault hit them. A kill excuses one repeat of each request of the
  killed worker whose answer was not in the store yet; a frozen worker, or a server that is away, one of each request that was
  under way then or began meanwhile (a frozen worker's first second after it goes on counts with it); the provider's own failure
  one of the request that it failed. **Repeats beyond**: all others. There must be none.
- A run has 3 to 6 faults, each of another kind, at moments that its seed decides: after so many different requests, and up to 120 ms
  later. What the processes do meanwhile is theirs, so a seed repeats the plan and not each instruction.
- Which of a run's faults lost it is not known, so a lost or wrong run counts at all of them; the last line counts runs.

## The faults

${markdownTable(['fault', 'what is done'], Object.entries(FAULT_KINDS))}

## The workloads

${markdownTable(
  ['workload', 'what runs'],
  workloads.map(({ name, about }) => [name, about]),
)}

Six calls in flight, answers after 20 to 60 ms; server and workers as \`braid dev\` starts them. Two timeouts are shorter than
usual, so that outlasting them takes seconds: a worker counts as dead after ${SHORTER.heartbeatMs / 1_000} s without a heartbeat (else 15), a provider as stalled after
${SHORTER.stallMs / 1_000} s of silence (else 60).

## What is not covered

- **Blobs.** A blob that a history refers to is the only copy of what is in it: lost or damaged, it is an error that names it
  (\`BRAID_BLOB_MISSING\`, \`BRAID_BLOB_CORRUPT\`), and the run cannot go on without it. None is torn here. Records of calls are
  torn only when the server has the call's result: until then a record is the only copy of an answer that was paid for, and a lost
  one is asked for again. Heap snapshots may be lost at any time.
- **Power cuts.** The store and the server's database are not synced at each write. Only processes die here.
- **Clocks.** They do not jump.
- **Work that is bounded by wall time**: an agent's search ends after 5 s, also when its worker was frozen meanwhile, and its model is told
  so. No agent searches here, and no run has \`--max-time\` or a \`timeout\`.
- **A server that loses or forgets data**, networks that split, several machines: everything is on one.
- **The same fault again and again.** A call gives up after three transport failures, a turn of a REPL after it lost its worker twice,
  a call that is told to slow down after 20 times in a row. No request fails so often here.
- **Providers.** Answers are scripted; what a real model would say to a repeated request may differ.

## Machine

${machine.cores} × ${machine.processor}, ${machine.memoryGib} GiB; Node ${machine.node}, Temporal SDK ${machine.sdk}, server ${machine.server}. Load before: ${machine.load.toFixed(1)}. ${options.worlds} at once.

## Repeat

\`\`\`
npm run faults                                   # about 60 faults
npm run faults -- --faults 500 --seed ${options.seed} --write     # this page
npm run faults -- --workloads rlm,gate --minutes 30 --faults 10000
npm run faults -- --faults 5000 --campaign faults.jsonl           # stop it at any moment; the same command goes on
\`\`\`

A failure prints the command that plans it again. The harness is \`faults/main.ts\`.
`;
}

function failuresText(failures: readonly string[]): string {
  return failures.length === 0 ? '' : `## Failures\n\n${failures.map((text) => `- ${text}\n`).join('')}`;
}
