/** What every other test here relies on: that the replay after it can fail, and that one failure does not hide the next. */
import { expect, it } from 'vitest';
import { sharedBundle, useHarness } from '../kit/harness.ts';
import type { Histories } from '../../testing/replay.ts';
import { openReplayer } from '../kit/replayer.ts';

const h = useHarness();

it('a history that the code would not write is refused, also a child, and what comes after it is judged anew', async () => {
  const { handle: plain } = await h.run('return await agent("x")');
  const { handle: parent } = await h.run('return await agent("x")', { workspace: import.meta.dirname });
  const changed = new Set<string>();
  const replayer = openReplayer(histories(changed), h.store, sharedBundle());
  await replayer.replay(plain.workflowId);
  changed.add(plain.workflowId);
  await expect(replayer.replay(plain.workflowId)).rejects.toThrow(/nondeterminism/i);
  await replayer.replay(parent.workflowId);
  changed.add(`${parent.workflowId}/agent:1`);
  await expect(replayer.replay(parent.workflowId)).rejects.toThrow(/nondeterminism/i);
  changed.clear();
  await Promise.all([replayer.replay(plain.workflowId), replayer.replay(parent.workflowId)]);
  await replayer.close();
});

/** The server's histories, but in those of `changed` every activity has another name. */
function histories(changed: Set<string>): Histories {
  const getHandle: Histories['workflow']['getHandle'] = (id, runId) => ({
    describe: () => h.client.workflow.getHandle(id, runId).describe(),
    fetchHistory: async () => {
      const history = await h.client.workflow.getHandle(id, runId).fetchHistory();
      for (const { activityTaskScheduledEventAttributes: scheduled } of history.events ?? [])
        if (scheduled?.activityType && changed.has(id)) scheduled.activityType.name = 'another';
      return history;
    },
  });
  return { workflow: { getHandle } };
}
