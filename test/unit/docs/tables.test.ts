/** Tables of the docs against what they are about. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../../activities/offline/review/find.ts';
import * as limits from '../../../protocol/limits.ts';
import { READ_TOOLS } from '../../../protocol/tool-names.ts';
import { parseAgentOptions } from '../../../workflows/calls/options.ts';
import { resolveSettings, type SettingName } from '../../../client/input/settings.ts';
import { codeIn, pageOf, ROOT, tableAfter } from './kit.ts';

const reference = pageOf('docs/script-reference.md').text;

it('docs/errors.md is what the error table gives', () => {
  const { status, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'scripts/docs-errors.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

describe('limits', () => {
  const rows = tableAfter(reference, '<!-- limits -->').map(([what = '', value = '', name = '']) => ({
    what,
    value,
    name: name.replaceAll('`', ''),
  }));

  it('are there', () => expect(rows.length).toBeGreaterThan(20));

  it.each(rows)('$what: $value', ({ value, name }) => {
    const [, group = '', member = '', more] = /^(\w+)\.(\w+)(?: \+ (\d+))?$/.exec(name) ?? [];
    const found = (limits as unknown as Record<string, Record<string, number>>)[group]?.[member];
    expect(found, name).toBeTypeOf('number');
    expect(numberOf(value)).toBe(found! + Number(more ?? 0));
  });
});

describe('options of agent()', () => {
  const options = tableAfter(reference, '<!-- options of agent() -->').flatMap(([names = '']) => codeIn(names));

  it('are those that the parser knows', () => {
    const nearest = parseAgentOptions(
      Object.fromEntries(options.filter((name) => !['isolation', 'budget'].includes(name)).map((name) => [name, null])),
    );
    expect(nearest.ignored).toEqual([]);
    const parsed = Object.keys(nearest)
      .filter((name) => name !== 'ignored')
      .map((name) => name.replace(/Ms$/, ''));
    expect(parsed.filter((name) => !options.includes(name))).toEqual([]);
  });

  it('isolation is that of overlays only', () => {
    expect(parseAgentOptions({ isolation: 'worktree' }).isolation).toBe('worktree');
    expect(() => parseAgentOptions({ isolation: 'container' })).toThrow(/not available/);
  });
});

describe('options of braid run', () => {
  const rows = tableAfter(reference, 'Flag wins over environment').map((cells) =>
    cells.map((cell) => codeIn(cell)[0] ?? ''),
  );
  const settings = rows
    .filter(([, variable]) => variable !== '')
    .map(([flag = '', variable = '', key = '']) => ({ flag, variable, key }));

  it('are there', () => expect(settings.length).toBeGreaterThan(8));

  it.each(settings)('$flag, $variable, $key', ({ flag, variable, key }) => {
    const fromEnv = resolveSettings({}, { [variable]: '1' }, { values: {}, file: null });
    expect(Object.keys(fromEnv)).toEqual([key]);
    const fromFlag = resolveSettings({ [key]: '1' }, {}, { values: {}, file: null });
    expect(fromFlag[key as SettingName]?.from).toBe(flag.split(' ')[0]);
  });
});

it('the tools are those that agents have', () => {
  const tools = tableAfter(reference, '## Agents with tools').map(([name = '']) => name.replaceAll('`', ''));
  expect(tools.toSorted()).toEqual([...READ_TOOLS].toSorted());
});

it('the number of patterns of offline/reviewer', () => {
  expect(pageOf('README.md').text).toContain(`knows ${RULES.length} code patterns`);
  expect(reference).toContain(`by ${RULES.length} patterns`);
});

describe('dependencies', () => {
  const page = pageOf('docs/dependencies.md').text;
  const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;

  it.each([
    ['dependencies', '## At run time'],
    ['devDependencies', '## For development'],
  ] as const)('%s are those of package.json, with their licences', (kind, title) => {
    const rows = tableAfter(page, title).map(([name = '', licence = '', reason = '']) => ({
      name: name.replaceAll('`', ''),
      licence,
      reason,
    }));
    expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(manifest[kind]).toSorted());
    for (const { name, licence, reason } of rows) {
      expect(reason, name).not.toBe('');
      expect(licence, name).toBe(licenceOf(name));
    }
  });
});

function licenceOf(name: string): string {
  return (
    JSON.parse(readFileSync(path.join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as { license: string }
  ).license;
}

function numberOf(text: string): number {
  const [, digits = '', unit = ''] = /^([\d,]+)(?: (\w+))?$/.exec(text) ?? [];
  const units: Record<string, number> = {
    '': 1,
    KiB: 1024,
    MiB: 1024 ** 2,
    GiB: 1024 ** 3,
    Mi: 1024 ** 2,
    s: 1_000,
    min: 60_000,
  };
  return Number(digits.replaceAll(',', '')) * (units[unit] ?? Number.NaN);
}
