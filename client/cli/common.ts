import { openSession, type Session, type SessionOptions } from '../session.ts';
import { safeText } from '../render/sanitize.ts';

/** A line for people. stdout carries the answer only (design §5.1). */
export function say(line: string): void {
  process.stderr.write(`${safeText(line)}\n`);
}

/** Opens a session for one command and closes it after. */
export async function withSession<T>(
  start: SessionOptions['start'],
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession({ env: process.env, start, progress: say });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
