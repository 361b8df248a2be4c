/** The same work twice: as a script, and as a workflow written by hand (bare-workflow.ts). */
import type { BareInput } from './bare-workflow.ts';

export interface Case {
  name: string;
  /** Script time ÷ bare time that the project allows itself. */
  target: number;
  script: string;
  bare: { workflow: 'barePipeline' | 'bareSequence'; input: Omit<BareInput, 'request' | 'window'> };
  calls: number;
}

export const CASES: readonly Case[] = [
  {
    name: 'fan-out of 1,000',
    target: 1.1,
    script:
      'return (await parallel(Array.from({ length: 1000 }, (_, i) => () => agent(`item ${i}`)))).filter(Boolean).length',
    bare: { workflow: 'barePipeline', input: { count: 1000, stages: 1 } },
    calls: 1000,
  },
  {
    name: 'pipeline of 333 × 3',
    target: 1.1,
    script: [
      'const items = Array.from({ length: 333 }, (_, i) => `item ${i}`);',
      'const ask = (text) => agent(text);',
      'return (await pipeline(items, ask, ask, ask)).filter(Boolean).length;',
    ].join('\n'),
    bare: { workflow: 'barePipeline', input: { count: 333, stages: 3 } },
    calls: 999,
  },
  {
    name: 'sequence of 100',
    target: 1.2,
    script: 'let n = 0; for (let i = 0; i < 100; i++) if (await agent(`item ${i}`)) n++; return n',
    bare: { workflow: 'bareSequence', input: { count: 100, stages: 1 } },
    calls: 100,
  },
];
