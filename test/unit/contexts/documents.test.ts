import { describe, expect, test } from 'vitest';
import { CONTEXT } from '../../../protocol/limits.ts';
import type { PartFormat } from '../../../protocol/context.ts';
import { ingestStream } from '../../../store/contexts/ingest.ts';
import { tempStore } from '../workspace/kit.ts';
import { docx, pdf, zip } from './documents.ts';
import { openPart, stored } from './kit.ts';

async function converted(bytes: Buffer, format: PartFormat) {
  const store = tempStore();
  const { part, warnings } = await ingestStream(store, [bytes], { name: 'doc', format });
  const source = openPart(store, part);
  return { source, text: source.slice(0, source.length), marks: source.marks, warnings, part };
}

const HTML = `<!doctype html><html><head><title>no</title><style>p{}</style><script>alert('# no')</script></head><body>
<h1>First <em>title</em></h1><p>Some <a href="https://x.example">link</a>\ue000 &amp; text.<img src="x"></p>
<pre># no heading</pre><h2>Second</h2><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>22</td></tr></table>`;

test('HTML: headings with their places, tables in columns, no scripts', async () => {
  const { text, marks, source, part } = await converted(Buffer.from(HTML), 'html');
  expect(text).toMatch(/^# First title\n\nSome link & text\.\n\n# no heading\n\n## Second\n\na +b\n1 +22$/);
  expect(marks.map(({ at, label }) => [text.slice(at, at + label.length), label])).toEqual([
    ['# First title', '# First title'],
    ['## Second', '## Second'],
  ]);
  expect(part.format).toBe('html');
  expect(source.chunks({ size: 1_000, overlap: 0, by: 'headings' }).map((span) => span.label)).toEqual([
    '# First title',
    '## Second',
  ]);
});

test('HTML in Latin-1 is read as such', async () => {
  const { text, warnings } = await converted(Buffer.from('<p>Gr\xfc\xdfe</p>', 'latin1'), 'html');
  expect(text).toBe('Grüße');
  expect(warnings.join()).toMatch(/Windows-1252/);
});

test('HTML that nests without end costs an error or a text, not the process', async () => {
  const { text } = await converted(Buffer.from('<div>'.repeat(50_000) + 'deep'), 'html').catch((error: Error) => ({
    text: error.message,
  }));
  expect(text).toBeTypeOf('string');
});

test('DOCX: paragraphs and headings', async () => {
  const { text, marks } = await converted(
    docx([{ text: 'Title', style: 'Heading1' }, { text: 'Größe &amp; mehr' }, { text: 'Part', style: 'Heading2' }]),
    'docx',
  );
  expect(text).toBe('# Title\n\nGröße & mehr\n\n## Part');
  expect(marks).toEqual([
    { at: 0, label: '# Title' },
    { at: text.indexOf('## Part'), label: '## Part' },
  ]);
});

test('PDF: text with a mark for each page', async () => {
  const { text, marks, warnings } = await converted(pdf(['First page', '', 'Third page']), 'pdf');
  expect(marks.map(({ label }) => label)).toEqual(['page 1', 'page 2', 'page 3']);
  expect(marks.map(({ at }) => text.slice(at).split('\n')[0])).toEqual(['First page', '', 'Third page']);
  expect(warnings).toEqual(['doc: 1 of 3 pages have no text layer.']);
});

describe('what cannot be converted names the file and why', () => {
  test.each<[string, Buffer, PartFormat, RegExp]>([
    ['a PDF of images', pdf(['', '']), 'pdf', /doc .*no text layer.*OCR/],
    ['no PDF', Buffer.from('hello'), 'pdf', /doc .*it is no PDF/],
    ['a torn PDF', pdf(['First']).subarray(0, 120), 'pdf', /doc /],
    ['no DOCX', Buffer.from('hello'), 'docx', /doc .*it is no DOCX/],
    ['a ZIP without a document', zip({ 'a.txt': 'x' }), 'docx', /doc /],
    ['a bomb', zip({ 'word/document.xml': 'x' }, CONTEXT.documentBytes + 1), 'docx', /doc .*when unpacked/],
  ])('%s', async (_name, bytes, format, message) => {
    await expect(converted(bytes, format)).rejects.toMatchObject({
      code: 'BRAID_CONTEXT_UNREADABLE',
      message: expect.stringMatching(message),
    });
  });
});

test('an empty document is an empty part', async () => {
  expect((await converted(Buffer.alloc(0), 'html')).part).toMatchObject({ length: 0, lines: 0, chunks: [] });
});

test('Markdown is cut at headings, but not at comments in code', async () => {
  const markdown = 'intro\n# One\ntext\n```sh\n# comment\n```\n~~~~\n~~~\n# no\n~~~~\n## Two\n#nothing\n';
  const source = await stored(tempStore(), markdown, { chunkBytes: 9, format: 'markdown' });
  const spans = source.chunks({ size: 1_000, overlap: 0, by: 'headings' });
  expect(spans.map(({ start, end, label }) => [markdown.slice(start, end).split('\n')[0], label])).toEqual([
    ['intro', undefined],
    ['# One', '# One'],
    ['## Two', '## Two'],
  ]);
  const small = source.chunks({ size: 20, overlap: 5, by: 'headings' });
  expect(small.filter(({ label }) => label === '# One').length).toBeGreaterThan(1);
  expect(small.every(({ start, end }) => end - start <= 20)).toBe(true);
});
