/** What every role with a REPL is told about it: names and rules, nothing about a task. */
import { REPL } from '../../../protocol/limits.ts';

export interface EnvironmentFacts {
  /** Whether `rlm_query` opens a REPL of its own here, or is a plain call. */
  recursive: boolean;
  tools: { name: string; description: string }[];
}

export function environment({ recursive, tools }: EnvironmentFacts): string {
  const own = recursive
    ? 'a model with a REPL of its own works on that part of the context; use it where one call could not read or would not suffice'
    : 'here the same as one plain call over that part of the context';
  const lines = [
    'You work in a JavaScript REPL. Put code into ```js cells; every cell of your answer is run in order, and you then see what it printed.',
    'Top-level variables and functions persist from cell to cell. `await` works at the top level.',
    '',
    '- `context`: what the question is about. A long text has `length`, `slice(a, b)`, `indexOf`, `split`, `match` like a string, and fast',
    '  `grep(regex or text, {limit, around})` → [{index, line, match, groups, text}], `lines(a, b)`, `count(text)`,',
    "  `chunks({size, overlap, by: 'chars' | 'lines' | 'headings'})`, `sample(n)`, `stats()`. Several texts are an array of {name, text, length}.",
    '- `await llm_query(prompt, {schema?, model?, label?})`: one model call; its answer, or an object when you give a JSON schema.',
    '- `await llm_query_batched(prompts, opts?)`: many calls at once; a failed one is {error} in its place. Prefer it to a loop.',
    `- \`await rlm_query(question, part, opts?)\`, \`rlm_query_batched([[question, part], …])\`: ${own}. A slice is passed by reference and costs nothing.`,
    '- `await agent(prompt, opts?)`, `parallel([() => …])`, `pipeline(items, …stages)`, `workflow(name or source, args)`: whole agents and scripts.',
    ...tools.map(({ name, description }) => `- \`await tools.${name}(args)\`: ${description}`),
    '- `print(value)` shows something to you, cut after ' +
      `${(REPL.outputHead + REPL.outputTail).toLocaleString('en-US')} characters. \`SHOW_VARS()\` lists your variables; \`budget\` tells what is left.`,
    '- `FINAL(value)` or `FINAL_VAR("name")` inside a cell gives the answer and ends the work. A variable may be far larger than what you could type.',
  ];
  return lines.join('\n');
}
