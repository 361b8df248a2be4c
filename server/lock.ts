/**
 * A lock between processes that a dead holder never keeps.
 *
 * Invariants
 * L1 A claim is a file named after its process; no name is used twice, so sweeping a dead claim cannot remove a live one.
 * L2 A claim is written before others are looked for: of two that try at once, at least one sees the other.
 * L3 Whoever sees another live claim withdraws its own, waits a random while and tries again; so never two hold it.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BraidError } from '../protocol/errors.ts';
import { SERVER } from '../protocol/limits.ts';
import { isAlive, ownIdentity } from './process-identity.ts';

export interface LockOptions {
  /** How long to wait for the holder, in ms; after it BRAID_SERVER_START. */
  timeoutMs?: number;
  /** Called once when somebody else holds it, with that process's id. */
  onWait?: (holder: number) => void;
}

/** Runs `task` while no other process (or call in this one) runs a task under the same folder. */
export async function withLock<T>(folder: string, task: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const claim = await acquire(folder, options);
  try {
    return await task();
  } finally {
    rmSync(claim, { force: true });
  }
}

async function acquire(folder: string, options: LockOptions): Promise<string> {
  const deadline = Date.now() + (options.timeoutMs ?? SERVER.lockMs);
  const own = ownIdentity();
  const name = `${own.pid}~${own.startToken}~${randomBytes(6).toString('hex')}`;
  const claim = join(folder, name);
  mkdirSync(folder, { recursive: true });
  let told = false;
  for (;;) {
    let holder = liveClaim(folder, name);
    if (holder === null) {
      writeFileSync(claim, '', { flag: 'wx' });
      holder = liveClaim(folder, name);
      if (holder === null) return claim;
      rmSync(claim, { force: true });
    } else if (!told) {
      told = true;
      options.onWait?.(holder);
    }
    if (Date.now() > deadline) throw tooLong(folder, holder);
    await sleep(20 + Math.random() * 80);
  }
}

/** Process id of some live claim that is not `own`; sweeps the dead ones. */
function liveClaim(folder: string, own: string): number | null {
  let holder: number | null = null;
  for (const name of readdirSync(folder)) {
    const [pid, startToken] = name.split('~');
    if (name === own || pid === undefined || startToken === undefined) continue;
    if (isAlive({ pid: Number(pid), startToken })) holder = Number(pid);
    else rmSync(join(folder, name), { force: true });
  }
  return holder;
}

function tooLong(folder: string, holder: number): BraidError {
  return new BraidError('BRAID_SERVER_START', `Process ${holder} has held the lock ${folder} for too long.`, {
    fix: `Look at what it does, or end it: kill ${holder}`,
  });
}
