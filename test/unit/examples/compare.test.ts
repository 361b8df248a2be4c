import { describe, expect, it } from 'vitest';
import { runExample, sourceOf } from './run-example.ts';

describe('examples/compare', () => {
  it('holds the text that its script writes, and the truth that its page tells', async () => {
    const logged: unknown[] = [];
    const text = await runExample('examples/compare/questions.js', undefined, { log: (line) => logged.push(line) });
    expect(sourceOf('examples/compare/questions.txt')).toBe(`${String(text)}\n`);
    const truth = JSON.parse(String(logged[0])) as { [label: string]: number };
    const told = Object.entries(truth).map(([label, count]) => `${label} ${count}`);
    expect(sourceOf('examples/compare/README.md')).toContain(`The truth: ${told.join(', ')}.`);
    expect(Object.values(truth).reduce((sum, count) => sum + count)).toBe(300);
    for (const label of Object.keys(truth)) expect(sourceOf('examples/compare/task.txt')).toContain(`'${label}'`);
  });

  it('writes another text for another seed', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map((seed) => runExample('examples/compare/questions.js', { seed, lines: 20 }, {})),
    );
    expect(String(one).split('\n')).toHaveLength(20);
    expect(one).not.toBe(two);
  });
});
