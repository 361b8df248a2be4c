/** A stand-in for the REPL's guest: a global object of its own in which prepared cells really run. */
import vm from 'node:vm';
import { prepareCell, type PreparedCell } from '../../../sandbox/cells/index.ts';

export class FakeRepl {
  readonly printed: unknown[] = [];
  /** Prompts in the order in which they were asked. */
  readonly asked: unknown[] = [];
  finals: unknown[] = [];
  /** Most calls that were in flight at once. */
  peak = 0;
  private flying = 0;
  readonly globals: Record<string, unknown>;
  last: PreparedCell | null = null;

  constructor(extra: Record<string, unknown> = {}) {
    const one = (prompt: unknown) => this.answer(`<${String(prompt)}>`, prompt);
    const batch = (prompts: unknown[]) =>
      this.answer(
        prompts.map((prompt) => `<${String(prompt)}>`),
        prompts,
      );
    this.globals = vm.createContext({
      ...Object.fromEntries(
        ['llm_query', 'rlm_query', 'agent', 'sub_rlm', 'recursive_llm', 'call_llm'].map((name) => [name, one]),
      ),
      ...Object.fromEntries(
        [
          'llm_query_batched',
          'rlm_query_batched',
          'llm_batch',
          'batch_llm_query',
          'batch_rlm_query',
          'llm_query_parallel',
        ].map((name) => [name, batch]),
      ),
      parallel: (jobs: unknown[]) => Promise.all(jobs.map((job) => (typeof job === 'function' ? job() : job))),
      pipeline: async (items: unknown[], stage: (item: unknown) => unknown) => Promise.all(items.map(stage)),
      tools: { find: one },
      print: (...values: unknown[]) => void this.printed.push(values.length === 1 ? values[0] : values),
      FINAL: (value: unknown) => void this.finals.push(value),
      FINAL_VAR: (value: unknown) => void this.finals.push(value),
      SUBMIT: (value: unknown) => void this.finals.push(value),
      __kind: () => 'string',
      context: 'alpha beta\ngamma delta\nepsilon',
      query: 'How many words?',
      ...extra,
    });
  }

  /** Runs one cell: the globals that it declares are there before it runs, as the guest does it. */
  async run(code: string): Promise<unknown> {
    const cell = prepareCell(code);
    this.last = cell;
    for (const name of [...cell.declared, ...cell.functions])
      if (!(name in this.globals)) this.globals[name] = undefined;
    return plain(await vm.runInContext(cell.source, this.globals, { filename: 'cell' })());
  }

  private async answer(value: unknown, prompt: unknown): Promise<unknown> {
    this.asked.push(prompt);
    this.peak = Math.max(this.peak, ++this.flying);
    await new Promise((resolve) => setTimeout(resolve, 2));
    this.flying--;
    return value;
  }
}

/** Objects of the other realm compare by their prototypes, so they are rebuilt in this one. */
function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? structuredClone(value) : value;
}

/** Runs cells one after the other and gives the last one's value. */
export async function runCells(...cells: string[]): Promise<unknown> {
  const repl = new FakeRepl();
  let value: unknown;
  for (const code of cells) value = await repl.run(code);
  return value;
}
