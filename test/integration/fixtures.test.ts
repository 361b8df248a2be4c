/** Scripts written for the dialect, unmodified: each starts, fans out, finishes with the value it must have, and replays. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../protocol/json.ts';
import type { RunStatus } from '../../protocol/outcome.ts';
import { useHarness, type RunOptions } from '../kit/harness.ts';
import { promptOf, type ProviderScript } from '../../testing/provider/index.ts';
import { answersByPrompt, DEAD, linesOf, promptsOf, repositoryFile, submit, viewOf } from '../kit/script-file.ts';

const h = useHarness();
const FOLDER = fileURLToPath(new URL('../fixtures/scripts', import.meta.url));

interface Expected {
  value: Json;
  calls: number;
  /** Default: says "yes" to everything. */
  provider?: ProviderScript;
  args?: Json;
  status?: RunStatus;
}

const by =
  (find: (prompt: string) => ReturnType<ProviderScript>): ProviderScript =>
  (request) =>
    find(promptOf(request));
const numberIn = (prompt: string) => Number(/\d+/.exec(prompt)?.[0]);
const text = (value: string) => expect.stringContaining(value) as unknown as string;

/** A script may be here more than once, as `name (variant)`. */
const SCRIPTS: { [name: string]: Expected } = {
  'agent-types': {
    calls: 4,
    provider: (request) => (request.schema === null ? 'yes' : { submit: { answer: 'a plan' } }),
    value: { explored: 'yes', plan: 'a plan', quick: 'yes', strong: 'yes' },
  },
  'async-helpers': {
    calls: 5,
    provider: answersByPrompt({
      'Summarise part one': 'first',
      'Summarise part two': 'second',
      'Suggest a name. Variant 0.': 'Anna',
      'Suggest a name. Variant 1.': 'Bert',
      'Which is best? [0] Anna [1] Bert': submit({ index: 1 }),
    }),
    value: { summary: 'first second', best: 'Bert' },
  },
  // Each part is tried twice; with one draft nobody is asked which is best.
  'async-helpers (deaths)': {
    calls: 6,
    provider: by((prompt) => (prompt.includes('Variant 0') ? 'Anna' : DEAD)),
    value: { summary: 'part 0 is missing part 1 is missing', best: 'Anna' },
    status: 'completed_with_failures',
  },
  'budget-loop': { calls: 2, value: { fleet: 2, found: 2 } },
  'capability-probe': {
    calls: 2,
    value: { files: null, folder: 'unknown', modules: [], answers: ['yes', 'yes'] },
  },
  classes: {
    calls: 3,
    provider: by((prompt) => (prompt.startsWith('Judge 2') ? 'no' : 'Yes.')),
    value: { yes: 2, votes: 3, large: 5, made: 2, kind: 'panel' },
  },
  'console-and-builtins': {
    calls: 1,
    provider: by((prompt) => `asked: ${prompt}`),
    value: {
      path: '/a/b',
      query: 'q=x+y',
      bytes: 5,
      copy: { nested: [1, { two: 2 }] },
      big: '18446744073709551616',
      fixed: '1970-01-01T00:00:00.000Z',
      text: 'asked: Say grün for 1.',
      maths: 5,
      intl: [100, 20, 3],
    },
  },
  destructuring: { calls: 1, value: { main: 'yes', more: [], rest: {}, swapped: [2, 1], args: 'none' } },
  'destructuring (args)': {
    calls: 3,
    args: { topics: ['a', 'b', 'c'], options: { depth: 2, tone: 'dry' } },
    provider: by((prompt) => prompt),
    value: {
      main: 'Describe a to depth 2.',
      more: ['Describe b.', 'Describe c.'],
      rest: { tone: 'dry' },
      swapped: [2, 1],
      args: 'some',
    },
  },
  'early-return': { calls: 0, value: { reviewed: 0, notes: [] } },
  'early-return (files)': {
    calls: 2,
    args: { files: ['a.md', 'b.md'] },
    provider: by((prompt) => (prompt.includes('b.md') ? DEAD : 'short')),
    value: { reviewed: 1, notes: ['short', null] },
    status: 'completed_with_failures',
  },
  generators: {
    calls: 5,
    provider: by((p) => (numberIn(p) % 2 === 1 ? 'odd' : 'even')),
    value: { odd: 3, even: 2, unknown: 0 },
  },
  'judge-panel': {
    calls: 9,
    provider: by((prompt) => {
      const score = /^As a (reader|expert), score this: about (.*)\.$/.exec(prompt);
      if (score === null)
        return `about ${prompt.includes('short words') ? 'words' : prompt.includes('limit') ? 'limits' : 'brevity'}.`;
      const scores: { [draft: string]: number } = { words: 5, limits: 8, brevity: 7 };
      return submit({ score: (scores[score[2] ?? ''] ?? 0) + (score[1] === 'expert' ? 1 : 0), why: 'w' });
    }),
    value: { winner: 'exact', mean: 8.5 },
  },
  'labelled-loops': { calls: 1, value: { visited: ['a'], n: 3, verdict: 'answered' } },
  'loop-until-dry': {
    calls: 6,
    provider: by((prompt) =>
      submit({ items: prompt.includes('round 1') ? [prompt.startsWith('Finder 0') ? 'Alpha' : ' beta '] : ['ALPHA'] }),
    ),
    value: ['alpha', 'beta'],
  },
  'maps-and-sets': {
    calls: 4,
    provider: by((prompt) => (numberIn(prompt) % 2 === 0 ? 'UI' : 'store')),
    value: {
      table: [
        { layer: 'store', members: [1, 3] },
        { layer: 'ui', members: [0, 2] },
      ],
      mark: 'done',
      sizes: ['2'],
    },
  },
  'nested-parallel': {
    calls: 11,
    provider: by((prompt) => {
      if (prompt.includes('introduction')) return submit({ claims: ['one'] });
      if (prompt.includes('method')) return submit({ claims: ['two', 'three'] });
      return submit({ holds: !prompt.startsWith('Reader 3') && !prompt.includes('two') });
    }),
    value: [
      { claim: 'one', kept: true },
      { claim: 'two', kept: false },
      { claim: 'three', kept: true },
    ],
  },
  'no-meta': { calls: 1, value: { answer: 'yes' } },
  'no-return': { calls: 1, value: null },
  'phases-and-labels': {
    calls: 6,
    provider: by((prompt) => {
      if (prompt.startsWith('Collect')) return prompt.includes('safety') ? DEAD : prompt;
      return prompt.startsWith('Rank')
        ? prompt.includes('2. (missing)')
          ? 'ranked'
          : 'wrong'
        : `${prompt.slice(0, 17)} done`;
    }),
    value: 'Write the opening done\n\nWrite the ending  done',
    status: 'completed_with_failures',
  },
  'pipeline-stages': {
    calls: 1,
    provider: by((prompt) => prompt),
    value: { done: [{ id: 1, index: 0, said: 'Echo KEEP' }, { id: 2, skipped: true }, null], lost: [3] },
  },
  regexes: {
    calls: 1,
    provider: () => 'src/a.js:3\nnothing here\nlib/b-c.ts:12',
    value: {
      places: [
        { path: 'src/a.js', line: 3 },
        { path: 'lib/b-c.ts', line: 12 },
      ],
      slug: 'Gro-ße-Maß-50-quoted',
      divided: 1,
      looksLikeImport: true,
    },
  },
  'results-in-prompts': {
    calls: 3,
    provider: by((prompt) => {
      if (prompt.includes('north')) return submit({ facts: [{ text: 'cold', sure: true }] });
      return prompt.includes('south') && !prompt.startsWith('Write')
        ? submit({ facts: [{ text: 'warm', sure: false }] })
        : prompt;
    }),
    value: { sure: 1, unsure: 1, report: text('"text": "cold"') },
  },
  'schema-consts': {
    calls: 1,
    provider: () =>
      submit({
        items: [
          { id: 'a', score: 0.5, tags: ['t'] },
          { id: 'b', score: 0.9 },
        ],
      }),
    value: { count: 2, best: 'b', byTag: { t: 'a' } },
  },
  'sequential-state': {
    calls: 2,
    args: { topic: 'locks' },
    provider: answersByPrompt({
      'Write a draft about locks.': submit({ next: 'revise', text: 'one' }),
      'Revise this draft: one': submit({ next: 'done', text: 'two' }),
    }),
    value: { topic: 'locks', next: 'done', text: 'two', trail: ['draft', 'revise'] },
  },
  'shadowed-hooks': { calls: 1, value: { text: 'yes', now: 'then', random: 4, thing: "the script's own thing" } },
  'string-args': {
    calls: 2,
    args: 'a, b c --limit 2',
    provider: by((prompt) => prompt),
    value: ['1. a: Define "a".', '2. b: Define "b".'],
  },
  'string-args (object)': { calls: 1, args: { words: ['x', 'y'], limit: 1 }, value: ['1. x: yes'] },
  'template-prompts': {
    calls: 1,
    provider: by((prompt) => (prompt.includes('${not a hole} `not a template`') ? 'kept' : prompt)),
    value: { prompt: 6, answer: 'kept' },
  },
  'thenables-and-chains': {
    calls: 7,
    value: { names: ['a', 'b', 'c'], settled: ['fulfilled', 'rejected'], first: 'yes', chained: 3 },
  },
  'try-catch': {
    calls: 2,
    value: { steps: ['asked', 'done', 'parse failed as it should'], answer: 'yes', safe: 'yes' },
  },
  'try-catch (deaths)': {
    calls: 2,
    provider: () => DEAD,
    value: { steps: ['asked', 'GateError: no answer (null)', 'done', 'parse failed as it should'], safe: null },
    status: 'completed_with_failures',
  },
  unicode: {
    calls: 1,
    provider: by((prompt) => prompt),
    value: {
      text: "Sag “groß” — “schön”, nicht 'schoen' 💡",
      変数: 1,
      quotes: '“”‘’„«»',
      escaped: '“A\0',
      pair: 3,
      line: 1,
    },
  },
};

