import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isJsonObject } from '../protocol/json.ts';

/** A process for ever: a pid alone is given to somebody else after a while, pid and start time are not. */
export interface ProcessIdentity {
  pid: number;
  startToken: string;
}

export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid) ?? { pid: process.pid, startToken: 'unknown' };
}

/** Identity of a running process, or null when there is none with this pid (a zombie has ended). */
export function identityOf(pid: number): ProcessIdentity | null {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const startToken = process.platform === 'linux' ? linuxStartToken(pid) : psStartToken(pid);
  return startToken === null ? null : { pid, startToken };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startToken === identity.startToken;
}

/** Sends a signal unless the process has ended meanwhile; says whether it was sent. */
export function signal(identity: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL'): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, name);
  } catch {
    return false;
  }
}

/** The identity in a parsed JSON object, or null. */
export function parseIdentity(value: unknown): ProcessIdentity | null {
  if (!isJsonObject(value)) return null;
  const { pid, startToken } = value;
  return typeof pid === 'number' && typeof startToken === 'string' ? { pid, startToken } : null;
}

/** Start time in clock ticks since boot, with the boot's id: ticks alone come again after a reboot. */
function linuxStartToken(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state, ticks] = [fields[0], fields[19]];
  if (state === undefined || ticks === undefined || state === 'Z' || state === 'X') return null;
  const boot = read('/proc/sys/kernel/random/boot_id')?.slice(0, 8) ?? 'boot';
  return `${boot}-${ticks}`;
}

function psStartToken(pid: number): string | null {
  try {
    const text = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    });
    const [state, ...started] = text.trim().split(/\s+/);
    return state === undefined || state.startsWith('Z') || started.length === 0
      ? null
      : started.join('-').replaceAll(':', '.');
  } catch {
    return null;
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
