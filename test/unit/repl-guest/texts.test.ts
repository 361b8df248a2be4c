import { describe, expect, test } from 'vitest';
import { REPL, REPL_SANDBOX } from '../../../protocol/limits.ts';
import { BraidError } from '../../../protocol/errors.ts';
import { memoryText } from '../../kit/memory-text.ts';
import { codeOf, options, outputOf, Session, shown } from './kit.ts';

const PARAGRAPH = '# Title\nfirst line, näïve 😀 text\n\n## Part\nsecond Line with words\nlast one\n';
const TEXT = PARAGRAPH.repeat(600);

describe('a text by reference looks like a string (RL-40)', () => {
  const session = new Session(options(TEXT));
  session.cell('const text = context; const string = context.toString()');

  test.each([
    'x.length',
    'typeof x',
    'x.slice(3, 9)',
    'x.slice(-9)',
    'x.slice(-20, -3)',
    'x.slice(9, 3)',
    'x.slice(30, 40000).length',
    'x.slice(30, 40000).slice(5, 20)',
    'x.slice(30, 40000).indexOf("Part")',
    'x.substring(9, 3)',
    'x.substring(-4, 5)',
    'x.substr(-5, 3)',
    'x.at(-1) + x.at(0) + x.at(1e9) + x.at(-1e9)',
    'x.charAt(5) + x.charAt(-1) + x.charAt(1e9)',
    'x.charCodeAt(5)',
    'x.codePointAt(x.indexOf("😀"))',
    'x[5] + x[0]',
    'x[1e9]',
    'x["length"]',
    'x.indexOf("Line")',
    'x.indexOf("Line", 500)',
    'x.indexOf("nowhere")',
    'x.lastIndexOf("Line")',
    'x.lastIndexOf("Line", 500)',
    'x.includes("näïve") + " " + x.includes("nö")',
    'x.startsWith("# T") + " " + x.startsWith("first", 8) + " " + x.startsWith("no")',
    'x.endsWith("one\\n") + " " + x.endsWith("# Title", 7)',
    'x.split("\\n").length',
    'x.split("## Part\\n")[1]',
    'x.split("\\n", 2)',
    'x.split(/\\n+/).length',
    'x.match(/L(in)e/).slice(0, 2)',
    'x.match(/line/gi).length',
    'x.match(/nothing/)',
    '[...x.matchAll(/P(art)/g)].length',
    'x.search(/Part/)',
    'x.replace("Title", "T").slice(0, 9)',
    'x.replaceAll("\\n", "").length',
    'x.toUpperCase().slice(0, 9)',
    'x.trim().length',
    'x.trimStart().length + x.trimEnd().length',
    'x.concat("end").slice(-5)',
    '(x + "").length',
    '`${x}`.length',
    'JSON.stringify(x).length',
    'JSON.stringify({ a: x }).length',
    'String(x).length',
    '[...x].length',
    '(() => { let n = 0; for (const c of x) if (c === "😀") n++; return n })()',
    'x == x.toString()',
    'x.count("line")',
    'x.count("")',
    'x.lines().length',
    'x.lines(3, 6)',
    'x.lines(-1, 2)',
    'x.lines(1e6)',
    'x.stats()',
    'x.grep("Line", { limit: 3 })',
    'x.grep("line", { limit: 3, ignoreCase: true })',
    'x.grep(/w(or)(x)?ds/, { limit: 2, around: 1 })',
    'x.grep(/^$/m, 2)',
    'x.grep("absent")',
    'x.grep("").length',
    'x.grep(/Title/).length',
    'x.grep(/./g, { limit: 5 }).map((h) => [h.index, h.line])',
    'x.chunks({ size: 10000 }).map((c) => c.length)',
    'x.chunks({ size: 100, overlap: 10 })[1]',
    'x.chunks({ size: 40, by: "lines" }).length',
    'x.chunks({ size: 40, overlap: 2, by: "lines" })[1].length',
    'x.chunks({ by: "headings" }).slice(0, 3)',
    'x.chunks(20000).join("") === x.toString()',
    'x.sample(3)',
    'x.sample(20, 7)',
    'x.chunks({ size: 100, overlap: 10 }).length',
    'x.chunks({ size: 10, by: "headings" }).length',
    '(() => { try { x.chunks({ by: "pages" }) } catch (e) { return e.message } })()',
    '(() => { try { x.chunks({ size: 5, overlap: 5 }) } catch (e) { return e.message } })()',
    '(() => { try { x.grep(5) } catch (e) { return e.message } })()',
    'Object.prototype.toString.call(x)',
    'x.constructor === String',
    'String.prototype.trim.call(x).length',
    '/Part/.test(x)',
    'encodeURIComponent(x.slice(0, 30))',
    'x.normalize("NFD").length',
    'x.localeCompare("b")',
    'x.padEnd(5).length',
    'x.valueOf().length',
    'x.isWellFormed()',
    'await (async () => (await x).length)()',
  ])('%s', (code) => {
    const of = (name: string): [string, unknown] => {
      const end = session.cell(code.replaceAll(/\bx\b/g, name));
      return [outputOf(end), end.error];
    };
    expect(of('text')).toEqual(of('string'));
    expect(of('text')[1]).toBeNull();
  });

  test('`typeof` is string, and it is known as a text by the machinery alone', () => {
    expect(shown('[typeof context, context instanceof String, context === context.toString()]', options(TEXT))).toBe(
      '["string", true, false]\n',
    );
  });
});

