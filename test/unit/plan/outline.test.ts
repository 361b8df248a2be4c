/** What a script would call, read from its syntax (O1 to O3 of sandbox/plan/machine.ts, P1 and P2 of sandbox/plan/index.ts). */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { minimalValue } from '../../../activities/offline/fill.ts';
import { isJsonObject, type Json } from '../../../protocol/json.ts';
import { checkScript } from '../../../sandbox/check/index.ts';
import { outlineOf, type Outline } from '../../../sandbox/plan/index.ts';
import { gave, play, type Call } from '../sandbox/kit.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
const read = (source: string, args?: Json): Outline =>
  outlineOf(source, { file: 'script.js', args, maxOutputTokens: null });

/** `agent 3`, `agent 3 × files` for each place that calls something. */
function counts({ sites }: Outline): string[] {
  return sites.map(
    ({ kind, amounts, exact }) =>
      `${kind} ${exact ? '' : '≤'}${amounts.map(({ times, of }) => [times, ...of].join(' × ')).join(' + ')}`,
  );
}

const FILES = `const found = await agent('List', { schema: { type: 'object', properties: { files: { type: 'array', items: { type: 'string' } } } } })\n`;

describe('amounts', () => {
  it.each<[string, string, string[], Json?]>([
    ['one call', `await agent('a')`, ['agent 1']],
    ['a list of texts', `await parallel(['a', 'b', 'c'].map((x) => () => agent(x)))`, ['parallel 1', 'agent 3']],
    [
      'an array of functions',
      `await parallel([() => agent('a'), () => agent('b')])`,
      ['parallel 1', 'agent 1', 'agent 1'],
    ],
    [
      'Array.from with a length',
      `await parallel(Array.from({ length: 40 }, (_, i) => () => agent('n' + i)))`,
      ['parallel 1', 'agent 40'],
    ],
    [
      '10,000 agents',
      `await parallel(Array.from({ length: 10000 }, () => () => agent('x')))`,
      ['parallel 1', 'agent 10000'],
    ],
    ['a constant', `const N = 4 * 3\nfor (let i = 0; i < N; i++) await agent('x')`, ['agent 12']],
    ['a loop with steps', `for (let i = 0; i <= 10; i += 5) await agent('x')`, ['agent 3']],
    ['a loop that may end early', `for (let i = 0; i < 5; i++) { if (await agent('x')) break }`, ['agent ≤5']],
    ['for of', `for (const x of ['a', 'b']) await agent(x)`, ['agent 2']],
    [
      'while with a counter',
      `let n = 0\nwhile (n < 6 && args?.go) { n++; await agent('x') }`,
      ['agent ≤6'],
      { go: [] },
    ],
    ['while without a bound', `while (await agent('more?')) log('x')`, ['agent ≤1 × turns of the loop of line 1']],
    [
      'what an agent gives',
      `${FILES}await parallel(found.files.map((f) => () => agent(f)))`,
      ['agent 1', 'parallel 1', 'agent ≤1 × found.files'],
    ],
    [
      'a slice of it',
      `${FILES}await parallel(found.files.slice(0, 8).map((f) => () => agent(f)))`,
      ['agent 1', 'parallel 1', 'agent ≤8'],
    ],
    [
      'maxItems of a schema',
      `const { list } = await agent('x', { schema: { type: 'object', properties: { list: { type: 'array', maxItems: 7, items: {} } } } })\nfor (const one of list) await agent('y')`,
      ['agent 1', 'agent ≤7'],
    ],
    [
      'args that are given',
      `await pipeline(args.files, (f) => agent(f), (r) => agent('check ' + r))`,
      ['pipeline 1', 'agent 3', 'agent 3'],
      { files: ['a', 'b', 'c'] },
    ],
    ['a default for args', `await pipeline(args?.files ?? ['a', 'b'], (f) => agent(f))`, ['pipeline 1', 'agent 2']],
    [
      'nested',
      `await parallel([1, 2].map((a) => async () => parallel(['x', 'y', 'z'].map((b) => () => agent(a + b)))))`,
      ['parallel 1', 'parallel 2', 'agent 6'],
    ],
    ['a function of the script', `const ask = (q) => agent(q)\nawait ask('a')\nawait ask('b')`, ['agent 2']],
    [
      'a declared function, before it',
      `await twice('a')\nasync function twice(q) { await agent(q); return agent(q) }`,
      ['agent 1', 'agent 1'],
    ],
    ['a branch that is known', `if (args === undefined) await agent('a')\nelse await agent('b')`, ['agent 1']],
    ['a branch that is not', `if (await agent('a')) await agent('b')`, ['agent 1', 'agent ≤1']],
    [
      'a filter',
      `const r = await parallel([1, 2, 3].map((x) => () => agent('x' + x)))\nawait parallel(r.filter(Boolean).map((x) => () => agent(x)))`,
      ['parallel 1', 'agent 3', 'parallel 1', 'agent ≤3'],
    ],
    [
      'a list that grows',
      `const all = []\nfor (const x of ['a', 'b']) all.push(x)\nawait parallel(all.map((x) => () => agent(x)))`,
      ['parallel 1', 'agent 2'],
    ],
    [
      'a list that grows in a loop',
      `const all = []\nfor (let i = 0; i < 50; i++) all.push(i)\nfor (const x of all) await agent('x')`,
      ['agent ≤50'],
    ],
    [
      'a list that grows by what nobody knows',
      `${FILES}const all = []\nall.push(...found.files)\nfor (const x of all) await agent(x)`,
      ['agent 1', 'agent ≤1 × found.files'],
    ],
    [
      'recursion',
      `const go = async (n) => { await agent('x'); if (n) await go(n) }\nawait go(await agent('n'))`,
      ['agent 1', 'agent ≤1 + 1 × recursion'],
    ],
    [
      'entries of an object',
      `await parallel(Object.entries({ a: 1, b: 2 }).map(([k, v]) => () => agent(k + v)))`,
      ['parallel 1', 'agent 2'],
    ],
    [
      'Math.min',
      `${FILES}for (let i = 0; i < Math.min(found.files.length, 9); i++) await agent('x')`,
      ['agent 1', 'agent ≤9'],
    ],
    [
      'then',
      `await agent('a').then((r) => agent('b ' + r)).catch(() => agent('c'))`,
      ['agent 1', 'agent 1', 'agent ≤1'],
    ],
    ['a recursive model', `await rlm('q', files('*.md'), { budget: { calls: 20 } })`, ['rlm 1']],
    ['rlm as an option', `await agent('q', { rlm: { depth: 1 }, context: 'x' })`, ['rlm 1']],
    ['other scripts', `await workflow('one')\nawait call('agent:two', 'x')`, ['workflow 1', 'call 1']],
    ['a person', `if (await approve('Go?')) await agent('x')`, ['gate 1', 'agent ≤1']],
    ['a hook as a callback', `await Promise.all(['a', 'b'].map(agent))`, ['agent 2']],
    [
      'hands that nobody knows (P2)',
      `const t = { f: () => agent('x') }\nt[args.k]()`,
      ['agent ≤1 × calls that cannot be foreseen'],
      { k: 1 },
    ],
    ['a name of its own', `const agent = () => 1\nagent('x')`, []],
  ])('%s', (_, source, expected, args) => expect(counts(read(source, args))).toEqual(expected));
});

