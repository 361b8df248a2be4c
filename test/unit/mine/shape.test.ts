import { describe, expect, it } from 'vitest';
import { shapeOfCell, shapeOfScript } from '../../../client/mine/shape.ts';

const REVIEW = `export const meta = { name: 'review', description: 'd' }
phase('Review')
// every file by itself
const files = ['a.js', 'b.js']
const found = await parallel(files.map((file) => () => agent(\`Review \${file}\`, { label: file, schema: { type: 'object' } })))
return found.filter(Boolean)`;

describe('the shape of scripts', () => {
  it.each<[string, string]>([
    ['other names', REVIEW.replaceAll('file', 'path').replaceAll('found', 'bugs')],
    [
      'other texts and longer lists',
      REVIEW.replace(`['a.js', 'b.js']`, `['x', 'y', 'z']`).replace('Review $', 'Audit $'),
    ],
    ['another layout, without comments', REVIEW.replace(/\/\/.*\n/, '\n\n').replaceAll('=> ', '=>\n  ')],
    ['another meta', REVIEW.replace(`name: 'review'`, `name: 'audit'`)],
  ])('S1, S2: is the same with %s', (_what, source) => {
    expect(source).not.toBe(REVIEW);
    expect(shapeOfScript(source)?.hash).toBe(shapeOfScript(REVIEW)?.hash);
  });

  it.each<[string, string]>([
    ['another hook', REVIEW.replace('parallel(', 'pipeline(')],
    ['another method', REVIEW.replace('.filter(', '.flat(')],
    ['one step more', `${REVIEW.replace('return', 'const all = ')}\nreturn await agent('Sum up ' + all)`],
    ['another operator', REVIEW.replace('found.filter(Boolean)', 'found.length > 1')],
  ])('S1: is another with %s', (_what, source) => {
    expect(shapeOfScript(source)?.hash).not.toBe(shapeOfScript(REVIEW)?.hash);
  });

  it('names what it does', () => {
    expect(shapeOfScript(REVIEW)?.verbs).toEqual(['phase', 'parallel', 'agent', 'filter']);
  });
});

describe('the shape of cells', () => {
  it('is that of what they do, with types or without', () => {
    const cell = 'let parts = context.chunks(5000)\nconst all = await llm_query_batched(parts.map(p => "Sum: " + p))';
    const typed =
      'const pieces: string[] = context.chunks(9)\nlet out = await llm_query_batched(pieces.map(x => "List: " + x))';
    expect(shapeOfCell(cell)?.verbs).toEqual(['chunks', 'llm_query_batched']);
    expect(shapeOfCell(cell.replaceAll('parts', 'bits').replace('5000', '100'))).toEqual(shapeOfCell(cell));
    expect(shapeOfCell(typed)?.verbs).toEqual(['chunks', 'llm_query_batched']);
  });

  it('S3: is none for what is no code', () => {
    expect(shapeOfCell('import re\nprint(len(x))')).toBeNull();
    expect(shapeOfScript('return (')).toBeNull();
    expect(shapeOfScript(`return ${'['.repeat(20_000)}${']'.repeat(20_000)}`)).toBeNull();
  });
});
