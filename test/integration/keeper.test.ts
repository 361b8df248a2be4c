/** What closed runs leave in the store, so that they can be resumed from when their histories are gone. */
import { expect, it } from 'vitest';
import { SEARCH_ATTRIBUTES, taskQueueOf } from '../../protocol/names.ts';
import { findKeptRun } from '../../store/run-index.ts';
import { keepOnce } from '../../worker/keeper.ts';
import { promptOf } from '../../testing/provider/index.ts';
import { useHarness } from '../kit/harness.ts';

const h = useHarness();

it('E1: a closed run is kept, and a later run resumes from it when the server has forgotten it', async () => {
  const source = 'return await parallel(["a", "b"].map((p) => () => agent(p)))';
  const first = await h.run(source, { searchAttributes: { [SEARCH_ATTRIBUTES.kind]: ['script'] } });
  const run = first.handle.workflowId;
  const done = new Set<string>();
  const keep = () =>
    keepOnce(h.client, { store: h.store, taskQueue: taskQueueOf(h.store.id) }, done, new AbortController().signal);
  // The list of closed runs is written a moment after their ends.
  await expect.poll(async () => (await keep(), (await findKeptRun(h.store, run))?.run), { timeout: 10_000 }).toBe(run);
  const { raw } = await first.handle.describe();
  await h.client.workflowService.deleteWorkflowExecution({
    namespace: 'default',
    workflowExecution: raw.workflowExecutionInfo?.execution ?? { workflowId: run },
  });
  h.forget(run);
  // A server deletes what its queues have passed, and notes that about every half minute.
  await expect
    .poll(
      () =>
        first.handle.describe().then(
          () => true,
          () => false,
        ),
      { timeout: 90_000 },
    )
    .toBe(false);
  const second = await h.run(source, { resumeFrom: run, provider: (request) => `again ${promptOf(request)}` });
  expect(second.requests).toEqual([]);
  expect(second.result).toMatchObject({ value: ['ok', 'ok'], usage: { replayed: 2, requests: 0 } });
});
