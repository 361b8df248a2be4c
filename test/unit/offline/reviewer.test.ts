import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../protocol/json.ts';
import { cpuClock } from '../../kit/cpu-time.ts';
import { callsOn, callsOver } from '../tools/kit.ts';
import { converse, findingsOf, FINDINGS, refutation, verdictOf, VERDICT } from './converse.ts';

const TREE = {
  'src/io.js':
    "import { execSync } from 'node:child_process';\nexport const pack = (name) => execSync(`tar cf ${name}`);\n",
  'src/jobs.ts':
    'async function save(x: number): Promise<void> { await io(x); }\nexport function go(): void {\n  save(1);\n}\n',
  'src/quiet.js': 'try {\n  go();\n} catch {\n  // nobody listens yet\n}\ntry {\n  go();\n} catch {}\n',
  'test/quiet.test.js': 'try { go(); } catch {}\n',
  'README.md': '# nothing here\n',
};

describe('offline/reviewer reviews', () => {
  it('finds by the tools what the dimension asks for, with exact places and lines', async () => {
    const call = await callsOn(TREE);
    const bugs = await converse('Review the code for bugs. Look at every source file.', { schema: FINDINGS, call });
    expect(findingsOf(bugs).map(({ file, line }) => `${file}:${line}`)).toEqual([
      'src/jobs.ts:3',
      'src/quiet.js:3',
      'src/quiet.js:8',
    ]);
    expect(findingsOf(bugs)[0]).toMatchObject({
      severity: 'high',
      code: 'save(1);',
      title: expect.stringContaining('awaited'),
    });
    expect(bugs.calls.map(({ name }) => name)).toEqual(['glob', 'read', 'read', 'read']);
    const security = await converse('Review the diff for security', { schema: FINDINGS, call });
    expect(findingsOf(security).map(({ file, line }) => `${file}:${line}`)).toEqual(['src/io.js:2']);
    const performance = await converse('Review the code for performance.', { schema: FINDINGS, call });
    expect(findingsOf(performance)).toEqual([]);
  });

  it('looks only where it is told, and does not repeat what is known', async () => {
    const call = await callsOn(TREE);
    const one = await converse('Review the code for bugs. Look only at src/quiet.js.', { schema: FINDINGS, call });
    expect(new Set(findingsOf(one).map(({ file }) => file))).toEqual(new Set(['src/quiet.js']));
    const tests = await converse('Find bugs. Look only at test, lib.', { schema: FINDINGS, call });
    expect(findingsOf(tests).map(({ file }) => file)).toEqual(['test/quiet.test.js']);
    const rest = await converse(
      'Where does this code ignore an error?\nDo not report again what is known:\nsrc/quiet.js:3',
      { schema: FINDINGS, call },
    );
    expect(findingsOf(rest).map(({ file, line }) => `${file}:${line}`)).toEqual(['src/jobs.ts:3', 'src/quiet.js:8']);
  });

  it('reads long files to their end', async () => {
    const filler = Array.from({ length: 4500 }, (_, index) => `const x${index} = ${index};`).join('\n');
    const call = await callsOn({ 'long.js': `${filler}\ntry { go(); } catch {}\n` });
    const talk = await converse('Review for bugs', { schema: FINDINGS, call });
    expect(findingsOf(talk)).toMatchObject([{ file: 'long.js', line: 4501, code: 'try { go(); } catch {}' }]);
    expect(talk.calls.filter(({ name }) => name === 'read').length).toBeGreaterThan(2);
  });

  it('works with list and read alone, and with code in the prompt alone', async () => {
    const call = await callsOn(TREE);
    const walked = await converse('Review for security', { schema: FINDINGS, call, tools: ['list', 'read'] });
    expect(findingsOf(walked)).toMatchObject([{ file: 'src/io.js', line: 2 }]);
    const pasted = await converse('Review this.\n\nlib/a.js:\n```js\ntry { go(); } catch {}\n```\n', {
      schema: FINDINGS,
    });
    expect(findingsOf(pasted)).toMatchObject([{ file: 'lib/a.js', line: 1 }]);
  });

  it('answers by text without a schema, and says what it did', async () => {
    const talk = await converse('Review the code', { call: await callsOn({ ...TREE, 'src/broken.js': 'const = ;' }) });
    expect(talk.value).toMatch(/^4 findings of 13 rules in 4 files\. Not understood: src\/broken\.js\./);
    expect(talk.value).toContain('- src/io.js:2 A shell command is built from variables: `export const pack');
  });

  it('is the same every time, and honest about its tokens', async () => {
    const call = await callsOn(TREE);
    const [a, b] = [
      await converse('Review for bugs', { schema: FINDINGS, call }),
      await converse('Review for bugs', { schema: FINDINGS, call }),
    ];
    expect(a).toEqual(b);
  });
});

