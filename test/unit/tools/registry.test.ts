import { Validator, type Schema } from '@cfworker/json-schema';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, test } from 'vitest';
import { toFailure } from '../../../activities/failures.ts';
import { createToolActivity, TOOLS } from '../../../activities/tools/index.ts';
import { createSnapshotActivity } from '../../../activities/workspace/index.ts';
import type { ToolRequest } from '../../../protocol/activities.ts';
import { BraidError } from '../../../protocol/errors.ts';
import type { Json } from '../../../protocol/json.ts';
import type { CallTag } from '../../../protocol/model-call.ts';
import { AGENT_TOOLS, normalizeTools, READ_TOOLS, WRITE_TOOLS } from '../../../protocol/tool-names.ts';
import { keyOf, tempFolder, tempStore } from '../workspace/kit.ts';
import { callsOn } from './kit.ts';

const TAG: CallTag = { address: 'agent:0', label: 'x', phase: null, model: null, turn: 0 };

describe('inputs', () => {
  const cases: [string, Json, RegExp][] = [
    [
      'read',
      {},
      /^read: the input does not fit.*path.*It takes \{path: string, offset\?: integer, limit\?: integer\}\.$/s,
    ],
    ['read', null, /does not fit/],
    ['read', 'src/a', /does not fit/],
    ['read', ['a'], /does not fit/],
    ['read', { path: 1 }, /at path/],
    ['read', { path: 'a', offset: 0 }, /at offset/],
    ['read', { path: 'a', offset: 1.5 }, /at offset/],
    ['read', { path: 'a', file: 'b' }, /file/],
    ['grep', { pattern: '' }, /at pattern/],
    ['grep', { pattern: 'x'.repeat(1001) }, /at pattern/],
    ['grep', { pattern: 'x', context: 1e9 }, /at context/],
    ['git_log', { limit: 1000 }, /at limit/],
  ];
  test.each(cases)('%s %j is an error that says what it takes', async (tool, input, expected) => {
    const answer = await (await callsOn({ a: 'x' }))(tool, input);
    expect(answer).toMatchObject({ isError: true, reads: [], output: expect.stringMatching(expected) });
    expect(answer.output.length).toBeLessThan(500);
  });

  test('null stands for an option that was left out', async () => {
    expect(await (await callsOn({ a: 'x' }))('read', { path: 'a', offset: null, limit: null })).toMatchObject({
      output: '1\tx',
    });
  });
});

test('every tool over files is there, with a schema that is plain JSON', () => {
  expect(Object.keys(TOOLS)).toEqual([...READ_TOOLS, ...WRITE_TOOLS]);
  for (const { description, inputSchema } of Object.values(TOOLS)) {
    expect(description.length).toBeGreaterThan(20);
    expect(JSON.parse(JSON.stringify(inputSchema))).toEqual(inputSchema);
    expect(new Validator(inputSchema as Schema, '2020-12').validate({ surely: 'unknown' }).valid).toBe(false);
  }
});

