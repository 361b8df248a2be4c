/** The tools that change files (W1 to W3 of activities/tools/writable.ts). */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { OVERLAY } from '../../../protocol/limits.ts';
import { ERRORS } from '../../../protocol/error-table.ts';
import { readOverlay } from '../../../store/overlays.ts';
import { tempFolder, writeTree, type Tree } from '../workspace/kit.ts';
import { filesIn, worldIn, worldOf } from './kit.ts';
import { WritingAgent } from './kit-tools.ts';

const agentOn = async (tree: Tree) => new WritingAgent(await worldOf(tree));

describe('edit', () => {
  test('replaces the one place, and all places', async () => {
    const agent = await agentOn({ a: 'x = 1\ny = x\n' });
    expect(await agent.output('edit', { path: 'a', old: 'x = 1', new: 'x = 2' })).toBe(
      'a: 1 place replaced, at line 1.',
    );
    expect(await agent.output('edit', { path: 'a', old: 'x', new: 'z', all: true })).toBe(
      'a: 2 places replaced, the first at line 1.',
    );
    expect(await agent.changes()).toEqual({ a: 'z = 2\ny = z\n' });
    await agent.output('edit', { path: 'a', old: 'z = 2\ny = z', new: '$&$1' });
    expect(await agent.changes()).toEqual({ a: '$&$1\n' });
  });

  test('the same edit again from the same overlay gives the same one', async () => {
    const agent = await agentOn({ a: '1\n', b: '1\n' });
    const one = (await agent.call('edit', { path: 'a', old: '1', new: '2' })).overlay;
    agent.overlay = null;
    expect((await agent.call('edit', { path: 'a', old: '1', new: '2' })).overlay).toBe(one);
    await agent.output('edit', { path: 'a', old: '2', new: '1' });
    expect(await agent.changes()).toEqual({});
  });

  const keeps: [string, string, string, string, string][] = [
    ['CRLF', 'a\r\nb\r\nc', 'a\nb', 'x\ny\nz', 'x\r\ny\r\nz\r\nc'],
    ['CRLF at a one-line place', 'a\r\nb\r\n', 'b', 'x\ny', 'a\r\nx\r\ny\r\n'],
    ['LF though the model writes CRLF', 'a\nb\n', 'a\r\nb', 'x\r\ny', 'x\ny\n'],
    ['both kinds where they are', 'a\r\nb\nc\n', 'b\nc', 'x\ny', 'a\r\nx\ny\n'],
    ['CRLF where the place begins with a line end', 'a\r\nb\r\nc\r\n', '\nb\n', '\n', 'a\r\nc\r\n'],
    ['a byte order mark', '\ufeffa\nb\n', 'a\n', 'x\n', '\ufeffx\nb\n'],
  ];
  test.each(keeps)('keeps %s', async (_what, before, old, fresh, after) => {
    const agent = await agentOn({ a: before });
    await agent.output('edit', { path: 'a', old, new: fresh });
    expect(await agent.changes()).toEqual({ a: Buffer.from(after).toString('latin1') });
  });

  const refusals: [string, object, RegExp][] = [
    [
      'one near',
      { old: 'functoin add(a, b) {', new: '' },
      /^BRAID_EDIT_NO_MATCH: .*line 2:\n2\tfunction add\(a, b\) \{$/,
    ],
    [
      'other blanks',
      { old: 'function add(a, b) {\n    return a + b', new: '' },
      /^BRAID_EDIT_NO_MATCH: .*other white space:\n2\tfunction.*\n3\t {2}return a/,
    ],
    ['line numbers', { old: '2\tfunction add(a, b) {\n', new: '' }, /^BRAID_EDIT_NO_MATCH: .*numbers that read shows/],
    ['nothing like it', { old: 'zzzzzzzz', new: '' }, /^BRAID_EDIT_NO_MATCH: .*nor anything like it/],
    ['several', { old: 'same', new: '' }, /^BRAID_EDIT_AMBIGUOUS: .*2 times, at lines 1, 5\. /],
    ['overlapping', { old: 'aXa', new: '' }, /^BRAID_EDIT_AMBIGUOUS: .*2 times, at lines 6, 6/],
    ['no change', { old: 'same', new: 'same' }, /^BRAID_TOOL_INPUT: /],
    ['empty', { old: '', new: 'x' }, /^BRAID_TOOL_INPUT: .*at old/],
    ['a surrogate', { old: 'function', new: '\ud800' }, /^BRAID_FILE_BINARY: .*surrogate/],
    ['a NUL', { old: 'function', new: '\0' }, /^BRAID_FILE_BINARY: .*NUL/],
    [
      'what would be too large',
      { old: 'a', new: 'x'.repeat(OVERLAY.fileBytes / 4), all: true },
      /^BRAID_FILE_TOO_LARGE: /,
    ],
  ];
  test.each(refusals)('refuses %s', async (_what, input, expected) => {
    const agent = await agentOn({ f: 'same\nfunction add(a, b) {\n  return a + b\n}\nsame\naXaXa\n' });
    expect(await agent.refusal('edit', { path: 'f', ...input })).toMatch(expected);
  });

  test('a million places are counted, not listed', async () => {
    const agent = await agentOn({ a: 'x'.repeat(1_000_000) });
    expect(await agent.refusal('edit', { path: 'a', old: 'x', new: 'y' })).toMatch(
      /1,000,000 times, at lines (1, ){9}1 and more/,
    );
  });

  test('a million places on one line are replaced in no time', async () => {
    const agent = await agentOn({ a: `\r\n${'x'.repeat(1_000_000)}` });
    const started = Date.now();
    await agent.output('edit', { path: 'a', old: 'x', new: 'y', all: true });
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(await agent.changes()).toEqual({ a: `\r\n${'y'.repeat(1_000_000)}` });
  });

  test('what is no UTF-8 is left alone', async () => {
    const agent = await agentOn({ latin: Buffer.from([0x61, 0xe9]), 'x.png': Buffer.from([0x61, 0]) });
    for (const name of ['latin', 'x.png']) {
      expect(await agent.refusal('edit', { path: name, old: 'a', new: 'b' })).toMatch(/^BRAID_FILE_BINARY: /);
    }
  });
});

describe('write and delete', () => {
  test('new files in new folders, replaced ones with their mode, deleted ones', async () => {
    const root = tempFolder({ 'run.sh': 'a\n', gone: 'g\n', crlf: 'a\r\nb\r\n' });
    execFileSync('chmod', ['755', path.join(root, 'run.sh')]);
    const agent = new WritingAgent(await worldIn(root));
    expect(await agent.output('write', { path: 'new/deep/x.ts', content: 'a\nb\n' })).toBe(
      'new/deep/x.ts: made, 2 lines, 4 bytes.',
    );
    await agent.output('write', { path: 'run.sh', content: 'b\n' });
    await agent.output('write', { path: 'crlf', content: 'c\nd\n' });
    expect(await agent.output('write', { path: 'run.sh', content: 'b\n' })).toBe('run.sh holds just that already.');
    expect(await agent.output('delete', { path: 'gone' })).toBe('gone: deleted.');
    expect(await agent.changes()).toEqual({
      'new/deep/x.ts': 'a\nb\n',
      'run.sh': 'b\n',
      gone: null,
      crlf: 'c\r\nd\r\n',
    });
    const { changes } = await readOverlay(agent.world.store, agent.overlay ?? '');
    expect([changes['run.sh']?.mode, changes['new/deep/x.ts']?.mode]).toEqual([0o755, 0o644]);
    expect(filesIn(root)).toEqual({ 'run.sh': 'x a\n', gone: 'g\n', crlf: 'a\r\nb\r\n' });
  });

  test('a file made and deleted leaves nothing; a deleted one can be made again', async () => {
    const agent = await agentOn({ a: 'a\n' });
    await agent.output('write', { path: 'x', content: 'x' });
    await agent.output('delete', { path: 'x' });
    await agent.output('delete', { path: 'a' });
    expect(await agent.refusal('delete', { path: 'a' })).toMatch(/^BRAID_PATH_MISSING: /);
    await agent.output('write', { path: 'a', content: 'a\n' });
    expect(await agent.changes()).toEqual({});
  });

  test('a binary file can be deleted while it is what it was; its content is kept for the patch', async () => {
    const root = tempFolder({ 'a.png': Buffer.from([0, 1]), 'b.png': Buffer.from([0, 2]) });
    const agent = new WritingAgent(await worldIn(root));
    expect(await agent.refusal('write', { path: 'a.png', content: 'x' })).toMatch(/^BRAID_FILE_BINARY: /);
    await agent.output('delete', { path: 'a.png' });
    const { kept } = await readOverlay(agent.world.store, agent.overlay ?? '');
    expect(Buffer.from(await agent.world.store.get(kept?.['a.png']?.hash ?? ''))).toEqual(Buffer.from([0, 1]));
    writeTree(root, { 'b.png': Buffer.from([0, 2, 3]) });
    expect(await agent.refusal('delete', { path: 'b.png' })).toMatch(/^BRAID_FILE_BINARY: .*no longer/);
  });

  test('limits: a file, all files together', async () => {
    const agent = await agentOn({ a: 'a\n' });
    const large = 'x'.repeat(OVERLAY.fileBytes);
    expect(await agent.refusal('write', { path: 'b', content: `${large}y` })).toMatch(/^BRAID_FILE_TOO_LARGE: /);
    expect(await agent.refusal('write', { path: 'b', content: 'ü'.repeat(OVERLAY.fileBytes / 2 + 1) })).toMatch(
      /^BRAID_FILE_TOO_LARGE/,
    );
    for (let i = 0; i < OVERLAY.bytes / OVERLAY.fileBytes; i++)
      await agent.output('write', { path: `f${i}`, content: large });
    expect(await agent.refusal('write', { path: 'last', content: 'x' })).toMatch(/^BRAID_OVERLAY_TOO_LARGE: /);
  });
});

describe('W1 to W3: no way out', () => {
  const world = async () => {
    const outside = tempFolder({ secret: 's\n' });
    const root = tempFolder({ 'src/Index.ts': 'x\n', file: 'f\n' });
    symlinkSync(outside, path.join(root, 'out'));
    symlinkSync('src', path.join(root, 'in'));
    symlinkSync(path.join(outside, 'secret'), path.join(root, 'leak'));
    mkdirSync(path.join(root, '.git'));
    execFileSync('mkfifo', [path.join(root, 'pipe')]);
    return { outside, root, agent: new WritingAgent(await worldIn(root)) };
  };
  const bad: [string, string][] = [
    ...[
      '../x',
      'a/../../x',
      '/etc/passwd',
      '/dev/null',
      '~/x',
      '~root/x',
      'a\0b',
      'x'.repeat(5000),
      '\ud800',
      '..',
      '/',
    ].map((name): [string, string] => [name, 'BRAID_PATH_OUTSIDE']),
    ...[
      '.git/config',
      '.GIT/hooks/x',
      'sub/.git/config',
      '.git',
      'git~1/config',
      '.git./x',
      '.git /x',
      '.g\u200cit/x',
      '.git::$INDEX_ALLOCATION/x',
    ].map((name): [string, string] => [name, 'BRAID_PATH_REFUSED']),
    ...[
      'leak',
      'out/secret',
      'out/new',
      'in/Index.ts',
      'in',
      'out',
      'file/below',
      'src',
      '',
      '.',
      'src/..',
      `${'x'.repeat(256)}/a`,
    ].map((name): [string, string] => [name, 'BRAID_PATH_REFUSED']),
  ];

  test.each(bad)('%j is refused by all three', async (name, code) => {
    const { agent, root, outside } = await world();
    const before = [filesIn(outside), filesIn(path.join(root, 'src'))];
    for (const [tool, input] of Object.entries({ edit: { old: 's', new: 't' }, write: { content: 'x' }, delete: {} })) {
      const output = await agent.refusal(tool, { path: name, ...input });
      expect(output.split(':')[0]).toBe(code);
    }
    expect([filesIn(outside), filesIn(path.join(root, 'src'))]).toEqual(before);
    expect(agent.overlay).toBeNull();
  });

  const badNew = [
    'a\\b',
    '..\\x',
    'line\nfeed',
    'esc\u001b[0m',
    'SRC/new.ts',
    'src/index.ts',
    'src/Index.ts/x',
    'FILE',
  ];
  test.each(badNew)('%j cannot be made', async (name) => {
    const { agent } = await world();
    expect(await agent.refusal('write', { path: name, content: 'x' })).toMatch(/^BRAID_PATH_REFUSED: /);
  });

  test('special files are no part of the workspace: one of that name is new, and stays in the overlay', async () => {
    const { agent } = await world();
    await agent.output('write', { path: 'pipe', content: 'x' });
    expect(await agent.changes()).toEqual({ pipe: 'x' });
  });

  test('an absolute path below the root is taken as meant; __proto__ is a name', async () => {
    const { agent, root } = await world();
    await agent.output('write', { path: `${root}/src/./new.ts`, content: 'x' });
    await agent.output('write', { path: '__proto__', content: 'y' });
    await agent.output('write', { path: 'constructor/prototype', content: 'z' });
    expect(Object.keys(await agent.changes()).sort()).toEqual(['__proto__', 'constructor/prototype', 'src/new.ts']);
  });

  test('reading out of the workspace is refused with a code as well', async () => {
    const { agent } = await world();
    for (const tool of ['read', 'list', 'git_log', 'diff']) {
      expect(await agent.refusal(tool, { path: '../x' })).toMatch(/^BRAID_PATH_OUTSIDE: /);
    }
    expect(Object.keys(ERRORS)).toContain('BRAID_PATH_OUTSIDE');
  });
});