describe('offline/reviewer checks claims', () => {
  it('confirms what is there and refutes what is explained, with the reason', async () => {
    const call = await callsOn(TREE);
    const found = findingsOf(await converse('Review for bugs', { schema: FINDINGS, call }));
    const verdicts = await Promise.all(
      found.map((finding) => converse(refutation(finding), { schema: VERDICT, call }).then(verdictOf)),
    );
    expect(verdicts.map(({ isReal }) => isReal)).toEqual([true, false, true]);
    expect(verdicts[1]?.reason).toContain('nobody listens yet');
  });

  it('reads the file again, and refutes a claim about a line that does not show it', async () => {
    const call = await callsOn(TREE);
    const claim = {
      title: 'An error is swallowed by an empty catch',
      file: 'src/io.js',
      line: 1,
      severity: 'high',
      code: 'x',
      why: 'y',
    };
    const talk = await converse(refutation(claim), { schema: VERDICT, call });
    expect(talk.calls).toEqual([{ name: 'read', input: { path: 'src/io.js' } }]);
    expect(verdictOf(talk)).toMatchObject({ isReal: false, reason: expect.stringContaining('Line 1 of src/io.js') });
    const gone = await converse(refutation({ ...claim, file: 'src/gone.js' }), { schema: VERDICT, call });
    expect(verdictOf(gone)).toMatchObject({ isReal: false, reason: expect.stringContaining('src/gone.js') });
    const beyond = await converse(refutation({ ...claim, line: 99 }), { schema: VERDICT, call });
    expect(verdictOf(beyond).reason).toContain('no line 99');
  });

  it('checks a claim that is only a title with its place', async () => {
    const call = await callsOn(TREE);
    const titles: JsonObject = {
      type: 'object',
      properties: {
        findings: {
          type: 'array',
          items: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] },
        },
      },
      required: ['findings'],
    };
    const [first] = findingsOf(await converse('review the diff for security', { schema: titles, call }));
    expect(first?.title).toContain('src/io.js:2');
    const talk = await converse(`try to REFUTE: ${first?.title}`, { schema: VERDICT, call });
    expect(verdictOf(talk).isReal).toBe(true);
  });

  it('judges a list of changes', async () => {
    const call = await callsOn(TREE);
    const changes = [{ title: 'An error is swallowed by an empty catch', line: 8, code: '} catch {}', why: 'x' }];
    const prompt = `Does the code really have what these changes are to cure?\nRead src/quiet.js, then judge:\n${JSON.stringify(changes)}`;
    expect(verdictOf(await converse(prompt, { schema: VERDICT, call })).isReal).toBe(true);
  });
});

