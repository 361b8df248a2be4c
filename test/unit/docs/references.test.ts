/** What the docs point to is there: files, links, tests by their title, invariants by their number. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../../protocol/error-table.ts';
import { codeIn, pageOf, pages, ROOT, tableAfter } from './kit.ts';

const FOLDERS = [
  'protocol',
  'sandbox',
  'workflows',
  'activities',
  'store',
  'histories',
  'worker',
  'server',
  'client',
  'testing',
  'scripts',
  'bench',
  'bin',
  'examples',
  'test',
];
const at = (file: string) => path.join(ROOT, file);
const inFolder = new RegExp(`^(${FOLDERS.join('|')})/`);
const all = pages();

describe('paths', () => {
  const named = all.flatMap(({ name, prose }) =>
    codeIn(prose).flatMap((code) => (inFolder.test(code) && !/[ *{]/.test(code) ? [`${name}: ${code}`] : [])),
  );

  it('are there', () => expect(named.length).toBeGreaterThan(80));

  it.each([...new Set(named)])('%s', (text) => {
    const file = text.slice(text.indexOf(': ') + 2);
    expect(existsSync(at(file)), file).toBe(true);
  });
});

describe('links', () => {
  const links = all.flatMap(({ name, prose }) =>
    [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) =>
      /^https?:/.test(target) ? [] : [`${name}: ${target}`],
    ),
  );

  it.each([...new Set(links)])('%s', (text) => {
    const [page = '', target = ''] = text.split(': ');
    const [file = '', anchor = ''] = target.split('#');
    const found = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
    expect(existsSync(at(found)), found).toBe(true);
    expect(['', ...anchorsOf(found)]).toContain(anchor);
  });
});

describe('guarantees', () => {
  const { text } = pageOf('docs/guarantees.md');
  const claims = [...text.matchAll(/`(test\/[^`]+)` "([^"]+)"/g)].map(([, file = '', title = '']) => ({ file, title }));
  const rows = text.split('\n').filter((line) => line.startsWith('|') && !/^\| (failure|situation|---)/.test(line));

  it('each row names a test', () => {
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter((row) => !/`test\/[^`]+` "[^"]+"/.test(row))).toEqual([]);
  });

  it.each(claims)('$file "$title"', ({ file, title }) => {
    // `it('…',`, or the end of an `it.each([…])('…',` that may span lines.
    const titles = [
      ...readFileSync(at(file), 'utf8').matchAll(/(?:\b(?:it|test|describe)|\))\(\s*(['"`])((?:\\.|(?!\1).)*)\1\s*,/g),
    ];
    expect(titles.map(([, , found = '']) => found.replaceAll("\\'", "'"))).toContain(title);
  });
});

describe('invariants of the architecture', () => {
  const rows = tableAfter(pageOf('docs/architecture.md').text, '## Invariants').map(([file = '', numbers = '']) => ({
    file: file.replaceAll('`', ''),
    numbers,
  }));

  it.each(rows)('$file $numbers', ({ file, numbers }) => {
    const { letter = '', last = '' } = /^(?<letter>[A-Z])1–\k<letter>(?<last>\d)$/.exec(numbers)?.groups ?? {};
    const there = new Set(numbersIn(file));
    for (let n = 1; n <= Number(last); n += 1) expect(there).toContain(`${letter}${n}`);
    expect(Number(last)).toBeGreaterThan(1);
  });

  it('every file that numbers its invariants is listed', () => {
    const files = FOLDERS.slice(0, 9)
      .flatMap((folder) => sources(folder))
      .filter((file) => numbersIn(file).length > 1);
    expect(rows.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
  });
});

it('every code that the docs name is in the table of errors', () => {
  const named = all.flatMap(({ text }) => text.match(/\bBRAID_[A-Z_]+\b/g) ?? []);
  const variables =
    /^BRAID_(HOME|DEBUG|MODEL|SUB_MODEL|CONCURRENCY|MAX_\w+|ON_LIMIT|STRICT|OFFLINE_LATENCY_MS|TEMPORAL_BINARY)$/;
  expect([...new Set(named)].filter((name) => !(name in ERRORS) && !variables.test(name))).toEqual([]);
});

function numbersIn(file: string): string[] {
  return [...readFileSync(at(file), 'utf8').matchAll(/^ \* {1,2}([A-Z]\d) {1,2}\S/gm)].map(([, number = '']) => number);
}

function sources(folder: string): string[] {
  return readdirSync(at(folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => path.posix.join(folder, file));
}

/** As GitHub names them. */
function anchorsOf(page: string): string[] {
  return pageOf(page)
    .prose.split('\n')
    .flatMap((line) => {
      const title = /^#+ (.*)$/.exec(line)?.[1];
      return title === undefined
        ? []
        : [
            title
              .toLowerCase()
              .replace(/[^\p{L}\p{N} _-]/gu, '')
              .replaceAll(' ', '-'),
          ];
    });
}
