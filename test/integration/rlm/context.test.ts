/** rlm.md, "context": RL-40 to RL-43 through the whole path: store, worker, session thread, cells, children. */
import { describe, expect, it } from 'vitest';
import { promptOf } from '../../../testing/provider/index.ts';
import { useHarness } from '../../kit/harness.ts';
import { playingNodes } from '../../kit/play-nodes.ts';
import { cell, playing } from '../../kit/play.ts';

const h = useHarness();

describe('RL-40 what a context is', () => {
  const text = `# One\nalpha beta\n\n# Two\nßpäß 🎉 gamma\r\nalpha\n`.repeat(2_000);

  it('one text looks like a string, also where it is long', async () => {
    const code = `
      const seen = {
        length: context.length, slice: context.slice(6, 11), negative: context.slice(-6), index: context.indexOf('gamma'),
        missing: context.indexOf('omega'), includes: context.includes('🎉'), lines: context.split('\\n').length,
        match: context.match(/g(am)ma/)[1], all: context.match(/alpha/g).length, matchAll: [...context.matchAll(/# (\\w+)/g)].length,
        replaced: context.slice(0, 24).replace('alpha', 'omega'), at: context.at(-2), char: context[2], code: context.charCodeAt(0),
        starts: context.startsWith('# One'), ends: context.endsWith('alpha\\n'), upper: context.slice(0, 5).toUpperCase(),
        template: \`\${context.slice(0, 5)}!\`, joined: context.slice(0, 5) + '?', search: context.search(/beta/), type: typeof String(context),
      }
      let spread = 0; for (const c of context) { spread += c === '🎉' ? 1 : 0; if (spread === 3) break }
      FINAL({...seen, spread})`;
    const { result } = await h.rlm('q', { context: text, provider: playing(cell(code)) });
    expect(result.value).toEqual({
      ...{
        length: text.length,
        slice: text.slice(6, 11),
        negative: text.slice(-6),
        index: text.indexOf('gamma'),
        missing: -1,
      },
      ...{
        includes: true,
        lines: text.split('\n').length,
        match: 'am',
        all: 4_000,
        matchAll: 4_000,
        at: 'a',
        char: 'O',
        code: 35,
      },
      ...{
        replaced: text.slice(0, 24).replace('alpha', 'omega'),
        starts: true,
        ends: true,
        upper: '# ONE',
        template: '# One!',
      },
      ...{ joined: '# One?', search: text.search(/beta/), type: 'string', spread: 3 },
    });
  });

  it('several texts look like an array, a JSON value is itself, and none is undefined', async () => {
    const files = {
      files: [
        { name: 'notes.md', text: '# A\nfirst\n# B\nsecond\n' },
        { name: 'data.jsonl', text: '{"n":1}\n{"n":2}\n{"n":3}\n' },
        { name: 'table.csv', text: 'name,age\nada,36\nalan,41\n' },
        { name: 'long.txt', text: 'x'.repeat(100_000) },
      ],
    };
    const code = `FINAL({
      array: Array.isArray(context), names: context.map((f) => f.name), lengths: context.map((f) => f.length), text: context[0].text,
      sum: context[1].text.trim().split('\\n').reduce((sum, line) => sum + JSON.parse(line).n, 0), rows: context[2].text.split('\\n').length,
      found: context.filter((f) => f.text.includes('alan')).map((f) => f.name), hits: context.grep(/second|alan/).length, spread: {...context[0]}.text })`;
    const several = await h.rlm('q', { context: files, provider: playing(cell(code)) });
    expect(several.result.value).toEqual({
      ...{ array: true, names: ['notes.md', 'data.jsonl', 'table.csv', 'long.txt'], lengths: [21, 24, 24, 100_000] },
      ...{ text: files.files[0]!.text, sum: 6, rows: 4, found: ['table.csv'], hits: 2, spread: files.files[0]!.text },
    });
    expect(promptOf(several.requests[0]!)).toMatch(/array of 4 texts[\s\S]*\[1\] data\.jsonl \(24\)/);
    const value = { rows: [{ id: 7, tags: ['a', null] }], empty: '' };
    const json = await h.rlm('q', {
      context: { value },
      provider: playing(cell('FINAL({same: context, id: context.rows[0].id})')),
    });
    expect(json.result.value).toEqual({ same: value, id: 7 });
    const none = await h.rlm('q', { provider: playing(cell('FINAL([typeof context, question])')) });
    expect(none.result.value).toEqual(['undefined', 'q']);
  });
});

