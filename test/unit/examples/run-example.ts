/** Runs an example in Node with stand-ins for the hooks: what a script computes by itself, without server and model. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { checkScript } from '../../../sandbox/check/index.ts';
import type { Json } from '../../../protocol/json.ts';

const ROOT = path.join(import.meta.dirname, '../../..');

export interface Hooks {
  rlm?: (question: string, context: string, opts?: unknown) => Promise<unknown>;
  agentResult?: (prompt: string, opts?: { [name: string]: unknown }) => Promise<unknown>;
  log?: (...values: unknown[]) => void;
}

export function sourceOf(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** The script's result. */
export async function runExample(file: string, args: Json | undefined, hooks: Hooks): Promise<unknown> {
  const { source } = checkScript(sourceOf(file), { file });
  const names = {
    args,
    random: () => 0.25,
    phase: () => undefined,
    log: () => undefined,
    budget: { spent: () => 0 },
    parallel: (thunks: (() => unknown)[]) => Promise.all(thunks.map((thunk) => thunk())),
    ...hooks,
  };
  // eslint-disable-next-line typescript/no-implied-eval -- our own examples
  const run = new Function(...Object.keys(names), `return (async () => {${source}\n})()`) as (
    ...values: unknown[]
  ) => Promise<unknown>;
  return run(...Object.values(names));
}
