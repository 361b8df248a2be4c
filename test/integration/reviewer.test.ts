/** `examples/review.js` with the keyless reviewer, over real folders: what it reports is there, and mending a line takes its finding away. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { useHarness } from '../kit/harness.ts';
import { callsOf, repositoryFile, viewOf } from '../kit/script-file.ts';
import { tempFolder } from '../unit/workspace/kit.ts';

const h = useHarness();
const REVIEW = repositoryFile('examples/review.js');

interface Finding {
  dimension: string;
  title: string;
  file: string;
  line: number;
  severity: string;
  code: string;
  why: string;
  isReal?: boolean;
  reason?: string;
}
interface Review {
  confirmed: Finding[];
  refuted: Finding[];
  unchecked: Finding[];
  unreviewed: string[];
}

/** Line → what is wrong with it, and a line that is not. */
const SWALLOWED = [
  '  try { await flush(rows) } catch {}',
  '  try { await flush(rows) } catch (error) { report(error) }',
];
const SHELL = ['  exec(`cat ${name} | wc -l`)', "  execFile('wc', ['-l', name])"];
const LOOP = ["    texts.push(readFileSync(file, 'utf8'))", "    texts.push(await readFile(file, 'utf8'))"];
const FLOATING = ['  save(rows)', '  await save(rows)'];

function files(lines: { swallowed: string; shell: string; loop: string; floating: string }) {
  return {
    'src/rows.js': [
      "import { flush, report } from './disk.js'",
      'export async function drop(rows) {',
      lines.swallowed,
      '}',
      'export async function save(rows) { await flush(rows) }',
      'export async function finish(rows) {',
      lines.floating,
      '}',
    ],
    'src/count.js': [
      "import { exec, execFile } from 'node:child_process'",
      'export function count(name) {',
      lines.shell,
      '}',
      "const FIXED = 'uname'",
      'export function kernel() {',
      // Found by the review, refuted by the look at the constant.
      '  exec(`${FIXED} -r`)',
      '}',
    ],
    'src/texts.js': [
      "import { readFileSync } from 'node:fs'",
      "import { readFile } from 'node:fs/promises'",
      'export async function all(files) {',
      '  const texts = []',
      '  for (const file of files) {',
      lines.loop,
      '  }',
      '  return texts',
      '}',
    ],
    'src/clean.js': ['export const add = (a, b) => a + b'],
    'README.md': ['try { nothing() } catch {}'],
  };
}

const BROKEN = { swallowed: SWALLOWED[0]!, shell: SHELL[0]!, loop: LOOP[0]!, floating: FLOATING[0]! };
const folderOf = (lines: typeof BROKEN) =>
  tempFolder(Object.fromEntries(Object.entries(files(lines)).map(([name, text]) => [name, `${text.join('\n')}\n`])));

async function review(workspace: string, args?: { dimensions?: string[]; paths?: string[] }) {
  const ran = await h.run(REVIEW, {
    model: 'offline/reviewer',
    file: 'review.js',
    workspace,
    ...(args === undefined ? {} : { args }),
  });
  return { ...ran, value: ran.result.value as unknown as Review };
}

const places = (findings: Finding[]) =>
  findings.map(({ dimension, file, line }) => `${dimension} ${file}:${line}`).toSorted();