describe('what is shown of a call', () => {
  it('names, phases and options', () => {
    const { sites, phases, name } = read(`export const meta = { name: 'm', description: 'd' }
phase('One')
await agent('First line\\nsecond', { model: 'openai/x', tools: ['read'], schema: { type: 'object' }, maxOutputTokens: 100 })
phase('Two')
await parallel(['a', 'b'].map((x) => () => agent('p', { label: 'look ' + x, phase: 'Three', agentType: 'Explore' })))`);
    expect(name).toBe('m');
    expect(phases).toEqual(['One', 'Two', 'Three']);
    expect(sites[0]).toMatchObject({
      label: 'First line',
      phase: 'One',
      model: 'openai/x',
      tools: ['read'],
      schema: true,
      line: 3,
    });
    expect(sites[0]).toMatchObject({ maxOutputTokens: 100, group: null });
    expect(sites[1]).toMatchObject({ kind: 'parallel', items: 2, phase: 'Two' });
    expect(sites[2]).toMatchObject({
      label: 'look …',
      phase: 'Three',
      agentType: 'Explore',
      tools: null,
      group: sites[1]?.id,
    });
  });

  it('tells an option that is none', () => {
    expect(read(`await agent('x', { lable: 'a' })`).warnings.join()).toMatch(/Line 1: agent\(\) has no option lable\./);
  });
});

describe('bounds of the walk (O3)', () => {
  it.each([
    [
      'exponential functions',
      `const f0 = () => agent('x')\n${Array.from({ length: 40 }, (_, i) => `const f${i + 1} = () => { f${i}(); f${i}() }`).join('\n')}\nf40()`,
    ],
    ['texts that double', `let s = 'ab'\n${'s = s + s\n'.repeat(80)}await agent(s)`],
    [
      'lists that double',
      `let s = [1, 2]\n${'s = [...s, ...s]\n'.repeat(30)}await parallel(s.map((x) => () => agent('x')))`,
    ],
    ['deep nesting', `const deep = ${'['.repeat(300)}${']'.repeat(300)}\nawait agent('x')`],
    ['functions in functions', `const go = (n) => ${'(() => '.repeat(150)}agent('x')${')()'.repeat(150)}\nawait go(1)`],
  ])('%s', (_, source) => {
    const began = performance.now();
    const { sites } = read(source);
    expect(sites.some(({ kind }) => kind === 'agent')).toBe(true);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('never fewer than are made (O1, O2)', () => {
  const folders = ['test/fixtures/scripts', 'examples'];
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder))
      .filter((name) => name.endsWith('.js'))
      .map((name) => `${folder}/${name}`),
  );

  it.each(files)('%s', (file) => {
    const source = readFileSync(path.join(ROOT, file), 'utf8');
    const story = play(checkScript(source, { file }).source, answer);
    const made = story.filter((message) => message.type === 'call' && CALLS.has(message.name)).length;
    const calls = read(source).sites.filter(({ kind }) => CALLS.has(kind));
    const open = calls.some(({ amounts }) => amounts.some(({ of }) => of.length > 0));
    const known = calls.reduce(
      (sum, { amounts }) => sum + amounts.reduce((all, { times, of }) => all + (of.length > 0 ? 0 : times), 0),
      0,
    );
    if (open) expect(calls.length).toBeGreaterThan(0);
    else expect(known).toBeGreaterThanOrEqual(made);
  });
});

const CALLS = new Set(['agent', 'rlm', 'workflow', 'call']);

function answer({ name, args }: Call): Json | ReturnType<typeof gave> {
  if (name !== 'agent' && name !== 'rlm') return name === 'approve' ? true : null;
  const opts = args.at(-1);
  const schema = isJsonObject(opts) ? opts['schema'] : undefined;
  return gave(isJsonObject(schema) ? minimalValue(schema, schema) : 'yes');
}
