/** The one table of the dialect (protocol/dialect) against the docs, the parser, and the engine. */
import { describe, expect, it } from 'vitest';
import { DIALECT_FUNCTIONS } from '../../../protocol/dialect/functions.ts';
import { AGENT_OPTIONS, RLM_OPTIONS } from '../../../protocol/dialect/options.ts';
import { dialectReference } from '../../../protocol/dialect/reference.ts';
import { DIALECT_EXAMPLE } from '../../../protocol/dialect/rules.ts';
import { checkScript } from '../../../sandbox/check/index.ts';
import { outlineOf } from '../../../sandbox/plan/index.ts';
import { parseAgentOptions } from '../../../workflows/calls/options.ts';
import { valueOf } from '../sandbox/kit.ts';
import { codeIn, pageOf, tableAfter } from './kit.ts';

const page = pageOf('docs/script-reference.md').text;

it('options of agent() are those of the docs, with their types', () => {
  const rows = tableAfter(page, '<!-- options of agent() -->').map(([name = '', type = '']) => [
    codeIn(name)[0],
    plain(type),
  ]);
  expect(AGENT_OPTIONS.map(({ name, type }) => [name, type])).toEqual(rows);
});

it('options are those that the parser knows', () => {
  const given = Object.fromEntries(AGENT_OPTIONS.map(({ name }) => [name, null]));
  expect(parseAgentOptions(given).ignored).toEqual([]);
});

it('options of rlm() are those of its docs', () => {
  const told = /`opts`: ((?:`\w+`,?\s+)+`\w+`)/.exec(pageOf('docs/rlm-reference.md').text)?.[1] ?? '';
  const names = RLM_OPTIONS.map(({ name }) => name).filter((name) => name !== 'rlm' && name !== 'context');
  expect(codeIn(told).toSorted()).toEqual(names.toSorted());
});

describe.each(DIALECT_FUNCTIONS)('$name()', ({ name, signature }) => {
  it('has the signature of the docs', () => expect(page).toContain(signature));
  it('is there', () => expect(valueOf(`return typeof ${name}`)).toBe('function'));
});

describe('the reference for a model', () => {
  const reference = dialectReference();

  it('is short: 1,500 to 2,500 tokens of four characters', () => {
    expect(reference.length).toBeGreaterThan(6_000);
    expect(reference.length).toBeLessThan(10_000);
  });

  it('names every function, and every option that a model is told of', () => {
    for (const { name } of DIALECT_FUNCTIONS) expect(reference).toContain(`\`${name}(`);
    for (const { name, meaning } of AGENT_OPTIONS) if (meaning !== '') expect(reference).toContain(`\`${name}\` (`);
  });

  it('has an example that passes the check without a warning, and bounds its calls', () => {
    expect(checkScript(DIALECT_EXAMPLE, { file: 'example.js' }).warnings).toEqual([]);
    const { sites, warnings } = outlineOf(DIALECT_EXAMPLE, {
      file: 'example.js',
      args: undefined,
      maxOutputTokens: null,
    });
    expect(warnings).toEqual([]);
    expect(sites.flatMap(({ kind, amounts }) => (kind === 'agent' ? amounts : []))).toEqual([
      { times: 2, of: [] },
      { times: 20, of: [] },
    ]);
  });
});

/** Without links and code marks. */
function plain(cell: string): string {
  return cell.replaceAll('`', '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}
