/** Proxies of the activities, with the reason of each timeout. */
import { proxyActivities, proxyLocalActivities, type ActivityOptions } from '@temporalio/workflow';
import type { BraidActivities, BraidLocalActivities } from '../protocol/activities.ts';
import { LIMITS, REPL } from '../protocol/limits.ts';
import type { CallTag } from '../protocol/model-call.ts';
import { summaryOf } from '../protocol/names.ts';
import { fairness } from './fairness.ts';

/** A dead worker is noticed by silence; an activity's own errors say whether a retry makes sense. */
const COMMON: ActivityOptions = {
  heartbeatTimeout: LIMITS.heartbeatMs,
  startToCloseTimeout: LIMITS.requestMs + 60_000,
  cancellationType: 'TRY_CANCEL',
  retry: {
    maximumAttempts: LIMITS.activityAttempts,
    initialInterval: '500ms',
    backoffCoefficient: 2,
    maximumInterval: '20s',
  },
};

const remote = proxyActivities<BraidActivities>(COMMON);
const local = proxyLocalActivities<BraidLocalActivities>({ startToCloseTimeout: '10s' });

/** Readable ids in Temporal's UI, and the stable part of "paid once": the same call has the same id in every attempt. */
function named(tag: CallTag, id: string): ActivityOptions {
  return { ...COMMON, ...fairness(), activityId: id, summary: summaryOf(tag.phase, tag.label) };
}

export const activities = {
  model: (tag: CallTag, request: Parameters<BraidActivities['model']>[1]) =>
    remote.model.executeWithOptions(named(tag, `${tag.address}#${tag.turn + 1}`), [tag, request]),
  tool: (tag: CallTag, id: string, request: Parameters<BraidActivities['tool']>[1]) =>
    remote.tool.executeWithOptions({ ...named(tag, id), summary: summaryOf(tag.label, request.tool) }, [tag, request]),
  snapshot: (tag: CallTag, key: Parameters<BraidActivities['snapshot']>[1]) =>
    remote.snapshot.executeWithOptions(named(tag, tag.address), [tag, key]),
  loadScript: (tag: CallTag, request: Parameters<BraidActivities['loadScript']>[1]) =>
    remote.loadScript.executeWithOptions(named(tag, `${tag.address}/load`), [tag, request]),
  savedWorkflows: (tag: CallTag, request: Parameters<BraidActivities['savedWorkflows']>[1]) =>
    remote.savedWorkflows.executeWithOptions(named(tag, tag.address), [tag, request]),
  checkPlan: (tag: CallTag, request: Parameters<BraidActivities['checkPlan']>[1]) =>
    remote.checkPlan.executeWithOptions(named(tag, `${tag.address}/check`), [tag, request]),
  /** Never retried by the server: the workflow decides what a lost turn means. `queue`: the worker that holds the session. */
  replStep: (tag: CallTag, id: string, queue: string | null, request: Parameters<BraidActivities['replStep']>[1]) =>
    remote.replStep.executeWithOptions(
      {
        ...named(tag, id),
        startToCloseTimeout: REPL.turnMs + 30_000,
        retry: { maximumAttempts: 1 },
        ...(queue === null ? {} : { taskQueue: queue, scheduleToStartTimeout: REPL.pickupMs }),
      },
      [tag, request],
    ),
  openContext: (tag: CallTag, request: Parameters<BraidActivities['openContext']>[1]) =>
    remote.openContext.executeWithOptions(named(tag, `${tag.address}/context`), [tag, request]),
  userTool: (tag: CallTag, request: Parameters<BraidActivities['userTool']>[1]) =>
    remote.userTool.executeWithOptions({ ...named(tag, tag.address), retry: { maximumAttempts: 3 } }, [tag, request]),
  openJournal: (tag: CallTag, request: Parameters<BraidActivities['openJournal']>[1]) =>
    remote.openJournal.executeWithOptions(named(tag, `${tag.address}/open`), [tag, request]),
  readJournal: (tag: CallTag, request: Parameters<BraidActivities['readJournal']>[1]) =>
    remote.readJournal.executeWithOptions(named(tag, tag.address), [tag, request]),
  closeJournal: (tag: CallTag, request: Parameters<BraidActivities['closeJournal']>[1]) =>
    remote.closeJournal.executeWithOptions({ ...named(tag, tag.address), retry: { maximumAttempts: 2 } }, [
      tag,
      request,
    ]),
  prices: (tag: CallTag, request: Parameters<BraidActivities['prices']>[1]) =>
    remote.prices.executeWithOptions(named(tag, tag.address), [tag, request]),
  /** What an agent changed, when it has ended. */
  patch: (tag: CallTag, request: Parameters<BraidActivities['patch']>[1]) =>
    remote.patch.executeWithOptions(named(tag, `${tag.address}/patch`), [tag, request]),
  merge: (tag: CallTag, request: Parameters<BraidActivities['merge']>[1]) =>
    remote.merge.executeWithOptions(named(tag, tag.address), [tag, request]),
  /** Of what is lost with its worker, the next attempt tells (activities/effects/once.ts, N1). */
  effect: (tag: CallTag, id: string, request: Parameters<BraidActivities['effect']>[1]) =>
    remote.effect.executeWithOptions(
      {
        ...named(tag, id),
        startToCloseTimeout: request.shell.seconds * 1_000 + LIMITS.requestMs,
        retry: { ...COMMON.retry, maximumAttempts: 4 },
        summary: summaryOf(tag.label, request.tool),
      },
      [tag, request],
    ),
  offerTools: (tag: CallTag, request: Parameters<BraidActivities['offerTools']>[1]) =>
    remote.offerTools.executeWithOptions({ ...named(tag, `${tag.address}/tools`), retry: { maximumAttempts: 3 } }, [
      tag,
      request,
    ]),
  approval: (tag: CallTag, id: string, request: Parameters<BraidActivities['approval']>[1]) =>
    remote.approval.executeWithOptions(named(tag, id), [tag, request]),
  note: (tag: CallTag) => local.note(tag),
};
