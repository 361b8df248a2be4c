import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { endWithOwner } from '../../../server/owner-watch.ts';
import { identityOf, isAlive, type ProcessIdentity } from '../../../server/process-identity.ts';
import { afterTest } from './fakes.ts';

const WATCH = new URL('../../../server/owner-watch.ts', import.meta.url).href;

function sleeper(): { child: ChildProcess; identity: ProcessIdentity } {
  const child = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
  afterTest(() => child.kill('SIGKILL'));
  const identity = identityOf(child.pid ?? 0);
  if (identity === null) throw new Error('the sleeper did not start');
  return { child, identity };
}

async function diesWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) if (!isAlive(identity)) return true;
  return false;
}

test('the watched process ends when its owner is killed by SIGKILL (D2)', async () => {
  const { identity } = sleeper();
  const code = `import { endWithOwner } from '${WATCH}'; endWithOwner(${identity.pid}); console.log('watching'); setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  afterTest(() => owner.kill('SIGKILL'));
  await new Promise((resolve) => owner.stdout.once('data', resolve));
  expect(isAlive(identity)).toBe(true);
  owner.kill('SIGKILL');
  expect(await diesWithin(identity, 5000)).toBe(true);
});

test('a released watch leaves the process alone', async () => {
  const { identity } = sleeper();
  endWithOwner(identity.pid)();
  expect(await diesWithin(identity, 500)).toBe(false);
});

test('a pid alone is no identity', () => {
  const { identity } = sleeper();
  expect(isAlive(identity)).toBe(true);
  expect(isAlive({ ...identity, startToken: 'other' })).toBe(false);
  expect(identityOf(999_999_999)).toBeNull();
  expect(identityOf(-1)).toBeNull();
});
