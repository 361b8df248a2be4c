import { mkdtempSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { playGuest } from '../../../client/play/guest.ts';
import { recordCalls } from '../../../client/play/recording.ts';
import { endOf } from '../../../client/save/record.ts';
import { readRecording, recordingText, type Recording } from '../../../client/save/recorded-file.ts';
import { listTested, testSaved } from '../../../client/save/test-saved.ts';
import { refusal } from '../input/kit.ts';
import { bookOf, programOf } from '../play/kit.ts';

const SCRIPT = `phase('Look')
const a = await agent('Review the first file', { label: 'one' })
const b = await agent('Review the second file', { label: 'two' })
return [a, b, args.x]`;

/** A project with one saved workflow; `source` is what its script became since. */
async function saved(source = SCRIPT): Promise<string> {
  const root = mkdtempSync(path.join(tmpdir(), 'braid-tested-'));
  await mkdir(path.join(root, '.braid/workflows'), { recursive: true });
  const { start, args, hasArgs } = programOf(SCRIPT, { x: 1 });
  const played = playGuest(
    programOf(SCRIPT, { x: 1 }),
    bookOf((_call, n) => ({ value: `answer ${n}` })),
  );
  const recording: Recording = {
    ...{ workflow: 'look', from: 'run-1', start, args, hasArgs, phases: played.phases, end: endOf(played) },
    calls: recordCalls(played.calls),
  };
  await writeFile(path.join(root, '.braid/workflows/look.js'), source);
  await writeFile(path.join(root, '.braid/workflows/look.calls.jsonl'), recordingText(recording));
  return root;
}

describe('the test of a saved workflow', () => {
  it('T2: passes as it was recorded', async () => {
    const root = await saved();
    expect(await testSaved('look', root)).toEqual({
      ...{ workflow: 'look', passed: true, calls: 2, requests: 0, differences: [] },
    });
    expect(await listTested(root)).toEqual(['look']);
  });

  it.each<[string, string, string[]]>([
    [
      'a changed prompt',
      SCRIPT.replace('first', '1st'),
      ['changed: Look › one (agent) asks "Review the 1st file"; recorded was "Review the first file"'],
    ],
    [
      'changed options',
      SCRIPT.replace(`'one' }`, `'one', effort: 'high' }`),
      [
        'changed: Look › one (agent) asks "Review the first file" as recorded, and differs behind that or in its options',
      ],
    ],
    [
      'a new call',
      SCRIPT.replace('return', `await agent('And a third', { label: 'three' })\nreturn`),
      ['new: Look › three (agent) asks "And a third", and nothing like it is recorded'],
    ],
    [
      'a call that is gone',
      SCRIPT.replace(/const b =[^\n]*/, `const b = 'answer 1'`),
      ['gone: Look › two (agent) was asked "Review the second file", and is not any more'],
    ],
    [
      'another label',
      SCRIPT.replace(`'two'`, `'second'`),
      ['Look › two (agent): 0 instead of 1', 'Look › second (agent): 1 instead of 0'],
    ],
    [
      'another result',
      SCRIPT.replace('args.x', '2'),
      ['result: ["answer 0","answer 1",2] instead of ["answer 0","answer 1",1]'],
    ],
    [
      'a script that fails',
      SCRIPT.replace('return [a', `throw new Error('no')\nreturn [a`),
      ['result: Error (no) instead of ["answer 0","answer 1",1]'],
    ],
  ])('T2: tells of %s', async (_what, source, differences) => {
    const report = await testSaved('look', await saved(source));
    expect(report).toMatchObject({ passed: false, requests: 0, differences });
  });

  it('refuses a name that is not saved, one without calls, and a script that is none', async () => {
    const root = await saved('return (');
    expect((await refusal(() => testSaved('look', root))).code).toBe('BRAID_SCRIPT_SYNTAX');
    expect((await refusal(() => testSaved('other', root))).code).toBe('BRAID_WORKFLOW_UNKNOWN');
    await writeFile(path.join(root, '.braid/workflows/bare.js'), 'return 1');
    expect((await refusal(() => testSaved('bare', root))).fix).toContain('braid save RUN --as bare');
  });
});

describe('F1: a file of recorded calls', () => {
  const broken: [string, (text: string) => string][] = [
    ['that is empty', () => ''],
    ['of another version', (text) => text.replace('"braidCalls":1', '"braidCalls":2')],
    ['that is torn', (text) => text.slice(0, -5)],
    ['with a call of another kind', (text) => text.replace('"call":"agent"', '"call":"sleep"')],
    ['with an answer that is none', (text) => text.replace('"settled":{"ok":true', '"settled":{"ok":1')],
    ['with a start that is none', (text) => text.replace(/"now":\d+/, '"now":"x"')],
  ];

  it.each(broken)('%s is refused', async (_what, change) => {
    const file = path.join(await saved(), '.braid/workflows/look.calls.jsonl');
    await writeFile(file, change(await readFile(file, 'utf8')));
    expect((await refusal(() => readRecording(file))).code).toBe('BRAID_USAGE');
  });

  it('is read back as it was written', async () => {
    const file = path.join(await saved(), '.braid/workflows/look.calls.jsonl');
    const recording = await readRecording(file);
    expect(recordingText(recording!)).toBe(await readFile(file, 'utf8'));
    expect(await readRecording(`${file}.not`)).toBeNull();
  });
});
