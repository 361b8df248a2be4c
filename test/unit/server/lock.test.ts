import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withLock } from '../../../server/lock.ts';
import { ownIdentity } from '../../../server/process-identity.ts';
import { tempFolder } from './fakes.ts';

test('never two tasks at once, and all get their turn (L3)', async () => {
  const folder = join(tempFolder(), 'lock');
  let [inside, most, done] = [0, 0, 0];
  const task = async () => {
    most = Math.max(most, ++inside);
    await sleep(5);
    inside--;
    done++;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(folder, task)));
  expect([most, done]).toEqual([1, 8]);
  expect(readdirSync(folder)).toEqual([]);
});

test('claims of dead processes and of an earlier process with this pid do not count (L1)', async () => {
  const folder = join(tempFolder(), 'lock');
  mkdirSync(folder);
  writeFileSync(join(folder, `${process.pid}~of-an-earlier-process~aa`), '');
  writeFileSync(join(folder, '999999999~x~bb'), '');
  expect(await withLock(folder, () => Promise.resolve('ran'))).toBe('ran');
  expect(readdirSync(folder)).toEqual([]);
});

test('a live holder is waited for, named once, and given up on after the time', async () => {
  const folder = join(tempFolder(), 'lock');
  mkdirSync(folder);
  const { pid, startToken } = ownIdentity();
  writeFileSync(join(folder, `${pid}~${startToken}~held`), '');
  const holders: number[] = [];
  const attempt = withLock(folder, () => Promise.resolve(), {
    timeoutMs: 300,
    onWait: (holder) => holders.push(holder),
  });
  await expect(attempt).rejects.toMatchObject({
    code: 'BRAID_SERVER_START',
    fix: expect.stringContaining(`kill ${pid}`),
  });
  expect(holders).toEqual([pid]);
  expect(readdirSync(folder)).toEqual([`${pid}~${startToken}~held`]);
});

test('a task that throws gives the lock back', async () => {
  const folder = join(tempFolder(), 'lock');
  await expect(withLock(folder, () => Promise.reject(new Error('task failed')))).rejects.toThrow('task failed');
  expect(await withLock(folder, () => Promise.resolve(1), { timeoutMs: 0 })).toBe(1);
});
