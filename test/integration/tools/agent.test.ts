/** Agents with tools: a child workflow each, model turn → tool calls → model turn over the run's snapshot (design §1, §8). */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashText } from '../../../protocol/hash.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { READ_TOOLS } from '../../../protocol/tool-names.ts';
import { useHarness } from '../../kit/harness.ts';
import { lastOf, promptOf } from '../../../testing/provider/index.ts';
import { linesOf, viewOf } from '../../kit/script-file.ts';
import { commitAll, git, tempFolder, tempRepository, writeTree } from '../../unit/workspace/kit.ts';
import { calls, childResult, holdSnapshot, outputsOf, scheduledIn, turnOf } from './kit.ts';

const h = useHarness();
const A = 'export const a = 1\nlet lost = work()\n';

describe('tool calls', () => {
  it('go over several turns, several at once, each with its own result', async () => {
    const root = tempRepository({
      'src/a.js': 'old\n',
      'src/deep/b.js': 'let b\n',
      '.gitignore': 'secret\n',
      secret: 'x',
    });
    writeTree(root, { 'src/a.js': A });
    const second = commitAll(root, 'second');
    writeTree(root, { 'src/deep/b.js': 'let b = 2\n' });
    const seen: string[][] = [];
    const { result, requests, handle } = await h.run('return await agent("look around")', {
      workspace: root,
      base: 'HEAD',
      provider: (request) => {
        seen.push(outputsOf(request));
        if (turnOf(request) === 0) return calls(['list', {}]);
        if (turnOf(request) === 1) {
          return calls(
            ['glob', { pattern: '**/*.js' }],
            ['grep', { pattern: 'lo[s]t' }],
            ['read', { path: 'src/a.js', offset: 2 }],
          );
        }
        if (turnOf(request) === 2) {
          return calls(
            ['diff', {}],
            ['git_log', {}],
            ['git_show', { revision: 'HEAD~1', path: 'src/a.js', content: true }],
          );
        }
        return 'seen it all';
      },
    });
    const short = second.slice(0, 12);
    expect(seen).toEqual([
      [],
      [expect.stringMatching(/^The workspace: 1 folder, 1 file\nsrc\/\n\.gitignore {2}7$/)],
      ['src/a.js\nsrc/deep/b.js', 'src/a.js:2: let lost = work()\n[1 match in 1 file]', '2\tlet lost = work()'],
      [
        expect.stringMatching(
          /^1 file changed against HEAD \([0-9a-f]{12}\): \+1 -1\n {2}\+1 -1 {2}src\/deep\/b.js\n[^]*-let b\n\+let b = 2$/,
        ),
        expect.stringMatching(new RegExp(`^${short} 2026-01-02 Ann: second\n[0-9a-f]{12} 2026-01-02 Ann: first$`)),
        '1\told',
      ],
    ]);
    expect(result).toMatchObject({
      status: 'completed',
      value: 'seen it all',
      usage: { calls: 1, requests: 4, failed: 0 },
    });
    expect(requests.map((request) => request.tools.map((tool) => tool.name))).toEqual(
      [1, 2, 3, 4].map(() => [...READ_TOOLS]),
    );
    const child = await childResult(h, handle);
    expect(child).toMatchObject({ ok: true, value: 'seen it all', steps: 4, requests: 4, toolCalls: 7 });
    expect(child.reads.map(({ kind, what }) => `${kind} ${what.split(' ')[0]}`)).toEqual([
      'list list',
      'search glob',
      'search grep',
      'file src/a.js',
      'diff diff',
      'git git_log',
      'git git_show',
    ]);
    expect(child.reads.find(({ kind }) => kind === 'file')?.hash).toBe(hashText(A));
  });

  it('what is wrong with a call is a text for the model, and the agent goes on', async () => {
    const { result, requests, handle } = await h.run('return await agent("x")', {
      workspace: tempFolder({ 'a.js': A }),
      provider: (request) =>
        turnOf(request) === 0
          ? calls(
              ['read', { path: 'b.js' }],
              ['read', { file: 'a.js' }],
              ['write', { path: 'a.js' }],
              ['read', { path: '../../etc/passwd' }],
              ['read', '{"path": "a'],
            )
          : 'done',
    });
    const [missing, wrong, unknown, outside, broken] = outputsOf(requests[1]!);
    expect(missing).toMatch(/b\.js/);
    expect(wrong).toMatch(/the input does not fit.*It takes \{path: string/);
    expect(unknown).toMatch(/There is no tool write\. There are list, glob, read/);
    expect(outside).toMatch(/outside|leads out|workspace/);
    expect(broken).not.toContain(A);
    expect(result).toMatchObject({ status: 'completed', value: 'done', usage: { calls: 1, requests: 2, failed: 0 } });
    const child = await childResult(h, handle);
    expect(child.reads).toEqual([{ kind: 'file', what: 'b.js', hash: 'absent' }]);
  });

  it('a flood of calls in one turn is bounded: the model hears that the rest was not run', async () => {
    const { result, requests, handle } = await h.run('return await agent("x")', {
      workspace: tempFolder({ 'a.js': A }),
      provider: (request) =>
        turnOf(request) === 0
          ? calls(...Array.from({ length: 2_500 }, (): [string, { path: string }] => ['read', { path: 'a.js' }]))
          : 'done',
    });
    expect(result).toMatchObject({ status: 'completed', value: 'done' });
    const outputs = outputsOf(requests[1]!);
    expect(outputs).toHaveLength(2_500);
    expect(outputs.filter((output) => output.startsWith('1\t'))).toHaveLength(LIMITS.toolCallsPerTurn);
    expect(outputs.at(-1)).toMatch(/not run/);
    const ran = await scheduledIn(h, `${handle.workflowId}/agent:1`);
    expect(ran.filter((what) => what === 'activity tool')).toHaveLength(LIMITS.toolCallsPerTurn);
  });

  it('B1 nothing is asked after a valid submit, also when tools were called beside it', async () => {
    const schema = `{type: 'object', properties: {n: {type: 'integer'}}, required: ['n']}`;
    const { result, requests, handle } = await h.run(`return await agent("x", {schema: ${schema}})`, {
      workspace: tempFolder({ 'a.js': A }),
      provider: (request) =>
        turnOf(request) === 0
          ? calls(['read', { path: 'a.js' }], ['submit', { n: 'x' }])
          : calls(['read', { path: 'a.js' }], ['submit', { n: 7 }]),
    });
    expect(result).toMatchObject({ status: 'completed', value: { n: 7 } });
    expect(requests).toHaveLength(2);
    expect(outputsOf(requests[1]!)).toEqual([
      `1\t${A.trim().replace('\n', '\n2\t')}`,
      expect.stringContaining('Not accepted'),
    ]);
    expect(await scheduledIn(h, `${handle.workflowId}/agent:1`)).toEqual([
      'activity model',
      'activity tool',
      'activity model',
    ]);
  });
});

describe('B2 the step limit', () => {
  it('gives a last turn without tools', async () => {
    const { result, requests } = await h.run('return await agent("read for ever")', {
      workspace: tempFolder({ 'a.js': A }),
      provider: (request) =>
        request.tools.length > 0 ? calls(['read', { path: 'a.js' }]) : `after ${turnOf(request)} turns`,
    });
    expect(requests).toHaveLength(LIMITS.agentSteps);
    expect(requests.filter((request) => request.tools.length === 0)).toEqual([requests.at(-1)]);
    expect(result).toMatchObject({
      status: 'completed',
      value: `after ${LIMITS.agentSteps - 1} turns`,
      usage: { calls: 1, requests: LIMITS.agentSteps },
    });
  });

  it('leaves submit to an agent with a schema', async () => {
    const schema = `{type: 'object', properties: {n: {type: 'integer'}}, required: ['n']}`;
    const { result, requests } = await h.run(`return await agent("x", {schema: ${schema}})`, {
      workspace: tempFolder({ 'a.js': A }),
      provider: (request) =>
        request.tools.length > 1 ? calls(['read', { path: 'a.js' }]) : { submit: { n: turnOf(request) } },
    });
    expect(result.value).toEqual({ n: LIMITS.agentSteps - 1 });
    expect(requests.at(-1)).toMatchObject({ tools: [{ name: 'submit' }], toolChoice: 'required' });
  });
});

describe('the snapshot', () => {
  it('is what every agent of the run reads, whatever happens to the files', async () => {
    const root = tempFolder({ 'a.js': 'before\n' });
    const source = 'return [await agent("one"), await agent("two")]';
    const provider = (request: Parameters<typeof turnOf>[0]) => {
      if (turnOf(request) < 2) {
        if (turnOf(request) === 1) writeFileSync(path.join(root, 'a.js'), `after ${promptOf(request)}\n`);
        return calls(['read', { path: 'a.js' }], ['grep', { pattern: 'after|before' }]);
      }
      return lastOf(request).includes('after') ? 'changed' : outputsOf(request).join(' ');
    };
    const first = await h.run(source, { workspace: root, provider });
    expect(first.result.value).toEqual([
      '1\tbefore a.js:1: before\n[1 match in 1 file]',
      '1\tbefore a.js:1: before\n[1 match in 1 file]',
    ]);
    const reads = await Promise.all(['agent:1', 'agent:2'].map((address) => childResult(h, first.handle, address)));
    expect(reads[0]?.reads).toEqual(reads[1]?.reads);
    const later = await h.run('return await agent("three")', { workspace: root, provider });
    expect(later.result.value).toBe('changed');
  });

  it('is not waited for by agents that never read', async () => {
    const root = tempFolder({ 'a.js': 'held back\n' });
    const gate = holdSnapshot(h, 'held back\n');
    const { result, handle } = await h.run('return await agent("x")', {
      workspace: root,
      provider: () => 'did not look',
    });
    expect(result).toMatchObject({ status: 'completed', value: 'did not look', usage: { calls: 1, requests: 1 } });
    expect(await scheduledIn(h, handle.workflowId)).toContain('activity snapshot');
    gate.open();
  });

  it('is waited for by a tool call, and taken once', async () => {
    const root = tempFolder({ 'a.js': 'held back too\n' });
    const gate = holdSnapshot(h, 'held back too\n');
    const handle = await h.start('return await parallel([1, 2, 3].map((n) => () => agent("x" + n)))', {
      workspace: root,
      provider: (request) => (turnOf(request) === 0 ? calls(['read', { path: 'a.js' }]) : lastOf(request)),
    });
    await expect.poll(gate.waiting, { timeout: 20_000 }).toBe(true);
    await expect
      .poll(async () => (await scheduledIn(h, `${handle.workflowId}/agent:3`)).length, { timeout: 20_000 })
      .toBe(2);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    gate.open();
    expect(await handle.result()).toMatchObject({
      status: 'completed',
      value: [1, 2, 3].map(() => '1\theld back too'),
    });
    expect((await scheduledIn(h, handle.workflowId)).filter((what) => what === 'activity snapshot')).toHaveLength(1);
  });

  it('is not taken for a run without agents, or whose agents have no tools', async () => {
    const root = tempFolder({ 'a.js': A });
    const none = await h.run('return 1', { workspace: root });
    expect(await scheduledIn(h, none.handle.workflowId)).toEqual([]);
    const plain = await h.run('return await agent("x", {tools: []})', { workspace: root });
    expect(plain.result).toMatchObject({ status: 'completed', value: 'ok' });
    expect(await scheduledIn(h, plain.handle.workflowId)).toEqual(['activity model']);
    const history = await plain.handle.fetchHistory();
    const ofCall = history.events?.filter((event) => Object.keys(event).some((key) => key.startsWith('activityTask')));
    expect(ofCall).toHaveLength(3);
  });

  it('of too many files fails the run with the way out', async () => {
    const root = tempFolder();
    for (let i = 0; i <= 50_000; i += 1) writeFileSync(path.join(root, `f${i}`), '');
    const { result } = await h.run('return [await agent("x"), await agent("y")]', {
      workspace: root,
      provider: (request) => (turnOf(request) === 0 ? calls(['list', {}]) : 'done'),
    });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'BRAID_WORKSPACE_TOO_LARGE' } });
    expect(result.error?.message).toContain('50,000 files');
    expect(result.error?.fix).toMatch(/--cwd.*\.gitignore.*--no-workspace/);
  });

  it('of a folder that is not there fails the run', async () => {
    const { result } = await h.run('return await agent("x")', {
      workspace: path.join(tempFolder(), 'gone'),
      provider: (request) => (turnOf(request) === 0 ? calls(['list', {}]) : 'done'),
    });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'BRAID_WORKSPACE_UNREADABLE' } });
  });

  it('against an unknown base fails the run', async () => {
    const { result } = await h.run('return await agent("x")', {
      workspace: tempRepository({ a: 'x' }),
      base: 'no-such-branch',
      provider: (request) => (turnOf(request) === 0 ? calls(['diff', {}]) : 'done'),
    });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'BRAID_GIT' } });
  });

  it('leaves the repository as it was', async () => {
    const root = tempRepository({ a: '1\n' });
    writeTree(root, { a: '2\n', b: 'new' });
    const before = git(root, 'status', '--porcelain');
    await h.run('return await agent("x")', {
      workspace: root,
      base: 'HEAD',
      provider: (request) => (turnOf(request) === 0 ? calls(['diff', {}], ['git_log', {}]) : 'done'),
    });
    expect(git(root, 'status', '--porcelain')).toBe(before);
  });
});