describe('the activities', () => {
  const call = (request: Partial<ToolRequest>, root = tempFolder({ a: 'x' })) => {
    const activity = createToolActivity({ store: tempStore() });
    return new MockActivityEnvironment().run(activity, TAG, {
      tool: 'read',
      input: { path: 'a' },
      snapshot: keyOf(root),
      ...request,
    });
  };

  test('takes the snapshot when nobody has', async () =>
    expect(await call({})).toMatchObject({ output: '1\tx', isError: false }));

  test.each(['bash', 'edit', 'write', 'delete', '__proto__', 'constructor', ''])(
    'an unknown tool %j lists those that there are',
    async (tool) => {
      expect(await call({ tool })).toMatchObject({
        isError: true,
        output: expect.stringContaining('list, glob, read, grep, diff, git_log, git_show'),
      });
    },
  );

  test('without a workspace', async () => {
    expect(await call({ snapshot: null })).toEqual({
      output: 'read: this run has no workspace to read.',
      isError: true,
      reads: [],
    });
  });

  test('a workspace that cannot be taken is a failure with code and fix', async () => {
    await expect(call({}, '/nowhere/at/all')).rejects.toMatchObject({
      type: 'BRAID_WORKSPACE_UNREADABLE',
      nonRetryable: true,
      details: [{ fix: expect.stringContaining('--no-workspace') }],
    });
  });

  test('snapshot tells files, bytes and hash', async () => {
    const activity = createSnapshotActivity({ store: tempStore() });
    const info = await new MockActivityEnvironment().run(activity, TAG, keyOf(tempFolder({ a: '12', b: '\0\0\0' })));
    expect(info).toEqual({ files: 2, bytes: 2, hash: expect.stringMatching(/^[0-9a-f]{64}$/), ms: expect.any(Number) });
  });

  test('a cancelled one fails as cancelled', async () => {
    const environment = new MockActivityEnvironment();
    environment.cancel('CANCELLED');
    const activity = createSnapshotActivity({ store: tempStore() });
    await expect(environment.run(activity, TAG, keyOf(tempFolder({ a: '' })))).rejects.toBeInstanceOf(CancelledFailure);
  });
});

describe('failures', () => {
  test('a Braid error keeps its code, its fix and whether it may be retried', () => {
    const final = toFailure(new BraidError('BRAID_GIT', 'no such revision', { fix: 'do this' }), { requests: 2 });
    expect(final).toMatchObject({
      type: 'BRAID_GIT',
      message: 'no such revision',
      nonRetryable: true,
      details: [{ fix: 'do this', requests: 2 }],
    });
    expect(toFailure(new BraidError('BRAID_STORE', 'disk full'))).toMatchObject({
      type: 'BRAID_STORE',
      nonRetryable: false,
    });
  });

  test("what is not ours is BRAID_INTERNAL; what is Temporal's passes", () => {
    expect(toFailure(new TypeError('x of undefined'))).toMatchObject({
      type: 'BRAID_INTERNAL',
      message: 'x of undefined',
      nonRetryable: true,
    });
    expect(toFailure('text')).toMatchObject({ type: 'BRAID_INTERNAL', message: 'text' });
    const given = ApplicationFailure.nonRetryable('x', 'y');
    expect(toFailure(given)).toBe(given);
  });
});

describe('names of other systems', () => {
  const cases: [string[], string[], string[]][] = [
    [['Read', 'Grep', 'Glob', 'LS'], ['list', 'glob', 'read', 'grep'], []],
    [['grep', 'rg', 'Grep'], ['grep'], []],
    [['Read', 'Write', 'Bash', 'Write'], ['read'], ['Write', 'Bash']],
    [['Bash(git log:*)', 'Bash(git diff *)', 'git-show'], ['diff', 'git_log', 'git_show'], []],
    [['*'], [...READ_TOOLS], []],
    [['submit', '__proto__', 'constructor', ''], [], ['submit', '__proto__', 'constructor', '']],
    [[], [], []],
  ];
  test.each(cases)('%j', (names, tools, unknown) => expect(normalizeTools(names)).toEqual({ tools, unknown }));

  const writing: [string[], string[], string[]][] = [
    [['Bash', 'Write', 'Edit', 'Read', 'MultiEdit'], ['read', 'edit', 'write', 'bash'], []],
    [['str_replace', 'create_file', 'rm', 'shell'], ['edit', 'write', 'delete', 'bash'], []],
    [['*'], [...READ_TOOLS], []],
    [['all', 'Bash(rm -rf /)'], [...READ_TOOLS], ['Bash(rm -rf /)']],
  ];
  test.each(writing)('%j where files may be changed', (names, tools, unknown) =>
    expect(normalizeTools(names, AGENT_TOOLS)).toEqual({ tools, unknown }),
  );
});