describe('references (RL-43)', () => {
  test('a short context is a plain string, a long one and long slices of it stay references', () => {
    const reads: [number, number][] = [];
    const source = memoryText(TEXT);
    const spied = { ...source, slice: (a: number, b: number) => (reads.push([a, b]), source.slice(a, b)) };
    const session = new Session({ ...options(TEXT), texts: [spied] });
    const end = session.cell('const part = context.slice(100, 40000).slice(10, 30000); await llm_query(["q", part])');
    expect(end.calls).toMatchObject([{ items: [{ prompt: ['q', { doc: 0, start: 110, end: 30_100 }] }] }]);
    expect(reads).toEqual([]);
    expect(shown('[typeof context, context.length]', options('x'.repeat(REPL.lazyChars)))).toBe(
      `["string", ${REPL.lazyChars}]\n`,
    );
    expect(new Session(options('x'.repeat(REPL.lazyChars))).cell('const c = context').variables[0]?.type).toBe(
      'string',
    );
    expect(new Session(options('x'.repeat(REPL.lazyChars + 1))).cell('const c = context').variables[0]?.type).toBe(
      'Text',
    );
  });

  test('walks of characters read by windows', () => {
    let reads = 0;
    const source = memoryText(TEXT);
    const spied = { ...source, slice: (a: number, b: number) => (reads++, source.slice(a, b)) };
    const session = new Session({ ...options(TEXT), texts: [spied] });
    session.cell('let n = 0; for (let i = 0; i < context.length; i++) if (context[i] === "\\n") n++; n');
    expect(reads).toBeLessThan(10);
  });

  test('pieces of a split that are long stay references', () => {
    const text = `a\n===\n${'b'.repeat(50_000)}\n===\nc`;
    const session = new Session(options(text));
    const end = session.cell('const p = context.split("\\n===\\n"); await llm_query(p[1])');
    const prompts = end.calls.map((call) => (call.name === 'llm' ? call.items[0]?.prompt : null));
    expect(prompts[0]).not.toBeTypeOf('string');
    expect(prompts).toEqual([[{ doc: 0, start: 6, end: 50_006 }]]);
  });

  test('a long question is one too', () => {
    const texts = [memoryText('context'.repeat(10_000)), memoryText('question '.repeat(5_000), { name: 'question' })];
    const given = { ...options(), context: { kind: 'text' as const }, texts, question: { doc: 1 } };
    expect(shown('[question.length, context.length, question.slice(0, 8)]', given)).toBe(
      '[45000, 70000, "question"]\n',
    );
  });
});

describe('any character crosses', () => {
  const odd = [
    '\0',
    'a\0b',
    '\ud800',
    'x\udc00y',
    '\ufeffbom',
    '\u2028',
    '😀'.repeat(3),
    '"\\\n\r\t',
    '\u007f\u0080\u07ff\uffff',
  ];
  test.each(odd)('%j', (text) => {
    const long = text + '.'.repeat(20_000);
    const code = `const s = context.slice(0, ${text.length}); FINAL([s.length, s, context.toString().length])`;
    expect(new Session(options(long)).cell(code).final).toEqual({ value: [text.length, text, long.length] });
    expect(new Session(options(text)).cell('FINAL(context)').final).toEqual({ value: text });
  });
});

describe('large texts', () => {
  const line = 'all work and no play makes jack a dull boy 0123456789\n';
  const huge = line.repeat(400_000);
  const given = options(huge);

  test('cannot become one string: the error says what to use (BRAID_CONTEXT_TOO_LARGE)', () => {
    const session = new Session(given);
    for (const code of [
      'context.toString()',
      '`${context}`',
      'JSON.stringify({ context })',
      'context.toUpperCase()',
      'context.lines()',
    ]) {
      const { error, state } = session.cell(code);
      expect([state, error?.code]).toEqual(['idle', 'BRAID_CONTEXT_TOO_LARGE']);
      expect(error?.message).toContain('slice(a, b)');
    }
  });

  test('are searched, cut and split without being read into the guest at once (RL-41)', () => {
    const session = new Session(given);
    const end =
      session.cell(`[context.count('jack'), context.indexOf('jack', 1e7), context.match(/nobody/g), context.search(/dull/),
      context.grep(/boy (\\d+)/, 1)[0].groups, context.lines(399999), context.chunks({ size: 1e6 }).length, context.stats().lines]`);
    expect(end.error).toBeNull();
    expect(outputOf(end).replaceAll(/\s+/g, ' ')).toBe(
      `[ 400000, ${huge.indexOf('jack', 1e7)}, null, ${huge.indexOf('dull')}, ["0123456789"], ["${line.trim()}"], 22, 400000 ] `,
    );
    expect(session.guest.memoryBytes).toBeLessThan(64 * 1024 * 1024);
  });

  test('more matches than a list can hold are an error', () => {
    expect(new Session(given).cell('context.match(/jack/g)').error?.code).toBe('BRAID_CONTEXT_TOO_LARGE');
    expect(new Session(given).cell('context.chunks({ size: 1 })').error?.code).toBe('BRAID_CONTEXT_TOO_LARGE');
  });

  test('a slice of 1 MB crosses in a few milliseconds', () => {
    const session = new Session(given);
    const end = session.cell(
      'let n = 0; for (let i = 0; i < 20; i++) n += context.slice(i * 1e6, (i + 1) * 1e6).toString().length; n',
    );
    expect(outputOf(end)).toBe('20000000\n');
    expect(session.guest.memoryBytes).toBeLessThan(64 * 1024 * 1024);
  });

  test('operations cost gas by what they scan, so they end (T3)', () => {
    const session = new Session({ ...given, limits: { ...REPL_SANDBOX, gasPerTurn: 100_000_000 } });
    expect(codeOf(() => session.cell('for (;;) context.count("nowhere")'))).toBe('BRAID_SANDBOX_GAS');
  });
});

