import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAgentFile } from '../../../client/input/agent-file.ts';
import { loadAgents } from '../../../client/input/agents.ts';
import { AGENT_FILES } from '../../../protocol/limits.ts';
import { testPlace } from './kit.ts';

const file = (front: string, prompt = 'Be careful.'): string => `---\n${front}\n---\n\n${prompt}\n`;
const parse = (front: string) => parseAgentFile(file(front), 'fallback', 'here.md');

describe('parseAgentFile', () => {
  it('reads front matter and prompt', () => {
    expect(
      parse('name: critic\ndescription: Finds faults\nmodel: haiku\ntools: [Read, Grep, Glob]\ncolor: red'),
    ).toEqual({
      ok: true,
      unknownTools: [],
      agent: {
        name: 'critic',
        description: 'Finds faults',
        prompt: 'Be careful.',
        model: 'haiku',
        tools: ['glob', 'read', 'grep'],
        source: 'here.md',
      },
    });
  });

  it.each([
    ['tools: Read, Grep', ['read', 'grep'], []],
    ['tools: "*"', ['list', 'glob', 'read', 'grep', 'diff', 'git_log', 'git_show'], []],
    ['tools: [Read, Bash, WebFetch]', ['read', 'bash'], ['WebFetch']],
    ['tools: Write, Edit', ['edit', 'write'], []],
    ['tools: []', [], []],
    ['tools: ""', [], []],
    ['tools:', null, []],
    ['name: x', null, []],
  ])('%s', (front, tools, unknownTools) => {
    expect(parse(front)).toMatchObject({ ok: true, unknownTools, agent: { tools } });
  });

  it.each([
    ['model: inherit', null],
    ['model:', null],
    ['model: 5', null],
    ['model: openai/gpt-5-mini', 'openai/gpt-5-mini'],
  ])('%s', (front, model) => {
    expect(parse(front)).toMatchObject({ agent: { model, name: 'fallback' } });
  });

  it('forgives an unquoted colon in the description', () => {
    expect(
      parse('name: a\ndescription: Use this when: the user says "go": <example>x: y</example>\nmodel: haiku'),
    ).toMatchObject({
      agent: { description: 'Use this when: the user says "go": <example>x: y</example>', model: 'haiku' },
    });
  });

  it('takes CRLF, a byte order mark and an empty front matter', () => {
    expect(parseAgentFile('\ufeff---\r\nname: a\r\n---\r\nPrompt\r\n', 'f', 's')).toMatchObject({
      agent: { name: 'a', prompt: 'Prompt' },
    });
    expect(parseAgentFile('---\n---\nPrompt', 'f', 's')).toMatchObject({ agent: { name: 'f', prompt: 'Prompt' } });
  });

  it('keeps --- lines in the prompt', () => {
    expect(parseAgentFile(file('name: a', 'One\n---\nTwo'), 'f', 's')).toMatchObject({
      agent: { prompt: 'One\n---\nTwo' },
    });
  });

  it.each([
    ['Just text', 1, 'does not begin with front matter'],
    ['---\nname: a\n', 1, 'does not begin with front matter'],
    ['---\nname: a\nbad: [1, 2\n---\nx', 3, 'broken'],
    ['---\n- a\n- b\n---\nx', 2, 'no list of key: value'],
    ['---\njust text\n---\nx', 2, 'no list of key: value'],
    ['---\nname: [a]\n---\nx', 2, 'name is no short text'],
    ['---\nname: ""\n---\nx', 2, 'name is no short text'],
    ['---\nname: __proto__\n---\nx', 2, 'name is no short text'],
    ['---\nname: "a\\u001b[2J"\n---\nx', 2, 'name is no short text'],
    ['---\ntools: 5\n---\nx', 2, 'tools are neither'],
    ['---\ntools: [{a: 1}]\n---\nx', 2, 'tools are neither'],
    ['---\nname: a\nname: b\n---\nx', 3, 'broken'],
    [
      `---\na: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, i) => `${'bcdefghijklm'[i]}: &${'bcdefghijklm'[i]} [${Array(9).fill(`*${'abcdefghijklm'[i]}`).join(',')}]`).join('\n')}\n---\nx`,
      2,
      'alias',
    ],
  ])('G2 says where a broken file is broken: %j', (text, line, problem) => {
    const parsed = parseAgentFile(text, 'f', 's');
    expect(parsed).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
    expect(parsed.ok ? null : parsed.line).toBeGreaterThanOrEqual(line);
  });
});