describe('scripts of the dialect, unmodified', () => {
  it.each(Object.entries(SCRIPTS))('%s', async (name, expected) => {
    const file = `${name.replace(/ \(.*/, '')}.js`;
    const options: RunOptions = { file, provider: expected.provider ?? (() => 'yes') };
    if (expected.args !== undefined) options.args = expected.args;
    const { result, requests } = await h.run(repositoryFile(`test/fixtures/scripts/${file}`), options);
    expect(result.error).toBe(null);
    expect(result.value).toEqual(expected.value);
    expect(result).toMatchObject({
      status: expected.status ?? 'completed',
      usage: { calls: expected.calls, requests: expected.calls, failed: result.outcomes.length, refused: 0 },
    });
    expect(requests).toHaveLength(expected.calls);
  });

  it('every script of the folder is here', () => {
    const tested = new Set(Object.keys(SCRIPTS).map((name) => `${name.replace(/ \(.*/, '')}.js`));
    expect(readdirSync(FOLDER).filter((file) => !tested.has(file))).toEqual(['workflow-call.js']);
  });

  it('phases-and-labels: phases and labels stand in history', async () => {
    const { handle } = await h.run(repositoryFile('test/fixtures/scripts/phases-and-labels.js'));
    const view = await viewOf(h, handle);
    expect(view.phases.map(({ title, counts }) => [title, counts.done])).toEqual([
      ['Collect', 3],
      ['Rank', 1],
      ['Write', 2],
    ]);
    expect(view.calls.map((call) => call.label).slice(0, 3)).toEqual([
      'collect:speed',
      'collect:safety',
      'collect:cost',
    ]);
  });

  it('string-args: what was left out is a line of the log', async () => {
    const { handle } = await h.run(repositoryFile('test/fixtures/scripts/string-args.js'), {
      args: ['a', 'b', 'c', 'd'],
    });
    expect(linesOf(await viewOf(h, handle), 'log')).toEqual(['limit 3: 1 words left out']);
  });
});

