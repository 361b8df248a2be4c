import { condition } from '@temporalio/workflow';

/**
 * Resolves when all else that this activation brought has been reacted to.
 *
 * The server's SDK may hand an update to a workflow in one activation with results that came before it, and runs it first then; on
 * replay of the whole history the same two come one after the other. What an update does must not depend on that: it waits until
 * the results have had their say. Conditions are looked at when nothing else is left to run; a chain of three lets what waits for a
 * condition itself go first.
 */
export async function afterOthers(): Promise<void> {
  for (let pass = 0; pass < 3; pass += 1) {
    let looks = 0;
    await condition(() => looks++ > 0);
  }
}