describe('loadAgents', () => {
  it('always has the built-in types', async () => {
    const { agents, warnings } = await loadAgents(null, (await testPlace()).home);
    expect(Object.keys(agents).sort()).toEqual(['Explore', 'Plan', 'general-purpose']);
    expect(agents['Plan']).toMatchObject({ name: 'Plan', source: 'built-in', tools: null, model: null });
    expect(warnings).toEqual([]);
  });

  it('G1 takes the nearest', async () => {
    const place = await testPlace();
    for (const at of ['home/.claude', 'cwd/.claude', 'home/.braid', 'cwd/.braid']) {
      await place.put(`${at}/agents/a.md`, file(`name: a\ndescription: ${at}`));
      expect((await loadAgents(place.cwd, place.home)).agents['a']?.description).toBe(at);
    }
    expect((await loadAgents(place.cwd, place.home)).agents['a']?.source).toBe('.braid/agents/a.md');
    expect((await loadAgents(null, place.home)).agents['a']?.source).toBe('~/.braid/agents/a.md');
  });

  it('G1 lets a file replace a built-in type', async () => {
    const place = await testPlace();
    await place.put('cwd/.braid/agents/Explore.md', file('description: mine'));
    expect((await loadAgents(place.cwd, place.home)).agents['Explore']?.description).toBe('mine');
  });

  it('G2 skips what is broken, with file and line, and goes on', async () => {
    const place = await testPlace();
    await place.put('cwd/.braid/agents/bad.md', '---\nname: a\nx: {\n---\n');
    await place.put('cwd/.braid/agents/big.md', 'x'.repeat(AGENT_FILES.bytes + 1));
    await place.put('cwd/.braid/agents/good.md', file('name: good'));
    await place.put('cwd/.braid/agents/notes.txt', 'no agent');
    const { agents, warnings } = await loadAgents(place.cwd, place.home);
    expect(Object.keys(agents)).toContain('good');
    expect(warnings).toEqual([
      expect.stringMatching(/^\.braid\/agents\/bad\.md:\d+: .*skipped.*broken/),
      expect.stringMatching(/^\.braid\/agents\/big\.md: .*256 KiB/),
    ]);
  });

  it('G2 follows no link out of the workspace', async () => {
    const place = await testPlace();
    const secret = await place.put('secret.md', file('name: secret'));
    await place.put('cwd/.braid/agents/good.md', file('name: good'));
    await symlink(secret, join(place.cwd, '.braid/agents/link.md'));
    const { agents, warnings } = await loadAgents(place.cwd, place.home);
    expect(Object.keys(agents)).not.toContain('secret');
    expect(warnings).toEqual([expect.stringContaining('leads out of the workspace')]);
  });

  it('warns of unknown tools once for all agents', async () => {
    const place = await testPlace();
    await place.put('cwd/.claude/agents/a.md', file('tools: Read, WebFetch'));
    await place.put('cwd/.claude/agents/b.md', file('tools: [WebFetch, Task]'));
    expect((await loadAgents(place.cwd, place.home)).warnings).toEqual([
      'Agent definitions list tools that Braid does not have: Task, WebFetch (in a, b). They go without.',
    ]);
  });

  it('G3 bounds what a run carries', async () => {
    const place = await testPlace();
    const large = file('description: large', 'p'.repeat(AGENT_FILES.bytes - 100));
    for (let n = 0; n < 20; n++) await place.put(`cwd/.braid/agents/a${n}.md`, large);
    const { agents, warnings } = await loadAgents(place.cwd, place.home);
    expect(JSON.stringify(agents).length).toBeLessThan(AGENT_FILES.totalBytes + 100_000);
    expect(warnings.length).toBe(4);
  });
});