describe('errors of the host', () => {
  test('of an operation can be caught, with message and code', () => {
    const operation = {
      before(name: string): void {
        if (name === 'grep') throw new BraidError('BRAID_CONTEXT_SLOW', 'The search took too long.');
      },
      after: () => undefined,
    };
    const session = new Session({ ...options(TEXT), operation });
    expect(
      outputOf(session.cell('try { context.grep(/x/) } catch (e) { print(e instanceof Error, e.code, e.message) }')),
    ).toMatch(/^true BRAID_CONTEXT_SLOW The search took too long\./);
    expect(session.cell('print(1)\ncontext.grep(/x/)').error).toMatchObject({ code: 'BRAID_CONTEXT_SLOW', line: 2 });
    expect(outputOf(session.cell('context.count("line")'))).toBe('600\n');
  });

  test('before and after surround each scan, with its pattern', () => {
    const seen: unknown[] = [];
    const operation = { before: (...args: unknown[]) => void seen.push(args), after: () => void seen.push('after') };
    new Session({ ...options(TEXT), operation }).cell(
      'context.count("a"); context.grep(/b/i); context.slice(0, 5); context.stats()',
    );
    expect(seen).toEqual([
      ['count', { text: 'a', ignoreCase: false }],
      'after',
      ['grep', { source: 'b', flags: 'i' }],
      'after',
      ['stats', undefined],
      'after',
    ]);
  });

  test('a failure that is no refusal ends the guest', () => {
    const texts = [{ ...memoryText(TEXT), count: () => JSON.parse('{') as number }];
    expect(codeOf(() => new Session({ ...options(TEXT), texts }).cell('try { context.count("x") } catch {}'))).toBe(
      'BRAID_SANDBOX_BROKEN',
    );
  });
});

describe('several files (RL-40)', () => {
  const files = [
    memoryText('alpha\nbeta\n'.repeat(4_000), { name: 'src/a.txt' }),
    memoryText('short beta', { name: 'b.md', format: 'markdown' }),
    memoryText('', { name: 'empty.txt' }),
  ];
  test.each([
    ['Array.isArray(context) + " " + context.length', 'true 3'],
    [
      'context.map((f) => [f.name, f.length, f.format])',
      '[["src/a.txt", 44000, "text"], ["b.md", 10, "markdown"], ["empty.txt", 0, "text"]]',
    ],
    ['context[1].text', 'short beta'],
    ['context[2].text === ""', 'true'],
    ['const { name, text } = context[0]; [name, text.length]', '["src/a.txt", 44000]'],
    ['({ ...context[1] }).text', 'short beta'],
    ['JSON.stringify(context[1])', '{"name":"b.md","length":10,"format":"markdown","text":"short beta"}'],
    ['context[1]', '{name: "b.md", length: 10, format: "markdown", text: [Text]}'],
    ['context.names()', '["src/a.txt", "b.md", "empty.txt"]'],
    ['context.file("b.md").text', 'short beta'],
    [
      'context.grep(/beta/, { limit: 4001 }).slice(-2).map((h) => [h.name, h.line])',
      '[["src/a.txt", 7999], ["b.md", 0]]',
    ],
    ['context.grep("short")', '[{name: "b.md", index: 0, line: 0, match: "short", groups: [], text: "short beta"}]'],
    ['context.stats().files + context.stats().length', '44013'],
    ['context.filter((f) => f.text.includes("short")).length', '1'],
    ['Object.keys(context)', '["0", "1", "2"]'],
  ])('%s', (code, text) => {
    expect(shown(code, options(files))).toBe(`${text}\n`);
  });

  test('an unknown name is an error', () => {
    expect(new Session(options(files)).cell('context.file("c")').error?.message).toContain('no file "c"');
  });
});

test('JSON contexts are the value; without one context is undefined', () => {
  expect(shown('context.rows[1].n + 1', options({ value: { rows: [{ n: 1 }, { n: 2 }] } }))).toBe('3\n');
  expect(shown('typeof context')).toBe('undefined\n');
});
