/**
 * Effects happen at most once (design §8 says the same of requests that cost money).
 *
 *  N1  Before an effect begins, the intent is in the store; after it, its result, before anybody is told. So an attempt that finds a result
 *      repeats nothing, and one that finds an intent alone knows that it knows nothing: it answers `unknown`, and a person decides.
 *  N2  Of two attempts that begin at once at most one goes on.
 *  N3  A command without network changes nothing but a copy of the agent's overlay, which is thrown away with its worker: it is repeatable
 *      from the same overlay, so that a rerun needs no question.
 */
import type { ToolResponse } from '../../protocol/activities.ts';
import type { EffectResponse } from '../../protocol/effects.ts';
import type { Json } from '../../protocol/json.ts';
import type { CallRecords } from '../../store/call-records.ts';

class Unknown extends Error {}

/** `work` calls `begin` right before the effect: what fails before that may be tried again. */
export async function atMostOnce(
  records: CallRecords,
  { key, repeatable }: { key: string; repeatable: boolean },
  work: (begin: () => Promise<void>) => Promise<ToolResponse>,
): Promise<EffectResponse> {
  const id = `effect ${key}`;
  const done = await records.findCall(id);
  if (done !== undefined) return done as unknown as ToolResponse;
  try {
    const response = await work(async () => {
      if (!repeatable && (await records.markSent(id)) > 1) throw new Unknown();
    });
    await records.saveCall(id, response as unknown as Json);
    return response;
  } catch (error) {
    if (error instanceof Unknown) return { unknown: true };
    throw error;
  }
}