describe('offline/reviewer fills schemas', () => {
  it.each<[string, JsonObject, object]>([
    [
      'other names',
      {
        issues: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              path: { type: 'string' },
              line_number: { type: 'integer' },
              priority: { enum: ['critical', 'major', 'minor'] },
              description: { type: 'string' },
              category: { enum: ['bug', 'perf', 'security'] },
            },
            required: ['path', 'line_number', 'priority', 'category'],
          },
        },
      },
      { issues: [{ path: 'src/io.js', line_number: 2, priority: 'major', category: 'security' }] },
    ],
    [
      'a place in one string',
      { problems: { type: 'array', items: { $ref: '#/$defs/p' } } },
      { problems: [{ location: 'src/io.js:2' }] },
    ],
    [
      'plain strings',
      { findings: { type: 'array', items: { type: 'string' } } },
      { findings: ['src/io.js:2 A shell command is built from variables'] },
    ],
    [
      'counts and flags',
      { summary: { type: 'string' }, total: { type: 'integer' }, hasIssues: { type: 'boolean' } },
      { total: 1, hasIssues: true },
    ],
    [
      'what it has no answer for',
      { color: { enum: ['red', 'blue'] }, depth: { type: 'integer', minimum: 3 } },
      { color: 'red', depth: 3 },
    ],
  ])('with %s', async (_name, properties, expected) => {
    const schema: JsonObject = {
      type: 'object',
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
      $defs: { p: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] } },
    };
    expect((await converse('Review for security', { schema, call: await callsOn(TREE) })).value).toMatchObject(
      expected,
    );
  });

  it.each<[string, JsonObject, object]>([
    ['refuted', { refuted: { type: 'boolean' }, confidence: { type: 'number' } }, { refuted: false, confidence: 0.9 }],
    [
      'a word',
      { verdict: { enum: ['CONFIRMED', 'REFUTED'] }, explanation: { type: 'string' } },
      { verdict: 'CONFIRMED' },
    ],
  ])('of verdicts: %s', async (_name, properties, expected) => {
    const schema: JsonObject = { type: 'object', properties, required: Object.keys(properties) };
    const claim = { title: 'x', file: 'src/io.js', line: 2, severity: 'high', code: '', why: '' };
    expect((await converse(refutation(claim), { schema, call: await callsOn(TREE) })).value).toMatchObject(expected);
  });
});

describe('on packages that it has never seen', () => {
  it.each(['@temporalio/worker/src', 'commander/lib', 'yaml/dist'])(
    'every line it reports about %s is there',
    async (name) => {
      const root = path.join(import.meta.dirname, '../../../node_modules', name);
      const talk = await converse('Review the code', { schema: FINDINGS, call: await callsOver(root) });
      const found = findingsOf(talk);
      expect(found.length).toBeGreaterThan(0);
      for (const { file, line, code } of found) {
        const lines = readFileSync(path.join(root, file), 'utf8').split('\n');
        expect(lines[line - 1]?.trim(), `${file}:${line}`).toBe(code);
      }
    },
  );
});

describe('hostile input', () => {
  it.each([
    ['one endless word', 'a'.repeat(3_000_000)],
    ['endless paths', 'a/'.repeat(1_000_000)],
    ['open brackets', '[{'.repeat(500_000)],
    ['braces that are no JSON', '{x} '.repeat(300_000)],
    ['fences', '```\n'.repeat(200_001)],
    ['places', 'read a.js:1 line 1 '.repeat(100_000)],
    ['folders', 'only at only in under '.repeat(100_000)],
  ])('%s in a prompt take a moment, not the worker', async (_name, prompt) => {
    const spent = cpuClock();
    await converse(prompt, { schema: FINDINGS });
    await converse(`refute ${prompt}`, { schema: VERDICT });
    expect(spent()).toBeLessThan(6_000);
  });

  it('code that nests deeper than calls can is not understood, and harms nobody', async () => {
    const call = await callsOn({
      'deep.js': `x = ${'(\n'.repeat(20_000)}1${'\n)'.repeat(20_000)};\n`,
      'sum.js': `x = ${'a\n+ '.repeat(20_000)}1;\ntry { go(); } catch {}\n`,
    });
    const found = findingsOf(await converse('Review for bugs', { schema: FINDINGS, call }));
    expect(found.every(({ file }) => file === 'sum.js')).toBe(true);
  });
});

describe('offline/echo', () => {
  it('gives the prompt back, or the smallest value of a schema', async () => {
    expect((await converse('say hi', { model: 'offline/echo' })).value).toBe('say hi');
    const schema: JsonObject = {
      type: 'object',
      properties: {
        a: { type: 'string', minLength: 2 },
        n: { type: 'integer', minimum: 4 },
        list: { type: 'array', minItems: 1, items: { $ref: '#/$defs/e' } },
      },
      required: ['a', 'n', 'list'],
      $defs: { e: { enum: ['x', 'y'] } },
    };
    expect((await converse('say hi', { model: 'offline/echo', schema })).value).toEqual({ a: '--', n: 4, list: ['x'] });
  });
});
