import type { RunView } from '../../protocol/view.ts';
import { plainLine } from '../render/plain.ts';
import { RunHandle } from '../run-handle.ts';
import type { Session } from '../session.ts';
import { EventFeed } from '../view/events.ts';
import { printJson, say } from './common.ts';
import { URGENT } from './follow.ts';
import { watchInterrupts } from './interrupts.ts';
import type { Output } from './options.ts';

/** Stays with a planning run to its end. Null: the user let go of it. */
export async function followPlanner(session: Session, run: string, output: Output): Promise<RunView | null> {
  const handle = new RunHandle(session.client, run);
  const interrupts = watchInterrupts(run, () => handle.cancel(), say);
  const feed = new EventFeed();
  let last: RunView | null = null;
  try {
    for await (const view of handle.watch({ signal: interrupts.detached })) {
      last = view;
      for (const event of feed.next(view)) {
        if (output === 'jsonl') printJson(event);
        else if (output === 'text' || URGENT.has(event.type)) say(plainLine(event));
      }
    }
  } finally {
    interrupts.stop();
  }
  if (last !== null && last.endedAt !== null) return last;
  say(`Detached; the planning goes on. Its result: braid result ${run} · end it: braid cancel ${run}`);
  return null;
}
