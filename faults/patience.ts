/** Waiting for processes and servers that may be away. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once it holds; false when `ms` passed or `over()` came first. */
export async function until(
  holds: () => boolean,
  { ms, over = () => false, everyMs = 5 }: { ms: number; over?: () => boolean; everyMs?: number },
): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (!holds()) {
    if (over() || Date.now() > deadline) return false;
    await sleep(everyMs);
  }
  return true;
}

/** Does what needs the server, again and again while it is away; throws the last error after `ms`. */
export async function insist<T>(what: () => Promise<T>, ms: number, pauseMs = 200): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    try {
      return await what();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(pauseMs);
    }
  }
}