describe('RL-41 fast and bounded helpers', () => {
  const lines = Array.from({ length: 200_000 }, (_, i) =>
    i % 1_000 === 0 ? `## part ${i / 1_000}` : `line ${i} of the log, user u${i % 97}`,
  );
  const text = lines.join('\n');

  it('grep, lines, count, chunks, sample, stats on 6 MB; a regex that would hang the worker fails instead', async () => {
    const code = `
      const hits = context.grep(/user u(96)$/m, {limit: 3, around: 1})
      const chunks = context.chunks({size: 500000, overlap: 100}), byLines = context.chunks({by: 'lines', size: 50000})
      const parts = context.chunks({by: 'headings', size: 10000000})
      const seen = {
        hits: hits.map((hit) => [hit.line, hit.groups[0], hit.text.split('\\n').length]), all: context.grep('user u96', {limit: 100000}).length,
        literal: context.grep('line 77 of')[0].line, lines: context.lines(5, 7), count: context.count('user u96'), chunks: chunks.length,
        covered: chunks.reduce((sum, c) => sum + c.length, 0) - (chunks.length - 1) * 100, byLines: byLines.length, parts: parts.length,
        part: parts[3].slice(0, 9), sample: context.sample(4).length, same: String(context.sample(2, 1)[0]) === String(context.sample(2, 1)[0]),
        stats: context.stats() }`;
    const { result } = await h.rlm('q', {
      context: text,
      provider: playing(
        cell(code),
        cell(
          "let slow = null; try { ('a'.repeat(40)); context.grep(/^(line|\\w|\\d| |,)*\\1x$/m) } catch (e) { slow = e.code }",
        ),
        cell('FINAL({seen, slow})'),
      ),
    });
    const { seen, slow } = result.value as { seen: { [key: string]: unknown }; slow: string };
    const isHit = (line: string): boolean => line.endsWith('user u96');
    const first = lines.flatMap((line, i) => (isHit(line) ? [i] : [])).slice(0, 3);
    expect(seen).toMatchObject({
      hits: first.map((line) => [line, '96', 3]),
      all: lines.filter(isHit).length,
      ...{ literal: 77, lines: lines.slice(5, 7), count: lines.filter(isHit).length, covered: text.length },
      ...{
        chunks: Math.ceil((text.length - 100) / (500_000 - 100)),
        byLines: 4,
        parts: 200,
        part: '## part 3',
        sample: 4,
        same: true,
      },
      stats: { length: text.length, lines: 200_000, emptyLines: 0 },
    });
    expect([null, 'BRAID_CONTEXT_SLOW']).toContain(slow);
    expect(result.status).toBe('completed');
  });
});

describe('RL-42 RL-43 a large text', () => {
  it('100 MB of UTF-8: first cell at once, exact characters, no guest memory; a slice goes to a child unread', async () => {
    const line = 'täglich 🎉 grüßt das Murmeltier, Zeile um Zeile, ohne Ende\n';
    const count = 1_600_000;
    let asked = 0;
    let told = 0;
    const { result, requests, handle } = await h.rlm('root', {
      context: line.repeat(count),
      provider: playingNodes({
        root: (_request, turn) => {
          if (turn === 0) asked = Date.now();
          else told ||= Date.now();
          return turn === 0
            ? cell(
                `print(context.length, context.slice(${line.length * 1_000_000 + 8}, ${line.length * 1_000_000 + 10}))`,
              )
            : cell(`const middle = context.slice(${line.length * 500_000}, ${-line.length * 100_000})
                const given = await rlm_query('child', middle)
                FINAL([given, middle.length, context.count('Murmeltier')])`);
        },
        child: [cell("FINAL([context.length, context.slice(0, 10), context.slice(-5), context.lastIndexOf('🎉')])")],
      }),
    });
    const length = line.length * count;
    const middle = length - line.length * 600_000;
    expect(result.value).toEqual([
      [middle, line.slice(0, 10), line.slice(-5), middle - line.length + 8],
      middle,
      count,
    ]);
    expect(JSON.stringify(requests[1]!.body)).toContain(`${length} 🎉`);
    // On a quiet machine 0.5 s.
    expect(told - asked).toBeLessThan(5_000);
    const memory = await memoryOf(handle.workflowId);
    expect(memory).toHaveLength(2);
    for (const bytes of memory) expect(bytes).toBeLessThan(32 * 1024 * 1024);
  });

  async function memoryOf(workflowId: string): Promise<number[]> {
    const { events } = await h.client.workflow.getHandle(workflowId).fetchHistory();
    const steps = (events ?? []).flatMap(
      ({ activityTaskCompletedEventAttributes: done }) => done?.result?.payloads ?? [],
    );
    const decoded = await Promise.all(
      steps.map(async (payload) => {
        const [whole] = await h.client.options.loadedDataConverter.payloadCodecs[0]!.decode([payload]);
        return JSON.parse(new TextDecoder().decode(whole!.data ?? undefined)) as { memory?: number };
      }),
    );
    // A cell's first turn and, of the second, the settlement.
    return decoded.flatMap(({ memory }) => (memory === undefined ? [] : [memory])).slice(0, 2);
  }
});
