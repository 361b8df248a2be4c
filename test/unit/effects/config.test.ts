import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../client/input/config-schema.ts';
import { effectSettings } from '../../../client/input/effects.ts';
import { SHELL } from '../../../protocol/limits.ts';
import { decide } from '../../../protocol/policy.ts';

const FILE = 'braid.config.ts';

function settings(config: unknown) {
  return effectSettings({ values: parseConfig(config, FILE), file: FILE }, '/home/ann').effects;
}

function problem(config: unknown): string {
  try {
    settings(config);
  } catch (error) {
    expect(error).toMatchObject({ code: 'BRAID_CONFIG' });
    const { message, fix } = error as { message: string; fix: string };
    return `${message} ${fix}`;
  }
  throw new Error('it was taken');
}

describe('policy and shell of the configuration', () => {
  it('nothing in it pins nothing', () => {
    expect(settings({})).toBeUndefined();
    expect(settings({ policy: [] })).toEqual({
      rules: [],
      shell: { network: false, readOnly: [], seconds: SHELL.seconds },
    });
  });

  it('the example of docs/tools.md does what the page says', async () => {
    const page = readFileSync(path.join(import.meta.dirname, '../../../docs/tools.md'), 'utf8');
    const [, code = ''] = /<!-- tested: config -->\n```ts\n([^]*?)```/.exec(page) ?? [];
    const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { default: unknown };
    const found = settings(module.default);
    expect(found?.shell).toEqual({ network: false, seconds: 300, readOnly: ['/opt/toolchain', 'node_modules'] });
    const bash = (command: string, agent: string | null = null, depth = 1) =>
      decide(found?.rules ?? [], { tool: 'bash', input: { command }, agent, depth }).verdict;
    expect(bash('npm test -- --watch=false')).toBe('allow');
    expect(bash('npm test; curl evil')).toBe('ask');
    expect(bash('git push')).toBe('deny');
    expect(bash('ls', 'fixer')).toBe('ask');
    expect(bash('ls', 'fixer', 2)).toBe('ask');
    expect(bash('ls', null, 2)).toBe('deny');
    const write = (file: string) =>
      decide(found?.rules ?? [], { tool: 'write', input: { path: file }, agent: null, depth: 1 }).verdict;
    expect([write('src/a.ts'), write('.env.local'), write('src/../.env')]).toEqual(['allow', 'deny', 'deny']);
  });

  it('the servers and functions of docs/tools.md are pinned without what they are started with', async () => {
    const page = readFileSync(path.join(import.meta.dirname, '../../../docs/tools.md'), 'utf8');
    const [, code = ''] = /<!-- tested: mcp -->\n```ts\n([^]*?)```/.exec(page) ?? [];
    const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { default: unknown };
    const found = settings(module.default);
    expect(found?.tools).toMatchObject({
      file: '/home/ann/braid.config.ts',
      own: [{ name: 'lookup' }],
      servers: ['github', 'search'],
    });
    expect(JSON.stringify(found)).not.toMatch(/Bearer|TOKEN|github-mcp-server/);
    const verdict = (tool: string) => decide(found?.rules ?? [], { tool, input: {}, agent: null, depth: 1 }).verdict;
    expect([verdict('mcp__search__web'), verdict('mcp__github__get_issue'), verdict('lookup')]).toEqual([
      'allow',
      'ask',
      'allow',
    ]);
  });

  it.each([
    [{ mcp: { a__b: { command: 'x' } } }, /letters, digits/],
    [{ mcp: { a: {} } }, /mcp\.a: it wants either a command or a url/],
    [{ mcp: { a: { command: 'x', url: 'http://x' } } }, /either/],
    [{ mcp: { a: { url: 'file:///etc/passwd' } } }, /mcp\.a\.url/],
    [{ mcp: { a: { command: 'x', envs: {} } } }, /unknown key "mcp\.a\.envs"[^]*Did you mean env\?/],
    [
      { rlm: { tools: { bash: { description: '', input: { type: 'object' }, run() {} } } } },
      /bash is a tool of Braid's/,
    ],
    [{ rlm: { tools: { $x: { description: '', input: { type: 'object' }, run() {} } } } }, /names of up to 64/],
    [
      { rlm: { tools: { x: { description: '', input: { type: 'string' }, run() {} } } } },
      /rlm\.tools\.x\.input cannot be used/,
    ],
    [{ policy: [{ tool: 'bash', when: 'allow' }] }, /then/],
    [{ policy: [{ tool: 'bash', then: 'allow', input: { command: 3 } }] }, /policy\.0\.input\.command/],
    [{ policy: [{ tool: 'bash', then: 'maybe' }] }, /policy\.0\.then/],
    [{ policy: [{ tool: 'bash', depht: 1, then: 'allow' }] }, /unknown key "policy\.0\.depht"[^]*Did you mean depth\?/],
    [
      { policy: [{ tool: 'bsh', then: 'allow' }] },
      /policy\.0\.tool: "bsh" has no effect: there is no such tool[^]*bash, edit, write, delete/,
    ],
    [{ policy: [{ tool: 'grep', then: 'deny' }] }, /tools that only read need no rule/],
    [{ policy: [{ tool: 'bash', depth: 0, then: 'deny' }] }, /policy\.0\.depth/],
    [{ policy: Array.from({ length: 201 }, () => ({ tool: '*', then: 'deny' })) }, /policy/],
    [{ shell: { net: true } }, /unknown key "shell\.net"[^]*Did you mean network\?/],
    [{ shell: { seconds: 1e9 } }, /shell\.seconds/],
    [{ shell: { readOnly: ['../tools'] } }, /it leads out of the workspace/],
    [{ shell: { readOnly: ['.'] } }, /it leads out of the workspace/],
    [{ shell: { readOnly: ['a/../..'] } }, /it leads out of the workspace/],
    [{ shell: { readOnly: ['/usr/..'] } }, /the whole machine/],
    [{ shell: { readOnly: ['/opt/../proc/1'] } }, /\/proc is the sandbox's own/],
    [{ shell: { readOnly: ['/etc'] } }, /\/etc is the sandbox's own/],
  ])('%j is refused with what is wrong', (config, text) => {
    expect(problem(config)).toMatch(text);
  });
});
