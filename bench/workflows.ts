/** All that a bench worker runs: Braid's own workflows and what they are measured against. */
export * from '../workflows/index.ts';
export * from './bare-workflow.ts';