describe('workflow-call', () => {
  const source = repositoryFile('test/fixtures/scripts/workflow-call.js');

  it('runs saved scripts, and scripts by path', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'braid-fixtures-'));
    mkdirSync(path.join(root, '.braid/workflows'), { recursive: true });
    cpSync(path.join(FOLDER, 'early-return.js'), path.join(root, '.braid/workflows/early-return.js'));
    cpSync(path.join(FOLDER, 'no-meta.js'), path.join(root, 'no-meta.js'));
    const { result, requests } = await h.run(source, { workspace: root, provider: () => 'yes' });
    expect(result).toMatchObject({
      status: 'completed',
      value: [{ reviewed: 1, notes: ['yes'] }, { answer: 'yes' }],
      // Two scripts and the agent of each.
      usage: { calls: 4, requests: 2, failed: 0 },
    });
    expect(promptsOf(requests)).toEqual(['Summarise a.md in one sentence.', 'Is anybody there?']);
    rmSync(root, { recursive: true });
  });

  it('without a workspace each call says why not', async () => {
    const { result, requests } = await h.run(source);
    expect(result.value).toEqual([{ error: text('early-return') }, { error: text('no workspace') }]);
    expect(requests).toEqual([]);
  });
});

describe('the script that Braid started from', () => {
  /** As it was printed, with the two schemas that the text leaves out. */
  const source = `
const FINDINGS = {
  type: 'object',
  properties: { findings: { type: 'array', items: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] } } },
  required: ['findings'],
}
const VERDICT = {
  type: 'object',
  properties: {
    title: { type: 'string' },
    verdict: { type: 'object', properties: { isReal: { type: 'boolean' } }, required: ['isReal'] },
  },
  required: ['title', 'verdict'],
}

// the model emits this; the sandbox runs it deterministically
const DIMENSIONS = ['bugs', 'perf', 'security']
const results = await pipeline(DIMENSIONS,
  // stage 1 — review each dimension (runs concurrently)
  d => agent(\`review the diff for \${d}\`, {schema: FINDINGS}),
  // stage 2 — adversarially verify each finding, no barrier:
  //   'bugs' findings verify while 'perf' is still being reviewed
  review => parallel(review.findings.map(f => () =>
    agent(\`try to REFUTE: \${f.title}\`, {schema: VERDICT})))
)
return results.flat().filter(f => f.verdict.isReal)
`;
  const found: { [dimension: string]: string[] } = {
    bugs: ['b1', 'b2', 'b3'],
    perf: ['p1', 'p2'],
    security: ['s1', 's2', 's3', 's4'],
  };
  const real = new Set(['b1', 'p2', 's3', 's4']);
  /** 'perf' answers last, so that settling in order of arrival and giving in order of input differ. */
  const provider = by((prompt) => {
    const dimension = /^review the diff for (.*)$/.exec(prompt)?.[1];
    if (dimension !== undefined)
      return submit(
        { findings: (found[dimension] ?? []).map((title) => ({ title })) },
        dimension === 'perf' ? 2_500 : 0,
      );
    const title = prompt.slice('try to REFUTE: '.length);
    return submit({ title, verdict: { isReal: real.has(title) } });
  });

  it('runs as printed: ×3, ×2 and ×4 refutations, in the order of the dimensions, without a barrier', async () => {
    const { result, requests } = await h.run(source, { provider, file: 'seed.js' });
    expect(result.value).toEqual(['b1', 'p2', 's3', 's4'].map((title) => ({ title, verdict: { isReal: true } })));
    expect(result).toMatchObject({ status: 'completed', usage: { calls: 12, requests: 12, failed: 0 } });
    const titles = Object.values(found).flat();
    expect(promptsOf(requests).toSorted()).toEqual(
      [
        ...Object.keys(found).map((d) => `review the diff for ${d}`),
        ...titles.map((title) => `try to REFUTE: ${title}`),
      ].toSorted(),
    );
    const perf = requests.find((request) => promptOf(request) === 'review the diff for perf');
    const bug = requests.find((request) => promptOf(request) === 'try to REFUTE: b1');
    expect(bug?.at).toBeLessThan(perf?.endedAt ?? 0);
  });

  it('is told which call died when it meets its null', async () => {
    const { result } = await h.run(source, {
      file: 'seed.js',
      provider: (request, n) => (promptOf(request) === 'try to REFUTE: p1' ? DEAD : provider(request, n)),
    });
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'BRAID_SCRIPT_ERROR', line: 26 },
      usage: { calls: 12, failed: 1 },
    });
    expect(result.error?.message).toMatch(/TypeError.*try to REFUTE: p1.*BRAID_PROVIDER_BAD_REQUEST.*scripted death/s);
  });

  it('makes a dead review null in its pipeline, and says so', async () => {
    const { result, handle } = await h.run(source, {
      file: 'seed.js',
      provider: (request, n) => (promptOf(request) === 'review the diff for perf' ? DEAD : provider(request, n)),
    });
    // `review.findings` of null throws in stage 2: the item is null, and `f.verdict` of that null ends the script.
    expect(linesOf(await viewOf(h, handle), 'null')).toContainEqual(
      expect.stringMatching(/^pipeline\[1\] stage 2 failed: /),
    );
    expect(result.error?.message).toMatch(/review the diff for perf/);
  });
});
