import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { BatchActivities } from '../../protocol/batch.ts';
import { BATCH, LIMITS } from '../../protocol/limits.ts';
import type { CallTag } from '../../protocol/model-call.ts';

const OPTIONS: ActivityOptions = {
  heartbeatTimeout: LIMITS.heartbeatMs,
  startToCloseTimeout: '10 minutes',
  cancellationType: 'TRY_CANCEL',
  retry: { maximumAttempts: BATCH.attempts, initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
};

const remote = proxyActivities<BatchActivities>(OPTIONS);

const named = (id: string): ActivityOptions => ({ ...OPTIONS, activityId: id });
const tagOf = (address: string): CallTag => ({ address, label: address, phase: null, model: null, turn: 0 });

/** Named by what they are about, so that Temporal's UI can be read. */
export const activities = {
  openBatch: (request: Parameters<BatchActivities['openBatch']>[1]) =>
    remote.openBatch.executeWithOptions(named('open'), [tagOf('open'), request]),
  batchPage: (request: Parameters<BatchActivities['batchPage']>[1]) =>
    remote.batchPage.executeWithOptions(named(`items:${request.from}`), [tagOf('items'), request]),
  appendResults: (request: Parameters<BatchActivities['appendResults']>[1]) =>
    remote.appendResults.executeWithOptions(named(`results:${request.at}`), [tagOf('results'), request]),
  awaitItems: (id: number, request: Parameters<BatchActivities['awaitItems']>[1]) =>
    remote.awaitItems.executeWithOptions(named(`await:${id}`), [tagOf('await'), request]),
  keepValue: (request: Parameters<BatchActivities['keepValue']>[1]) =>
    remote.keepValue.executeWithOptions(named('value'), [tagOf('value'), request]),
};