describe('definitions and options', () => {
  const definition = (tools: string[] | null) => ({
    finder: {
      name: 'finder',
      description: 'd',
      prompt: 'You find.',
      model: 'openai-chat/defined',
      tools,
      source: '.braid/agents/finder.md',
    },
  });

  it('agentType brings its prompt, model and tools', async () => {
    const { result, requests } = await h.run('return await agent("x", {agentType: "Finder"})', {
      workspace: tempFolder({ 'a.js': A }),
      agents: definition(['read', 'grep']),
      provider: (request) => (turnOf(request) === 0 ? calls(['grep', { pattern: 'lost' }]) : lastOf(request)),
    });
    expect(result.value).toBe('a.js:2: let lost = work()\n[1 match in 1 file]');
    expect(requests.map((request) => [request.model, request.tools.map((tool) => tool.name)])).toEqual([
      ['defined', ['read', 'grep']],
      ['defined', ['read', 'grep']],
    ]);
    expect(requests[0]?.system).toMatch(/^You find\.\n\nYou can read the workspace/);
  });

  it("a definition's tools give way to the call's; its empty list makes a single call", async () => {
    const root = tempFolder({ 'a.js': A });
    const own = await h.run('return await agent("x", {agentType: "finder", tools: ["Glob", "LS"]})', {
      workspace: root,
      agents: definition(['read']),
    });
    expect(own.requests[0]?.tools.map((tool) => tool.name)).toEqual(['list', 'glob']);
    const none = await h.run('return await agent("x", {agentType: "finder"})', {
      workspace: root,
      agents: definition([]),
    });
    expect(none.requests[0]?.tools).toEqual([]);
    expect(await scheduledIn(h, none.handle.workflowId)).toEqual(['activity model']);
  });

  it('unknown tools warn once a run', async () => {
    const { requests, handle } = await h.run(
      'await agent("x", {tools: ["Read", "WebFetch"]}); await agent("y", {tools: ["Read", "WebFetch"]})',
      {
        workspace: tempFolder({ 'a.js': A }),
      },
    );
    expect(requests.map((request) => request.tools.map((tool) => tool.name))).toEqual([['read'], ['read']]);
    expect(linesOf(await viewOf(h, handle), 'warning')).toEqual([expect.stringContaining('unknown tool WebFetch')]);
  });

  it('every line of the log is told once, also with many turns', async () => {
    const { handle } = await h.run('log("before"); await agent("x"); log("after"); return 1', {
      workspace: tempFolder({ 'a.js': A }),
      provider: (request) => (turnOf(request) < 3 ? calls(['read', { path: 'a.js' }]) : 'done'),
    });
    expect(linesOf(await viewOf(h, handle), 'log')).toEqual(['before', 'after']);
    const history = await h.client.workflow.getHandle(`${handle.workflowId}/agent:1`).fetchHistory();
    const tellers = history.events?.filter((event) => {
      const input = event.activityTaskScheduledEventAttributes?.input?.payloads?.[0]?.data;
      return input && Buffer.from(input).toString().includes('before');
    });
    expect(tellers).toEqual([]);
  });
});
