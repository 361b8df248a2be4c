/** examples/ladder/: the six rungs with offline/rlm, each checked against computed truth; the sizes are the prompts' own. */
import { beforeAll, describe, expect, it } from 'vitest';
import { rlm } from '../../../activities/offline/rlm/model.ts';
import { checkScript } from '../../../sandbox/check/index.ts';
import type { JsonObject } from '../../../protocol/json.ts';
import { conversationOf, play } from '../offline/rlm-repl.ts';
import { runExample, sourceOf } from './run-example.ts';

interface Row {
  problem: number;
  rung: string;
  calls: number;
  read: number;
  wrote: number;
  right: number;
  of: number;
}

/** A call as the runtime makes it: an RLM in its REPL, else one request. Sizes in characters. */
async function agentResult(prompt: string, opts: { [name: string]: unknown } = {}) {
  const gave = (value: unknown, read: number, wrote: number) => ({
    value,
    error: null,
    usage: { inputTokens: read, outputTokens: wrote },
  });
  if (opts['rlm'] === true) {
    const { final, answers, prompts, read } = play(prompt, undefined);
    const leaves = prompts.map((one) => rlm(conversationOf('', [one])).text ?? '');
    return gave(final, read + prompts.join('').length, [...answers, ...leaves].join('').length);
  }
  const answer = rlm(conversationOf('', [prompt], (opts['schema'] as JsonObject | undefined) ?? null));
  const value = answer.calls?.[0]?.input ?? answer.text;
  return gave(value, prompt.length, JSON.stringify(value).length);
}

describe('examples/ladder/ladder.js', () => {
  const logged: string[] = [];
  let rows: Row[] = [];
  beforeAll(async () => {
    rows = (await runExample('examples/ladder/ladder.js', undefined, {
      agentResult,
      log: (...values) => logged.push(values.join(' ')),
    })) as Row[];
  });
  const row = (problem: number, rung: string): Row => {
    const found = rows.find((one) => one.problem === problem && one.rung === rung);
    if (found === undefined) throw new Error(`no row ${rung}`);
    return found;
  };

  it('passes the check without a warning', () => {
    const file = 'examples/ladder/ladder.js';
    expect(checkScript(sourceOf(file), { file })).toMatchObject({ name: 'ladder', warnings: [] });
  });

  it('has six rungs for each problem, all checked, all right where a rule counts', () => {
    const rungs = ['direct', 'retrieval', 'ReAct', 'CodeAct', 'CodeAct + subagents', 'RLM'];
    expect(rows.map(({ problem, rung }) => [problem, rung])).toEqual(
      [1, 2].flatMap((n) => rungs.map((rung) => [n, rung])),
    );
    expect(rows.map(({ right, of }) => [right, of])).toEqual(
      [1, 2].flatMap((n) => rungs.map(() => (n === 1 ? [50, 50] : [150, 150]))),
    );
  });

  it('ReAct asks once for each word and once for the answer, and reads its own turns again and again', () => {
    expect([row(1, 'ReAct').calls, row(2, 'ReAct').calls]).toEqual([51, 151]);
    expect(row(2, 'ReAct').read).toBeGreaterThan(6 * row(1, 'ReAct').read);
  });

  it('an RLM writes least of those that count by code or tool, and reads no more for three times the names', () => {
    const wrote = (rung: string) => row(2, rung).wrote;
    for (const rung of ['ReAct', 'CodeAct', 'CodeAct + subagents'])
      expect(wrote('RLM'), rung).toBeLessThan(wrote(rung));
    expect(row(2, 'RLM').read - row(1, 'RLM').read).toBeLessThan(500);
  });

  it('prints the table and says what it does not prove', () => {
    expect(logged.filter((line) => / of (?:50|150)$/.test(line))).toHaveLength(12);
    expect(logged.join('\n')).toContain('only a real model can show');
  });

  it('counts as wrong what is wrong, missing, or no dictionary', async () => {
    const run = async (value: unknown) =>
      (await runExample(
        'examples/ladder/ladder.js',
        { problem: 1, names: 3 },
        {
          agentResult: async () => ({ value, error: null, usage: { inputTokens: 1, outputTokens: 1 } }),
        },
      )) as Row[];
    expect((await run({ apple: 0, pear: 2, cherry: 2 }))[0]).toMatchObject({ right: 2, of: 3 });
    expect((await run({ apple: 0 }))[0]).toMatchObject({ right: 1, of: 3 });
    expect((await run(null))[0]).toMatchObject({ right: 0, of: 3 });
    expect((await run({ fruits: { apple: 0, pear: 1, cherry: 2, kiwi: 0 } }))[0]).toMatchObject({ right: 3, of: 3 });
  });
});
