import { Context } from '@temporalio/activity';
import { toFailure } from './failures.ts';
import { beating } from './heartbeat.ts';

/** An activity's work: with a heartbeat, the signal of its cancellation, and errors as the server keeps them. */
export async function working<T>(
  work: (signal: AbortSignal, report: (details: unknown) => void) => Promise<T>,
): Promise<T> {
  try {
    const { cancellationSignal } = Context.current();
    return await beating((report) => work(cancellationSignal, report));
  } catch (error) {
    throw toFailure(error);
  }
}