describe('a folder with planted problems', () => {
  it('each is confirmed at its line with its code; what only looks like one is refuted with the reason', async () => {
    const root = folderOf(BROKEN);
    const { result, value, requests, handle } = await review(root);
    expect(places(value.confirmed)).toEqual([
      'bugs src/rows.js:3',
      'bugs src/rows.js:7',
      'performance src/texts.js:6',
      'security src/count.js:3',
    ]);
    for (const { file, line, code, isReal, reason, why, title } of value.confirmed) {
      expect(readFileSync(path.join(root, file), 'utf8').split('\n')[line - 1]?.trim()).toBe(code.trim());
      expect([isReal, title !== '', why !== '']).toEqual([true, true, true]);
      expect(reason).toContain(`line ${line}`);
    }
    expect(places(value.refuted)).toEqual(['security src/count.js:7']);
    expect(value.refuted[0]?.reason).toMatch(/constant of this file/);
    expect([value.unchecked, value.unreviewed]).toEqual([[], []]);
    expect(requests).toEqual([]);
    // Three reviews and five verifications, each an agent that read what it judges.
    expect(result).toMatchObject({ status: 'completed', usage: { calls: 8, failed: 0, refused: 0, usd: 0 } });
    expect(callsOf(await viewOf(h, handle))).toEqual([
      'Review › review bugs = done',
      'Review › review performance = done',
      'Review › review security = done',
      'Verify › verify src/count.js:3 = done',
      'Verify › verify src/count.js:7 = done',
      'Verify › verify src/rows.js:3 = done',
      'Verify › verify src/rows.js:7 = done',
      'Verify › verify src/texts.js:6 = done',
    ]);
  });

  it.each([
    ['swallowed', 'src/rows.js:3', SWALLOWED[1]],
    ['shell', 'src/count.js:3', SHELL[1]],
    ['loop', 'src/texts.js:6', LOOP[1]],
    ['floating', 'src/rows.js:7', FLOATING[1]],
  ])('mending the %s line takes its finding away, and no other', async (name, place, mended) => {
    const { value } = await review(folderOf({ ...BROKEN, [name]: mended }));
    const found = value.confirmed.map(({ file, line }) => `${file}:${line}`).toSorted();
    expect(found).toEqual(
      ['src/count.js:3', 'src/rows.js:3', 'src/rows.js:7', 'src/texts.js:6'].filter((other) => other !== place),
    );
  });

  it('looks only at the named paths and dimensions', async () => {
    const { value, result } = await review(folderOf(BROKEN), { dimensions: ['security'], paths: ['src/count.js'] });
    expect(places([...value.confirmed, ...value.refuted])).toEqual([
      'security src/count.js:3',
      'security src/count.js:7',
    ]);
    expect(result.usage.calls).toBe(3);
  });

  it('gives the same again', async () => {
    const root = folderOf(BROKEN);
    const [first, second] = [await review(root), await review(root)];
    expect(second.result.value).toEqual(first.result.value);
    expect(second.result.usage).toEqual(first.result.usage);
  });

  it('judges the snapshot: a line that is mended during the run was there', async () => {
    const root = folderOf(BROKEN);
    const handle = await h.start(REVIEW, { model: 'offline/reviewer', workspace: root });
    await expect
      .poll(
        async () =>
          (await handle.fetchHistory()).events?.some((event) => event.childWorkflowExecutionCompletedEventAttributes),
        {
          timeout: 30_000,
          interval: 20,
        },
      )
      .toBe(true);
    writeFileSync(path.join(root, 'src/rows.js'), '');
    writeFileSync(path.join(root, 'src/count.js'), '');
    writeFileSync(path.join(root, 'src/texts.js'), '');
    const { value } = (await handle.result()) as { value: Review };
    expect(value.confirmed).toHaveLength(4);
  });

  it('nothing to find is nothing found', async () => {
    const mended = { swallowed: SWALLOWED[1]!, shell: SHELL[1]!, loop: LOOP[1]!, floating: FLOATING[1]! };
    const { value, result } = await review(folderOf(mended), { dimensions: ['bugs', 'performance'] });
    expect(value).toEqual({ confirmed: [], refuted: [], unchecked: [], unreviewed: [] });
    expect(result).toMatchObject({ status: 'completed', usage: { calls: 2 } });
  });
});

describe('code that nobody prepared', () => {
  const SDK = fileURLToPath(new URL('../../node_modules/@temporalio/worker/src', import.meta.url));

  it('of a third-party package: the review ends, and every reported line exists', async () => {
    const { result, value } = await review(SDK);
    expect(result).toMatchObject({ status: 'completed', usage: { failed: 0, refused: 0 } });
    expect([value.unchecked, value.unreviewed]).toEqual([[], []]);
    expect(value.confirmed.length).toBeGreaterThan(0);
    for (const { file, line, code } of [...value.confirmed, ...value.refuted]) {
      expect(readFileSync(path.join(SDK, file), 'utf8').split('\n')[line - 1]?.trim(), `${file}:${line}`).toBe(
        code.trim(),
      );
    }
    for (const { reason } of value.refuted) expect(reason).not.toBe('');
  });

  it('migrate-plan and deep-search run on it as well', async () => {
    const run = (file: string, args: { [name: string]: string | number | string[] }) =>
      h.run(repositoryFile(`examples/${file}`), { model: 'offline/reviewer', workspace: folderOf(BROKEN), args });
    const plan = await run('migrate-plan.js', { files: ['src/rows.js', 'src/clean.js'] });
    expect(plan.result).toMatchObject({
      status: 'completed',
      value: { plan: [{ file: 'src/rows.js', accepted: true }], untouched: ['src/clean.js'], failed: [] },
    });
    const search = await run('deep-search.js', { question: 'Where does this code ignore an error?', maxRounds: 4 });
    expect(search.result).toMatchObject({
      status: 'completed',
      value: { complete: true, seen: expect.any(Number) as number },
    });
    const { found } = search.result.value as unknown as { found: Finding[] };
    expect(found.map(({ file, line }) => `${file}:${line}`)).toContain('src/rows.js:3');
  });
});
