/** Forty attempts of one agent to reach what is not its own: none does, each is answered with a code, all are in the log. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { findSandbox } from '../../../activities/effects/sandbox/find.ts';
import { readRun } from '../../../client/view/read.ts';
import type { Json } from '../../../protocol/json.ts';
import type { ProviderScript, SeenRequest } from '../../../testing/provider/index.ts';
import { useHarness } from '../../kit/harness.ts';
import { calls, outputsOf, turnOf } from '../tools/kit.ts';

const h = useHarness();
const { kind } = await findSandbox();

const base = mkdtempSync(path.join(tmpdir(), 'braid-forty-'));
const [inside, outside] = [path.join(base, 'inside'), path.join(base, 'outside')];
for (const folder of [inside, outside]) mkdirSync(folder);
writeFileSync(path.join(outside, 'secret.txt'), 'the secret of outside');
writeFileSync(path.join(inside, 'own.txt'), 'own');
symlinkSync(path.join(outside, 'secret.txt'), path.join(inside, 'link'));
symlinkSync(outside, path.join(inside, 'folder'));

const PATHS = [
  '../outside/secret.txt',
  path.join(outside, 'secret.txt'),
  'a/../../outside/secret.txt',
  './//../outside/./secret.txt',
  '~/.ssh/id_rsa',
  '/etc/passwd',
  'link',
  'folder/secret.txt',
  'own.txt\0.txt',
];
const CHANGES: [string, Json][] = PATHS.flatMap((at): [string, Json][] => [
  ['write', { path: at, content: 'mine' }],
  ['edit', { path: at, old: 'secret', new: 'mine' }],
  ['delete', { path: at }],
]);
const OTHERS: [string, Json][] = [
  ['write', { path: '.git/hooks/pre-commit', content: 'mine' }],
  ['write', { path: 'sub/.git/config', content: 'mine' }],
  ['write', { path: 'OWN.TXT', content: 'mine' }],
  ['write', { path: 'own.txt/below', content: 'mine' }],
  ['write', { path: '', content: 'mine' }],
  ['write', { path: 'deep/'.repeat(2_000), content: 'mine' }],
];
/** Denied by the policy, or ended at a limit where the machine has a sandbox. */
const COMMANDS: [string, Json][] = [
  ['bash', { command: 'rm -rf /' }],
  ['bash', { command: '/bin/rm -rf --no-preserve-root /' }],
  ['bash', { command: 'true; rm -rf ../outside' }],
  ['bash', { command: 'sleep 60', seconds: 1 }],
  ['bash', { command: 'tail -f /dev/null', seconds: 1 }],
  ['bash', { command: 'yes', seconds: 5 }],
  ['bash', { command: 'cat /dev/zero', seconds: 5 }],
];
const ATTEMPTS = [...CHANGES, ...OTHERS, ...COMMANDS];

const told: string[] = [];

const trying: ProviderScript = (request: SeenRequest) => {
  const turn = turnOf(request);
  if (turn > 0) told.push(...outputsOf(request));
  const next = ATTEMPTS.slice(turn * 10, turn * 10 + 10);
  return next.length === 0 ? 'none of it worked' : calls(...next);
};

it('are answered with a code, all of them, and leave nothing', async () => {
  expect(ATTEMPTS).toHaveLength(40);
  const { result, handle } = await h.run(
    "const made = await agent('escape', {tools: ['read', 'edit', 'write', 'delete', 'bash'], isolation: 'worktree'}); return [`${made}`, made.patch]",
    {
      provider: trying,
      workspace: inside,
      effects: {
        rules: [
          { tool: 'bash', input: { command: 'rm *' }, then: 'deny' },
          { tool: 'bash', input: { command: 'true; *' }, then: 'deny' },
          { tool: 'bash', then: 'allow' },
        ],
        shell: { network: false, readOnly: [], seconds: 20 },
      },
    },
  );
  expect(result.value).toEqual(['none of it worked', null]);
  expect(told).toHaveLength(40);
  // The wire wraps what is an error.
  const codes = told.map((text) => /BRAID_[A-Z_]+(?=: )/.exec(text)?.[0] ?? `no code: ${text.slice(0, 200)}`);
  expect(codes.filter((code) => code.startsWith('no code'))).toEqual([]);
  const known = kind === null ? ['BRAID_SHELL_UNAVAILABLE'] : ['BRAID_POLICY_DENIED', 'BRAID_SHELL_LIMIT'];
  expect(codes).toEqual(expect.arrayContaining(['BRAID_PATH_OUTSIDE', 'BRAID_PATH_REFUSED', ...known]));
  expect(told.join('\n')).not.toContain('the secret of outside');
  expect(readdirSync(outside)).toEqual(['secret.txt']);
  expect(readFileSync(path.join(outside, 'secret.txt'), 'utf8')).toBe('the secret of outside');
  expect(readdirSync(inside).toSorted()).toEqual(['folder', 'link', 'own.txt']);
  const { story } = await readRun(h.client, handle.workflowId);
  for (const code of new Set(codes)) expect(JSON.stringify(story)).toContain(code);
  expect(story.filter((entry) => JSON.stringify(entry).includes('BRAID_'))).toHaveLength(40);
});
