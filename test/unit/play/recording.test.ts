import { describe, expect, it } from 'vitest';
import { playGuest } from '../../../client/play/guest.ts';
import { RecordedBook, recordCalls, type RecordedCall } from '../../../client/play/recording.ts';
import { playInThread } from '../../../client/play/thread.ts';
import { bookOf, NOW, programOf } from './kit.ts';

const SCRIPT = `
phase('Read')
const seen = []
const all = await parallel(args.files.map((file) => async () => {
  const text = await agent('Read ' + file, { label: file })
  seen.push(file)
  return text
}))
phase('Sum')
await sleep('2h')
const sum = await agent('Sum up: ' + all.join(', '), { schema: { type: 'object' }, label: 'sum' })
return { sum, seen, at: now() - args.start, spent: budget.spent() }`;
const ARGS = { files: ['a', 'b', 'c'], start: NOW };

/** Answers come in another order than that of asking. */
function recorded(): { calls: RecordedCall[]; end: unknown } {
  const times = [30, 10, 20, 50];
  const answers = bookOf(({ args }, n) => ({ value: `<${String(args[0]).slice(-1)}>`, at: times[n] ?? 0 }));
  const played = playGuest(programOf(SCRIPT, ARGS), answers);
  return { calls: recordCalls(played.calls), end: played.end };
}

const again = async (source: string, args = ARGS) => {
  const reply = await playInThread({ program: programOf(source, args), book: { recorded: recorded().calls } });
  if ('problem' in reply || reply.report === null) throw new Error('no report');
  return { ...reply, report: reply.report };
};

describe('playing', () => {
  it('G2: settles answers in the order in which they came, and timers without waiting', () => {
    const { end, calls } = recorded();
    const hours = 7_200_000 + 30;
    expect(end).toEqual({ ok: true, value: { sum: '<>>', seen: ['b', 'c', 'a'], at: hours, spent: 8 } });
    expect(calls.map(({ asked }) => asked)).toEqual([1, 2, 0, 3]);
  });

  it('G3: a recording plays as it was recorded', async () => {
    const { calls, end } = recorded();
    const { played, report } = await again(SCRIPT);
    expect(report).toEqual({ misses: [], unused: [] });
    expect(played.end).toEqual(end);
    expect(recordCalls(played.calls)).toEqual(calls);
    expect(played.phases).toEqual(['Read', 'Sum']);
  });

  it('ends a script that waits for nothing, and one that breaks a limit', () => {
    const book = bookOf(() => ({ value: 1 }));
    expect(playGuest(programOf('await new Promise(() => {})'), book).end).toMatchObject({
      ok: false,
      error: { code: 'BRAID_SCRIPT_STUCK' },
    });
    expect(playGuest(programOf('for (;;) {}'), book).end).toMatchObject({ ok: false, error: { name: 'BraidError' } });
  });
});

describe('a script that differs from its recording', () => {
  it('C2: a changed prompt is answered as what it was', async () => {
    const { played, report } = await again(SCRIPT.replace('Sum up', 'Add up'));
    expect(report.misses).toMatchObject([
      { call: { label: 'sum', phase: 'Sum' }, was: { head: 'Sum up: <a>, <b>, <c>' } },
    ]);
    expect(report.unused).toEqual([]);
    expect(played.end).toEqual(recorded().end);
  });

  it('C2: a new call takes no answer that another one asks for', async () => {
    const { report } = await again(SCRIPT, { ...ARGS, files: ['new', 'a', 'b', 'c'] });
    expect(report.misses.map(({ call, was }) => [call.head, was?.head ?? null])).toEqual([
      ['Read new', null],
      ['Sum up: , <a>, <b>, <c>', 'Sum up: <a>, <b>, <c>'],
    ]);
  });

  it('tells of calls that are not made any more', async () => {
    const { report } = await again(SCRIPT.replace(/const sum[^\n]*/, 'const sum = null'));
    expect(report.misses).toEqual([]);
    expect(report.unused.map(({ label }) => label)).toEqual(['sum']);
  });

  it('C1: labels and phases do not name a call, and equal calls stay as many as they are', () => {
    const source = `return Promise.all([agent('x', { label: 'one' }), agent('x', { phase: 'P' }), agent('x', { schema: {} })])`;
    const first = playGuest(
      programOf(source),
      bookOf((_call, n) => ({ value: n })),
    );
    const calls = recordCalls(first.calls);
    expect(new Set(calls.map(({ content }) => content)).size).toBe(2);
    const book = new RecordedBook(calls);
    expect(playGuest(programOf(source.replace("'one'", "'two'")), book).end).toEqual({ ok: true, value: [0, 1, 2] });
    expect(book.report()).toEqual({ misses: [], unused: [] });
  });
});
